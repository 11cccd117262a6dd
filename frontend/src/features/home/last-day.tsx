import { useQuery } from "@tanstack/react-query";
import { recentRunsQuery } from "@/api/runs";
import { useNow } from "@/components/now";
import { SectionTitle } from "@/components/page";
import { RunState } from "@/components/run-state";
import { words } from "@/words";
import { count, timeOfDay } from "@/words/figures";

const text = words.home;
const HOUR = 3_600_000;
const HOURS = 24;
/** As many runs as the newest page has. */
const PAGE = 200;

/** The runs of the last day by hour and by how they ended. */
export function LastDay() {
  const now = useNow(60_000);
  const { data: runs = [] } = useQuery(recentRunsQuery);
  const begin = now - HOURS * HOUR;
  const day = runs.filter((run) => Date.parse(run.submitted_at) >= begin);
  const hours = Array.from({ length: HOURS }, (_, hour) => {
    const from = begin + hour * HOUR;
    const inHour = day.filter((run) => Math.floor((Date.parse(run.submitted_at) - begin) / HOUR) === hour);
    return { from, runs: inHour.length };
  });
  const top = Math.max(...hours.map((hour) => hour.runs), 1);
  const ended = (["done", "partial", "failed"] as const).map((state) => ({
    state,
    runs: day.filter((run) => run.state === state).length,
  }));
  // More runs than a page has: say which part of the day this is.
  const isPart = runs.length === PAGE && day.length === PAGE;
  return (
    <section className="border-t border-line pt-5">
      <SectionTitle>{text.lastDay}</SectionTitle>
      <p className="flex items-baseline gap-2">
        <span className="figures text-20 font-semibold tracking-tight">{count(day.length)}</span>
        <span className="text-12 text-fg-3">{isPart ? text.newest(PAGE) : text.runs(day.length)}</span>
      </p>
      <svg viewBox="0 0 240 56" className="mt-2 block w-full" role="img" aria-label={text.byHour}>
        <path d="M0 55.5H240" className="stroke-line" fill="none" />
        {hours.map(({ from, runs: inHour }, hour) => {
          const height = inHour === 0 ? 0 : Math.max(2, (inHour / top) * 52);
          return (
            <rect
              key={hour}
              x={hour * 10 + 1}
              y={55 - height}
              width={8}
              height={height}
              rx={1}
              className="fill-chart-bar hover:fill-chart-1"
            >
              <title>{text.hour(timeOfDay(from), inHour)}</title>
            </rect>
          );
        })}
      </svg>
      <div className="mt-1 flex justify-between text-11 text-fg-3">
        <span>{text.ago24}</span>
        <span>{text.now}</span>
      </div>
      <dl className="mt-3 grid grid-cols-[1fr_auto] gap-1 text-12">
        {ended.map(({ state, runs: inState }) => (
          <div key={state} className="contents">
            <dt>
              <RunState state={state} none={inState === 0} />
            </dt>
            <dd className="figures text-right font-medium">{count(inState)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
