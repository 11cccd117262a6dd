import type { ReactNode } from "react";
import { classes } from "./classes";

export type Tone = "plain" | "running" | "ok" | "warn" | "bad" | "outline";

const TONES: Record<Tone, string> = {
  plain: "bg-surface-3 text-fg-2",
  running: "bg-accent-soft text-accent-text",
  ok: "bg-ok-soft text-ok-text",
  warn: "bg-warn-soft text-warn-text",
  bad: "bg-bad-soft text-bad-text",
  outline: "text-fg-2 shadow-[inset_0_0_0_1px_var(--line-2)]",
};

/** A word about the state of what it stands beside. */
export function Badge({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span
      className={classes(
        "inline-flex h-4.5 shrink-0 items-center gap-1 rounded-1 px-1.5 text-11 font-medium whitespace-nowrap",
        TONES[tone],
      )}
    >
      {children}
    </span>
  );
}
