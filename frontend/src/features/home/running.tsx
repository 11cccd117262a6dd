import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Square } from "lucide-react";
import { useLiveRun } from "@/api/live-run";
import { leftOfAll, percentOf, reachOfAll, shareOf } from "@/api/progress";
import { isOver, recentRunsQuery } from "@/api/runs";
import { rates } from "@/api/samples";
import type { Run } from "@/api/types";
import { useRefusal } from "@/app/session/session";
import { AreaLine } from "@/components/area-line";
import { IconButton } from "@/components/button";
import { useNow } from "@/components/now";
import { SectionTitle } from "@/components/page";
import { Progress } from "@/components/sparkline";
import { useCancelRun } from "@/features/syncs/run-sync";
import { SyncEnds } from "@/features/syncs/sync-ends";
import { words } from "@/words";
import { clock, count, roughly, shortCount } from "@/words/figures";

const text = words.home;
/** How many are told by events at once; the others are a line. */
const MOST = 4;

/** What runs now, as it goes on. */
export function Running() {
  const { data: runs = [] } = useQuery(recentRunsQuery);
  const running = runs.filter((run) => !isOver(run));
  return (
    <section className="flex flex-col">
      <SectionTitle count={running.length} className="mb-2">
        {text.running}
      </SectionTitle>
      <div className="divide-y divide-line rounded-3 border border-line">
        {running.slice(0, MOST).map((run) => (
          <RunningRun key={run.id} run={run} />
        ))}
        {running.length === 0 && <p className="px-3.5 py-4 text-fg-3">{text.nothingRuns}</p>}
        {running.length > MOST && (
          <Link
            to="/runs"
            search={{ state: "running" }}
            className="block px-3.5 py-2 text-12 text-accent-text hover:underline"
          >
            {text.moreRunning(running.length - MOST)}
          </Link>
        )}
      </div>
    </section>
  );
}

function RunningRun({ run }: { run: Run }) {
  const { data: whole, samples } = useLiveRun(run.id);
  const now = useNow(1000);
  const cancel = useCancelRun();
  const refused = useRefusal()("operator", run.project);
  const streams = whole?.streams ?? [];
  const over = streams.filter((stream) => stream.finished_at).length;
  const going = streams.find((stream) => stream.state === "running");
  const reach = reachOfAll(streams);
  const left = leftOfAll(streams, samples, now);
  const series = rates(samples);
  const rate = series[series.length - 1]?.written ?? 0;
  const written = streams.reduce((sum, stream) => sum + Number(stream.rows_written), 0);
  return (
    <div className="px-3.5 py-2.5">
      <div className="flex items-center gap-2">
        <SyncEnds project={run.project} version={run.version} sync={run.sync} arrow />
        <div className="ml-1 min-w-0 grow">
          <Link
            to="/runs/$run"
            params={{ run: run.id }}
            className="block truncate font-medium hover:underline"
          >
            {run.sync}
          </Link>
          <div className="truncate text-12 text-fg-3">{run.project}</div>
        </div>
        <Figure value={count(rate)} name={text.rowsPerSecond} />
        {left === undefined ? (
          <Figure
            value={clock(now - Date.parse(whole?.started_at ?? run.submitted_at))}
            name={text.elapsed}
          />
        ) : (
          <Figure value={roughly(left)} name={text.left} />
        )}
        <IconButton
          icon={Square}
          name={words.runs.cancel}
          size="sm"
          refused={refused}
          disabled={cancel.isPending || run.state === "cancelling"}
          onClick={() => cancel.mutate(run.id)}
        />
      </div>
      <AreaLine values={series.map((one) => one.written)} className="mt-2 h-7.5 w-full" />
      <div className="mt-1.5 flex items-center gap-2">
        <Progress
          share={reach ? shareOf(reach) : streams.length > 0 ? over / streams.length : 0}
          name={reach ? words.runs.wholeRows : words.runs.whole}
        />
        {reach && (
          <span className="figures w-8 shrink-0 text-right text-12 text-fg-2">
            {words.runs.figures.percent(percentOf(reach))}
          </span>
        )}
      </div>
      <div className="mt-1 truncate text-12 text-fg-3">
        {going ? (
          <>
            {text.writing} <span className="data text-fg-2">{going.stream}</span>
          </>
        ) : (
          words.states[run.state]
        )}
        {` · ${text.streams(over, streams.length)} · ${text.rows(shortCount(written))}`}
      </div>
    </div>
  );
}

const Figure = ({ value, name }: { value: string; name: string }) => (
  <div className="min-w-11 text-right">
    <div className="figures text-12 font-medium whitespace-nowrap">{value}</div>
    <div className="text-11 text-fg-3">{name}</div>
  </div>
);
