import type { LucideIcon } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { classes } from "./classes";
import { Kbd } from "./kbd";
import { Tooltip } from "./tooltip";

export type ButtonLook = "plain" | "primary" | "ghost" | "bad";
export type ButtonSize = "sm" | "md" | "lg";

interface ButtonParts {
  look?: ButtonLook;
  size?: ButtonSize;
  icon?: LucideIcon;
  /** Its key, shown in it. */
  keys?: string;
  /** Why it cannot be pressed now; it is dimmed and says so. */
  refused?: string | undefined;
}

const LOOKS: Record<ButtonLook, string> = {
  plain: "border-line-2 bg-surface-1 text-fg-1 shadow-e1 hover:bg-surface-3",
  primary: "border-transparent bg-accent text-on-accent shadow-e1 hover:bg-accent-hover",
  ghost: "border-transparent text-fg-2 hover:bg-surface-3",
  bad: "border-line-2 bg-surface-1 text-bad-text shadow-e1 hover:bg-bad-soft",
};

const SIZES: Record<ButtonSize, string> = {
  sm: "h-6 px-2 text-12",
  md: "h-7 px-2.5 text-13",
  lg: "h-8 px-3 text-13",
};

/** How a button looks; for links that look like one, too. */
export function buttonClasses(look: ButtonLook = "plain", size: ButtonSize = "md", more?: string): string {
  return classes(
    "quick inline-flex shrink-0 items-center justify-center gap-1.5 rounded-2 border font-medium whitespace-nowrap",
    "disabled:pointer-events-none disabled:opacity-50 aria-disabled:opacity-50",
    LOOKS[look],
    SIZES[size],
    more,
  );
}

/** A button: a verb, and its key. */
export function Button(props: ComponentProps<"button"> & ButtonParts) {
  const {
    look = "plain",
    size = "md",
    icon: Icon,
    keys,
    refused,
    className,
    children,
    onClick,
    ...rest
  } = props;
  const button = (
    <button
      type="button"
      aria-disabled={refused === undefined ? undefined : true}
      className={buttonClasses(look, size, className)}
      onClick={refused === undefined ? onClick : (event) => event.preventDefault()}
      {...rest}
    >
      {Icon && <Icon size={14} strokeWidth={1.75} className="-ml-0.5 opacity-80" aria-hidden />}
      {children}
      {keys !== undefined && (
        <Kbd keys={keys} className={look === "primary" ? "bg-accent-hover! text-on-accent!" : ""} />
      )}
    </button>
  );
  return refused === undefined ? button : <Tooltip text={refused}>{button}</Tooltip>;
}

type IconButtonProps = Omit<ComponentProps<"button">, "children"> & {
  icon: LucideIcon;
  /** What it does: its name and its tooltip. */
  name: string;
  look?: ButtonLook;
  size?: ButtonSize;
  keys?: string;
  refused?: string | undefined;
};

/** A button with an icon alone; its name is in the tooltip. */
export function IconButton(props: IconButtonProps): ReactNode {
  const { icon: Icon, name, look = "ghost", size = "md", keys, refused, className, onClick, ...rest } = props;
  const square = { sm: "w-6 px-0!", md: "w-7 px-0!", lg: "w-8 px-0!" }[size];
  return (
    <Tooltip text={refused ?? name} {...(keys !== undefined && { keys })}>
      <button
        type="button"
        aria-label={name}
        aria-disabled={refused === undefined ? undefined : true}
        className={buttonClasses(look, size, classes(square, className))}
        onClick={refused === undefined ? onClick : (event) => event.preventDefault()}
        {...rest}
      >
        <Icon size={size === "sm" ? 14 : 16} strokeWidth={1.6} aria-hidden />
      </button>
    </Tooltip>
  );
}
