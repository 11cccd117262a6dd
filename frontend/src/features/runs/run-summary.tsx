import type { ReactNode } from "react";
import { leftOfAll, percentOf, reachOfAll, shareOf } from "@/api/progress";
import { isOver, sumOf } from "@/api/runs";
import type { Rate, Sample } from "@/api/samples";
import type { WholeRun } from "@/api/types";
import { useNow } from "@/components/now";
import { Progress } from "@/components/sparkline";
import { words } from "@/words";
import { clock, count, duration, roughly, size } from "@/words/figures";

const text = words.runs.figures;

interface RunSummaryProps {
  run: WholeRun;
  samples: readonly Sample[];
  series: readonly Rate[];
}

/** How far a run is, in figures: in rows where somebody knows how many come, else in streams. */
export function RunSummary({ run, samples, series }: RunSummaryProps) {
  const now = useNow(1000);
  const over = isOver(run);
  const all = run.streams.length;
  const ended = run.streams.filter((stream) => stream.finished_at).length;
  const done = run.streams.filter((stream) => stream.state === "done").length;
  const begun = Date.parse(run.started_at ?? run.submitted_at);
  const took = (run.finished_at ? Date.parse(run.finished_at) : now) - begun;
  const written = sumOf(run, "rows_written");
  const committed = sumOf(run, "rows_committed");
  const rate = over
    ? Number(written) / Math.max(took / 1000, 0.001)
    : (series[series.length - 1]?.written ?? 0);
  const reach = over ? undefined : reachOfAll(run.streams);
  const left = over ? undefined : leftOfAll(run.streams, samples, now);
  const cpu = run.streams.reduce((total, stream) => total + Number(stream.cpu_seconds), 0);
  return (
    <section className="flex shrink-0 items-center gap-8 border-b border-line px-5 py-3.5">
      <div className="w-75 shrink-0 min-[1400px]:w-100">
        <div className="mb-2 flex items-baseline gap-2 whitespace-nowrap">
          <span className="figures text-20 font-semibold tracking-tight">
            {reach ? text.percent(percentOf(reach)) : text.of(done, all)}
          </span>
          <span className="figures text-12 text-fg-3">
            {reach ? text.rowsOf(count(reach.read), count(reach.expected)) : text.streams}
          </span>
          {reach && (
            <span className="figures ml-auto text-12 text-fg-3 max-[1399px]:hidden">
              {text.ofStreams(done, all)}
            </span>
          )}
        </div>
        <Progress
          share={reach ? shareOf(reach) : all > 0 ? ended / all : 0}
          over={over}
          bad={run.state === "failed"}
          name={reach ? words.runs.wholeRows : words.runs.whole}
        />
      </div>
      <dl className="flex min-w-0 grow justify-between gap-4 border-l border-line pl-8">
        <Figure
          name={text.rows}
          value={count(written)}
          unit={over ? committedText(written, committed) : text.committed(count(committed))}
        />
        <Figure name={over ? text.average : text.written} value={count(rate)} unit={text.perSecond} />
        <Figure name={text.volume} value={size(sumOf(run, "bytes").toString())} />
        <Figure name={over ? text.took : text.elapsed} value={over ? duration(took) : clock(took)} />
        {over ? (
          <Figure name={text.cpu} value={duration(cpu * 1000)} />
        ) : (
          <Figure name={text.left} value={left === undefined ? "–" : roughly(left)} />
        )}
      </dl>
    </section>
  );
}

/** Of a run that is over: a count is told where it is another than the one before it. */
const committedText = (written: bigint, committed: bigint): string | undefined =>
  written !== committed ? text.committed(count(committed)) : written > 0n ? text.allCommitted : undefined;

const Figure = ({ name, value, unit }: { name: string; value: ReactNode; unit?: string | undefined }) => (
  <div className="min-w-0">
    <dt className="truncate text-11 text-fg-3">{name}</dt>
    <dd className="figures truncate text-16 font-semibold tracking-tight">
      {value}{" "}
      {unit !== undefined && <small className="text-12 font-normal tracking-normal text-fg-3">{unit}</small>}
    </dd>
  </div>
);
