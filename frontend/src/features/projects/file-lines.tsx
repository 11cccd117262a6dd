import { classes } from "@/components/classes";
import type { DiffLine } from "./line-diff";

const LOOKS = {
  same: { row: "", sign: "", text: "" },
  added: { row: "bg-row-add", sign: "text-ok-text", text: "+" },
  removed: { row: "bg-row-del", sign: "text-bad-text", text: "-" },
} as const;

/** Lines of a sync file with their numbers, and what became of each. */
export const FileLines = ({ lines, name }: { lines: readonly DiffLine[]; name: string }) => (
  <ol aria-label={name} className="data py-2">
    {lines.map(({ kind, text, number }, at) => (
      <li key={at} className={classes("flex h-5 items-center whitespace-pre", LOOKS[kind].row)}>
        <span className="w-14 shrink-0 pr-3 text-right text-fg-3 select-none" aria-hidden>
          {number}
        </span>
        <span className={classes("w-5 shrink-0 select-none", LOOKS[kind].sign)}>{LOOKS[kind].text}</span>
        <span className="pr-5">{text}</span>
      </li>
    ))}
  </ol>
);
