import { DropdownMenu, Popover as Radix } from "radix-ui";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { classes } from "./classes";
import { Kbd } from "./kbd";

const surface = "appear z-(--z-popover) rounded-3 border border-line-2 bg-pop shadow-e2";

/** What comes up beside what was pressed. */
export function Popover({
  trigger,
  children,
  className,
}: {
  trigger: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          sideOffset={4}
          collisionPadding={8}
          align="start"
          className={classes(surface, "p-3", className)}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** A list of actions beside what was pressed. */
export function Menu({
  trigger,
  children,
  align = "end",
}: {
  trigger: ReactNode;
  children: ReactNode;
  align?: "start" | "end";
}) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          sideOffset={4}
          collisionPadding={8}
          align={align}
          className={classes(surface, "min-w-48 p-1")}
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

interface MenuItemProps {
  icon?: LucideIcon;
  keys?: string;
  bad?: boolean;
  refused?: string | undefined;
  onSelect: () => void;
  children: ReactNode;
}

/** An action of a menu: its name, its key, and why it is refused. */
export function MenuItem({ icon: Icon, keys, bad = false, refused, onSelect, children }: MenuItemProps) {
  return (
    <DropdownMenu.Item
      onSelect={onSelect}
      disabled={refused !== undefined}
      title={refused}
      className={classes(
        "flex h-7 items-center gap-2 rounded-2 px-2 text-13 outline-none data-disabled:text-fg-off data-highlighted:bg-surface-3",
        bad ? "text-bad-text" : "text-fg-1",
      )}
    >
      {Icon && <Icon size={14} strokeWidth={1.6} className={bad ? "" : "text-fg-3"} aria-hidden />}
      <span className="grow">{children}</span>
      {keys !== undefined && <Kbd keys={keys} />}
    </DropdownMenu.Item>
  );
}

/** A line between groups of a menu. */
export const MenuLine = () => <DropdownMenu.Separator className="my-1 h-px bg-line" />;
