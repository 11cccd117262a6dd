import { classes } from "./classes";
import { spell } from "@/platform/keyboard";

/** A key as this platform writes it: `mod+k` is Ctrl K, or ⌘ K on macOS. */
export function Kbd({ keys, className }: { keys: string; className?: string }) {
  return (
    <kbd
      className={classes(
        "min-w-4 rounded-1 bg-surface-3 px-1 text-center font-sans text-11 font-medium whitespace-nowrap text-fg-3",
        className,
      )}
    >
      {spell(keys)}
    </kbd>
  );
}
