import { useId, type ComponentProps, type ReactNode } from "react";
import { classes } from "./classes";

interface FieldProps {
  label: ReactNode;
  /** Below the control: what it means. */
  help?: ReactNode;
  /** Below the control, in its place: what is wrong. */
  error?: string | undefined;
  optional?: boolean;
  /** To the right of the label: `default`, a unit. */
  note?: ReactNode;
  className?: string;
  children: (control: ControlNames) => ReactNode;
}

/** What ties a control to its label and help. */
export interface ControlNames {
  id: string;
  "aria-describedby": string;
  "aria-invalid": boolean;
}

/** A control with its label above and its help, or error, below. */
export function Field({ label, help, error, optional = false, note, className, children }: FieldProps) {
  const id = useId();
  const below = `${id}-below`;
  return (
    <div className={classes("min-w-0", className)}>
      <div className="mb-1 flex items-center justify-between gap-2 text-12 text-fg-2">
        <label htmlFor={id} className="font-medium">
          {label}
        </label>
        <span className="text-fg-3">{optional ? "optional" : note}</span>
      </div>
      {children({ id, "aria-describedby": below, "aria-invalid": error !== undefined })}
      <div
        id={below}
        className={classes("mt-1 text-12", error === undefined ? "text-fg-3" : "text-bad-text")}
      >
        {error ?? help}
      </div>
    </div>
  );
}

/** How what can be typed into looks. */
export const inputLook =
  "w-full min-w-0 rounded-2 border border-line-2 bg-surface-1 px-2 text-fg-1 outline-none dark:bg-surface-2 " +
  "placeholder:text-fg-3 focus:border-accent focus:shadow-[0_0_0_3px_var(--accent-soft)] " +
  "aria-invalid:border-bad disabled:text-fg-off";

type InputProps = ComponentProps<"input"> & {
  /** What is typed is data: mono. */
  data?: boolean;
  /** 28 px high, outside of forms. */
  small?: boolean;
};

/** One line of text. */
export function Input({ data = false, small = false, className, ...rest }: InputProps) {
  return (
    <input
      spellCheck={false}
      autoComplete="off"
      className={classes(inputLook, small ? "h-7" : "h-8", data ? "data" : "text-13", className)}
      {...rest}
    />
  );
}

/** Lines of text. */
export function TextArea({
  data = false,
  className,
  ...rest
}: ComponentProps<"textarea"> & { data?: boolean }) {
  return (
    <textarea
      spellCheck={false}
      className={classes(inputLook, "py-1.5", data ? "data leading-5!" : "text-13", className)}
      {...rest}
    />
  );
}
