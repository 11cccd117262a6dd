import { useQueries } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { comingQuery } from "@/api/projects";
import { useNow } from "@/components/now";
import { SectionTitle } from "@/components/page";
import type { ProjectSync } from "@/features/syncs/all-syncs";
import { words } from "@/words";
import { comingMoment, roughly } from "@/words/figures";

const text = words.home;
const EACH = 3;
const MOST = 8;
/** What is due later says its day. */
const SOON = 12 * 3_600_000;

/** When the next runs are due, of all syncs. */
export function NextRuns({ syncs }: { syncs: readonly ProjectSync[] }) {
  const now = useNow();
  const scheduled = syncs.filter((sync) => !sync.paused && sync.next.length > 0);
  const coming = useQueries({
    queries: scheduled.map(({ project, sync }) => comingQuery(project, sync, EACH)),
    combine: (results) =>
      results.flatMap((result, place) => {
        const of = scheduled[place];
        return of
          ? (result.data ?? []).filter((one) => !one.skipped).map((one) => ({ ...of, at: one.at }))
          : [];
      }),
  });
  const next = coming.sort((a, b) => Date.parse(a.at) - Date.parse(b.at)).slice(0, MOST);
  return (
    <section>
      <SectionTitle className="mb-1">{text.nextRuns}</SectionTitle>
      {scheduled.length === 0 && <p className="text-fg-3">{text.nothingNext}</p>}
      {/* Names begin below one another, however long the times are. */}
      <ul className="-mx-2 grid grid-cols-[auto_minmax(0,1fr)]">
        {next.map(({ project, sync, at }) => (
          <li key={`${project}/${sync} ${at}`} className="col-span-2 grid grid-cols-subgrid">
            <Link
              to="/projects/$project/syncs/$sync"
              params={{ project, sync }}
              className="quick col-span-2 grid h-7 grid-cols-subgrid items-center gap-x-2.5 rounded-2 px-2 hover:bg-surface-3"
            >
              <time dateTime={at} className="figures font-medium">
                {comingMoment(at, now)}
              </time>
              <span className="flex min-w-0 items-center gap-2">
                <span className="truncate" title={sync}>
                  {sync}
                </span>
                <span className="ml-auto shrink-0 text-12 text-fg-3">
                  {Date.parse(at) - now < SOON && text.dueIn(roughly(Date.parse(at) - now))}
                </span>
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
