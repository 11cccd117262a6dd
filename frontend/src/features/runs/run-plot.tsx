import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { isOver, lengthOf } from "@/api/runs";
import type { ListedRun } from "@/api/types";
import { classes } from "@/components/classes";
import { useNow } from "@/components/now";
import { Segmented } from "@/components/tabs";
import { words } from "@/words";
import { count, duration, moment, size } from "@/words/figures";

const text = words.runs.list;
const HEIGHT = 48;
/** There is room for so many at least: a few runs are bars, no blocks. */
const PLACES = 50;

type Measure = keyof typeof text.plots;

const MEASURES: Record<
  Measure,
  { of: (run: ListedRun, now: number) => number; write: (value: number) => string }
> = {
  took: { of: lengthOf, write: duration },
  rows: { of: (run) => Number(run.moved?.rows ?? 0), write: count },
  volume: { of: (run) => Number(run.moved?.bytes ?? 0), write: size },
};

/** How long runs took, or how much they moved, the newest at the right; a bar leads to its run. */
export function RunPlot({ runs, action }: { runs: readonly ListedRun[]; action?: ReactNode }) {
  const navigate = useNavigate();
  const now = useNow();
  const [measure, setMeasure] = useState<Measure>("took");
  const { of, write } = MEASURES[measure];
  const most = Math.max(...runs.map((run) => of(run, now)), 1);
  const shown = runs.toReversed();
  const step = 100 / Math.max(PLACES, shown.length);
  const title = text.plots[measure];
  return (
    <section className="shrink-0 border-b border-line px-5 pt-2.5 pb-2">
      <div className="mb-1.5 flex items-center gap-3 text-12">
        <h2 className="font-medium">{title}</h2>
        {action}
        <span className="figures ml-auto text-11 text-fg-3">{text.most(write(most))}</span>
        <Segmented
          name={text.plotted}
          value={measure}
          onChoose={setMeasure}
          choices={[
            { value: "took", name: text.took },
            { value: "rows", name: text.rows },
            { value: "volume", name: text.volume },
          ]}
        />
      </div>
      <svg
        width="100%"
        height={HEIGHT}
        role="img"
        aria-label={text.plotText(title, runs.length, write(most))}
        className="block border-b border-line"
      >
        {shown.map((run, place) => {
          const value = of(run, now);
          const height = Math.max(2, (value / most) * (HEIGHT - 2));
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
              <title>{`${run.sync}, ${moment(run.submitted_at, now)}: ${words.states[run.state]}, ${text.value[measure](write(value))}`}</title>
            </rect>
          );
        })}
      </svg>
    </section>
  );
}
