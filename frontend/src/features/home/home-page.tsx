import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Upload } from "lucide-react";
import { projectsQuery } from "@/api/projects";
import { recentRunsQuery, syncKey } from "@/api/runs";
import { useRefusal } from "@/app/session/session";
import { buttonClasses } from "@/components/button";
import { EmptyState } from "@/components/empty-state";
import { ProblemPanel } from "@/components/error-panel";
import { useNow } from "@/components/now";
import { Page } from "@/components/page";
import { useAllSyncs, useRunsBySync } from "@/features/syncs/all-syncs";
import { words } from "@/words";
import { timeOfDay, zone } from "@/words/figures";
import { FirstRun } from "./first-run";
import { LastDay } from "./last-day";
import { NeedsYou } from "./needs-you";
import { NextRuns } from "./next-runs";
import { Running } from "./running";
import { SyncsTable } from "./syncs-table";

const text = words.home;

/** What goes on, what needs somebody, and what comes next. */
export function HomePage() {
  const { data: projects, error } = useQuery(projectsQuery);
  const now = useNow();
  return (
    <Page
      title={text.title}
      scrolls={false}
      actions={
        <span className="figures text-12 text-fg-3">
          {timeOfDay(now)} {zone}
        </span>
      }
    >
      {error && !projects ? (
        <div className="max-w-160 p-6">
          <ProblemPanel title={words.errors.notLoaded} problem={error} />
        </div>
      ) : projects?.length === 0 ? (
        <Empty />
      ) : (
        <Overview />
      )}
    </Page>
  );
}

function Empty() {
  const mayPush = useRefusal()("editor") === undefined;
  return (
    <EmptyState
      title={text.empty}
      action={
        mayPush && (
          <Link to="/push" className={buttonClasses("primary")}>
            <Upload size={14} aria-hidden />
            {text.push}
          </Link>
        )
      }
    >
      {mayPush ? text.emptyAbout : text.emptyNotYours}
    </EmptyState>
  );
}

function Overview() {
  const { syncs, isPending } = useAllSyncs();
  const bySync = useRunsBySync(syncs);
  const { data: recent } = useQuery(recentRunsQuery);
  const nothingRan = recent?.length === 0;
  // Known once all are: a button never changes, while somebody presses it, which sync it runs.
  const first = isPending ? undefined : (syncs.find(({ project }) => project === "quickstart") ?? syncs[0]);
  return (
    <div className="flex min-h-0 grow">
      <div
        tabIndex={0}
        className="min-w-0 grow overflow-auto px-6 py-5 outline-none"
        role="group"
        aria-label={text.title}
      >
        {nothingRan && first && <FirstRun key={syncKey(first.project, first.sync)} of={first} />}
        <div className="grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)] gap-5">
          <Running />
          <NeedsYou syncs={syncs} bySync={bySync} nothingRan={nothingRan} />
        </div>
        <SyncsTable syncs={syncs} bySync={bySync} isPending={isPending} />
      </div>
      <aside className="flex w-72 shrink-0 flex-col gap-5 overflow-auto border-l border-line p-5 min-[1400px]:w-82">
        <NextRuns syncs={syncs} />
        <LastDay />
      </aside>
    </div>
  );
}
