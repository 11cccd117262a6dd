import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { RotateCcw } from "lucide-react";
import { useState } from "react";
import { resetStream, useJob } from "@/api/jobs";
import { comingQuery, ticksQuery } from "@/api/projects";
import type { Sync } from "@/api/types";
import { useRefusal } from "@/app/session/session";
import { IconButton } from "@/components/button";
import { FormDialog } from "@/components/form-dialog";
import { Moment } from "@/components/moment";
import { useNow } from "@/components/now";
import { SectionTitle } from "@/components/page";
import { words } from "@/words";
import { fromNow, moment, shortId } from "@/words/figures";
import { SyncEnds } from "./sync-ends";

const text = words.projects.sync;

/** When a sync runs next, what became of due times, and its streams. */
export function SyncAside({
  project,
  sync,
  version,
}: {
  project: string;
  sync: Sync;
  version: number | undefined;
}) {
  return (
    <aside className="flex w-72 shrink-0 flex-col gap-5 overflow-auto border-l border-line p-5 min-[1400px]:w-82">
      <Next project={project} sync={sync.sync} when={sync.runs} />
      <section className="border-t border-line pt-5">
        <SectionTitle count={sync.streams.length} className="mb-1">
          {text.streams}
          {version !== undefined && <SyncEnds project={project} version={version} sync={sync.sync} arrow />}
        </SectionTitle>
        <Streams project={project} sync={sync} />
      </section>
      <Ticks project={project} sync={sync.sync} />
    </aside>
  );
}

function Next({ project, sync, when }: { project: string; sync: string; when: string }) {
  const now = useNow();
  const { data = [] } = useQuery(comingQuery(project, sync, 5));
  return (
    <section>
      <SectionTitle>{text.next}</SectionTitle>
      <p className="mb-1 text-12 text-fg-2">{when}</p>
      {data.length === 0 && <p className="text-12 text-fg-3">{text.nextNone}</p>}
      <ul>
        {data.map(({ at, words: spelled, skipped }) => (
          <li key={at} className="flex h-7 items-center justify-between gap-3">
            <time
              dateTime={at}
              title={spelled}
              className={skipped ? "figures text-fg-3 line-through" : "figures font-medium"}
            >
              {moment(at, now)}
            </time>
            <span className="shrink-0 text-12 text-fg-3">{skipped ? text.skipped : fromNow(at, now)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Streams({ project, sync: { sync, streams } }: { project: string; sync: Sync }) {
  const [resetting, setResetting] = useState<string>();
  const refused = useRefusal()("operator", project);
  return (
    <>
      <ul className="max-h-75 overflow-auto">
        {streams.map((stream) => (
          <li key={stream} className="group flex h-7 items-center gap-2">
            <span className="data grow truncate" title={stream}>
              {stream}
            </span>
            <IconButton
              icon={RotateCcw}
              size="sm"
              name={`${text.reset}: ${stream}`}
              refused={refused}
              onClick={() => setResetting(stream)}
            />
          </li>
        ))}
      </ul>
      {resetting !== undefined && (
        <Reset project={project} sync={sync} stream={resetting} onClose={() => setResetting(undefined)} />
      )}
    </>
  );
}

function Reset({
  project,
  sync,
  stream,
  onClose,
}: {
  project: string;
  sync: string;
  stream: string;
  onClose: () => void;
}) {
  const reset = useJob<unknown, string>((stream) => resetStream(project, sync, stream));
  const done = reset.job?.state === "done";
  return (
    <FormDialog
      title={text.resetTitle(stream)}
      about={done ? text.resetDone(stream) : text.resetAbout}
      verb={text.resetDo}
      look="bad"
      ready={!done}
      isPending={reset.isPending}
      problem={reset.problem}
      failed={text.reset}
      onSubmit={() => reset.start(stream)}
      onClose={onClose}
    />
  );
}

function Ticks({ project, sync }: { project: string; sync: string }) {
  const { data } = useInfiniteQuery(ticksQuery(project, sync));
  const ticks = data?.pages[0]?.items ?? [];
  return (
    <section className="border-t border-line pt-5">
      <SectionTitle className="mb-1">{text.ticks}</SectionTitle>
      {data && ticks.length === 0 && <p className="text-12 text-fg-3">{text.ticksNone}</p>}
      <ul>
        {ticks.slice(0, 20).map(({ nominal_at, run, skipped }) => (
          <li key={nominal_at} className="flex h-7 items-center justify-between gap-3 text-12">
            <Moment at={nominal_at} />
            {run ? (
              <Link to="/runs/$run" params={{ run }} className="data text-fg-2 underline underline-offset-2">
                {words.runs.run(shortId(run))}
              </Link>
            ) : (
              <span className="truncate text-fg-3">{skipped && words.projects.skip[skipped]}</span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
