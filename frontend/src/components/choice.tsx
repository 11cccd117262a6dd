import { Check } from "lucide-react";
import { Checkbox as RadixCheckbox, Switch as RadixSwitch } from "radix-ui";
import type { ReactNode } from "react";
import { classes } from "./classes";

interface ChoiceProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
  /** Beside it, and its name. */
  children?: ReactNode;
  disabled?: boolean;
  "aria-label"?: string;
  id?: string;
  className?: string;
}

/** Yes or no, as a part of what is sent. */
export function Checkbox({ checked, onChange, children, className, ...rest }: ChoiceProps) {
  const box = (
    <RadixCheckbox.Root
      checked={checked}
      onCheckedChange={(now) => onChange(now === true)}
      className="grid size-3.5 shrink-0 place-items-center rounded-1 border border-line-3 bg-surface-1 text-on-accent data-[state=checked]:border-accent data-[state=checked]:bg-accent"
      {...rest}
    >
      <RadixCheckbox.Indicator>
        <Check size={10} strokeWidth={3} aria-hidden />
      </RadixCheckbox.Indicator>
    </RadixCheckbox.Root>
  );
  return <Beside className={className}>{[box, children]}</Beside>;
}

/** On or off, at once. */
export function Switch({ checked, onChange, children, className, ...rest }: ChoiceProps) {
  const track = (
    <RadixSwitch.Root
      checked={checked}
      onCheckedChange={onChange}
      className="h-4 w-6.5 shrink-0 rounded-full bg-line-3 data-[state=checked]:bg-accent"
      {...rest}
    >
      <RadixSwitch.Thumb className="block size-3 translate-x-0.5 rounded-full bg-on-accent data-[state=checked]:translate-x-3" />
    </RadixSwitch.Root>
  );
  return <Beside className={className}>{[track, children]}</Beside>;
}

function Beside({
  children: [control, text],
  className,
}: {
  children: [ReactNode, ReactNode];
  className?: string | undefined;
}) {
  if (text === undefined) {
    return control;
  }
  return (
    <label className={classes("inline-flex items-center gap-2", className)}>
      {control}
      <span>{text}</span>
    </label>
  );
}
