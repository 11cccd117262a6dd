import { Tabs as Radix, ToggleGroup } from "radix-ui";
import type { ComponentProps, ReactNode } from "react";

export interface Tab<T extends string> {
  value: T;
  name: ReactNode;
}

/** The tabs of a pane; their panels are `TabPanel`s inside of `Tabs`. */
export function Tabs<T extends string>({
  value,
  onChoose,
  children,
  className,
}: {
  value: T;
  onChoose: (value: T) => void;
  children: ReactNode;
  className?: string;
}) {
  return (
    <Radix.Root value={value} onValueChange={(now) => onChoose(now as T)} className={className}>
      {children}
    </Radix.Root>
  );
}

/** The row with the tabs' names. */
export function TabNames<T extends string>({ tabs, name }: { tabs: readonly Tab<T>[]; name: string }) {
  return (
    <Radix.List aria-label={name} className="flex h-9 items-stretch gap-4">
      {tabs.map((tab) => (
        <Radix.Trigger key={tab.value} value={tab.value} asChild>
          <TabButton>{tab.name}</TabButton>
        </Radix.Trigger>
      ))}
    </Radix.List>
  );
}

/** Radix focuses a pressed tab by script, which browsers take for the keyboard's focus: the browser's own click has no ring. */
const TabButton = (props: ComponentProps<"button">) => (
  <button
    {...props}
    onMouseDown={undefined}
    // A tab is chosen by its focus. Safari gives buttons none when they are clicked.
    onClick={(event) => event.currentTarget.focus()}
    className="inline-flex items-center gap-1.5 border-y-2 -outline-offset-2 border-transparent text-12 font-medium whitespace-nowrap text-fg-3 hover:text-fg-1 data-[state=active]:border-b-accent data-[state=active]:text-fg-1"
  />
);

export const TabPanel = Radix.Content;

/** One of a few, side by side: how something is shown. */
export function Segmented<T extends string>({
  value,
  choices,
  onChoose,
  name,
}: {
  value: T;
  choices: readonly Tab<T>[];
  onChoose: (value: T) => void;
  name: string;
}) {
  return (
    <ToggleGroup.Root
      type="single"
      aria-label={name}
      value={value}
      onValueChange={(now) => now !== "" && onChoose(now as T)}
      className="inline-flex shrink-0 gap-0.5 rounded-2 bg-surface-3 p-0.5"
    >
      {choices.map((choice) => (
        <ToggleGroup.Item
          key={choice.value}
          value={choice.value}
          className="inline-flex h-6 items-center gap-1.5 rounded-1 px-2.5 text-12 font-medium whitespace-nowrap text-fg-2 hover:text-fg-1 data-[state=on]:bg-surface-1 data-[state=on]:text-fg-1 data-[state=on]:shadow-e1 dark:data-[state=on]:bg-surface-4"
        >
          {choice.name}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
