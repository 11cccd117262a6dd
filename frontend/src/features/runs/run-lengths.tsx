import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { isOver, lengthOf } from "@/api/runs";
import type { Run } from "@/api/types";
import { classes } from "@/components/classes";
import { useNow } from "@/components/now";
import { words } from "@/words";
import { duration, moment } from "@/words/figures";

const text = words.runs.list;
const HEIGHT = 48;
/** There is room for so many at least: a few runs are bars, no blocks. */
const PLACES = 50;

/** How long runs took, the newest at the right; a bar leads to its run. */
export function RunLengths({ runs, action }: { runs: readonly Run[]; action?: ReactNode }) {
  const navigate = useNavigate();
  const now = useNow();
  const lengths = runs.map((run) => lengthOf(run, now));
  const longest = Math.max(...lengths, 1);
  const shown = runs.toReversed();
  const step = 100 / Math.max(PLACES, shown.length);
  return (
    <section className="shrink-0 border-b border-line px-5 pt-3 pb-2">
      <div className="mb-2 flex items-baseline text-12">
        <h2 className="font-medium">{text.lengths}</h2>
        <span className="ml-3">{action}</span>
        <span className="figures ml-auto text-11 text-fg-3">{duration(longest)}</span>
      </div>
      <svg
        width="100%"
        height={HEIGHT}
        role="img"
        aria-label={text.lengthsText(runs.length, duration(longest))}
        className="block border-b border-line"
      >
        {shown.map((run, place) => {
          const took = lengthOf(run, now);
          const height = Math.max(2, (took / longest) * (HEIGHT - 2));
          return (
            <rect
              key={run.id}
              x={`${100 - (shown.length - place) * step}%`}
              y={HEIGHT - height}
              width={`${step * 0.7}%`}
              height={height}
              rx={1}
              onClick={() => void navigate({ to: "/runs/$run", params: { run: run.id } })}
              className={classes(
                "hover:fill-fg-2",
                !isOver(run)
                  ? "fill-accent"
                  : ({ failed: "fill-bad", partial: "fill-warn" }[run.state as string] ?? "fill-wire"),
              )}
            >
              <title>{`${run.sync}, ${moment(run.submitted_at, now)}: ${words.states[run.state]}, ${duration(took)}`}</title>
            </rect>
          );
        })}
      </svg>
    </section>
  );
}
