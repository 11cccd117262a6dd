import { ChevronDown } from "lucide-react";
import { type ComponentProps, useState } from "react";
import { classes } from "./classes";
import { inputLook } from "./field";

export interface Choice<T extends string = string> {
  value: T;
  name: string;
}

type SelectProps<T extends string> = Omit<ComponentProps<"select">, "onChange" | "value"> & {
  value: T;
  choices: readonly Choice<T>[];
  onChoose: (value: T) => void;
  small?: boolean;
};

/** One of several. The browser's own list: keys, touch and screen readers know it. */
export function Select<T extends string>(props: SelectProps<T>) {
  const { value, choices, onChoose, small = false, className, ...rest } = props;
  return (
    <span className={classes("relative block", className)}>
      <select
        value={value}
        onChange={(event) => onChoose(event.target.value as T)}
        className={classes(inputLook, "appearance-none pr-7 text-13", small ? "h-7" : "h-8")}
        {...rest}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value} className="bg-pop">
            {choice.name}
          </option>
        ))}
      </select>
      <ChevronDown
        size={14}
        className="pointer-events-none absolute top-1/2 right-2 -translate-y-1/2 text-fg-3"
        aria-hidden
      />
    </span>
  );
}

/** One of a thousand, which a browser measures for some 20 ms: only what is chosen is there until somebody goes to it. */
export function LongSelect<T extends string>({ choices, ...rest }: SelectProps<T>) {
  const [visited, setVisited] = useState(false);
  const visit = () => setVisited(true);
  const shown = visited ? choices : choices.filter((choice) => choice.value === rest.value);
  return <Select {...rest} choices={shown} onFocus={visit} onPointerDown={visit} />;
}
