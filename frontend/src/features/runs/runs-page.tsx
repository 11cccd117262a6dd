import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { projectsQuery, syncsQuery } from "@/api/projects";
import { runsQuery, type RunFilter } from "@/api/runs";
import type { RunState as State } from "@/api/types";
import { Button, buttonClasses } from "@/components/button";
import { EmptyState } from "@/components/empty-state";
import { ProblemPanel } from "@/components/error-panel";
import { Page } from "@/components/page";
import { Rows } from "@/components/rows";
import { Select } from "@/components/select";
import { SkeletonRows } from "@/components/skeleton";
import { words } from "@/words";
import { RunPlot } from "./run-plot";
import { RunRow, RunsHead } from "./runs-table";

const text = words.runs.list;
const STATES: readonly State[] = [
  "running",
  "queued",
  "waiting",
  "held",
  "stalled",
  "cancelling",
  "done",
  "partial",
  "failed",
  "cancelled",
];

/** All runs that are remembered, by filters, the newest first. */
export function RunsPage() {
  const filter = useSearch({ from: "/runs" });
  const query = useInfiniteQuery(runsQuery(filter));
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const runs = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) {
      void fetchNextPage();
    }
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return (
    <Page title={words.runs.title} scrolls={false}>
      <Filters filter={filter} />
      {error && runs.length === 0 ? (
        <div className="max-w-160 p-6">
          <ProblemPanel title={words.errors.notLoaded} problem={error} />
        </div>
      ) : query.isPending ? (
        <SkeletonRows rows={12} />
      ) : runs.length === 0 ? (
        <None filtered={Object.values(filter).some(Boolean)} />
      ) : (
        <>
          <RunPlot runs={runs.slice(0, 100)} />
          <Rows
            name={text.names}
            height={30}
            items={runs}
            onEnd={more}
            head={<RunsHead />}
            row={(run) => <RunRow key={run.id} run={run} />}
            foot={<p className="px-5 py-2 text-12 text-fg-3">{hasNextPage ? text.loading : text.end}</p>}
          />
        </>
      )}
    </Page>
  );
}

function Filters({ filter }: { filter: RunFilter }) {
  const navigate = useNavigate();
  const { data: projects = [] } = useQuery(projectsQuery);
  const { data: syncs = [] } = useQuery({
    ...syncsQuery(filter.project ?? ""),
    enabled: filter.project !== undefined,
  });
  const go = (search: RunFilter) => void navigate({ to: "/runs", search, replace: true });
  const all = (name: string) => ({ value: "", name });
  return (
    <div className="flex shrink-0 items-center gap-2 border-b border-line px-5 py-2.5">
      <Select
        small
        className="w-44"
        aria-label={text.project}
        value={filter.project ?? ""}
        choices={[
          all(text.allProjects),
          ...projects.map(({ project }) => ({ value: project, name: project })),
        ]}
        onChoose={(project) => go({ state: filter.state, project: project || undefined })}
      />
      <Select
        small
        className="w-52"
        aria-label={text.sync}
        disabled={filter.project === undefined}
        value={filter.sync ?? ""}
        choices={[all(text.allSyncs), ...syncs.map(({ sync }) => ({ value: sync, name: sync }))]}
        onChoose={(sync) => go({ ...filter, sync: sync || undefined })}
      />
      <Select
        small
        className="w-44"
        aria-label={text.state}
        value={filter.state ?? ""}
        choices={[
          all(text.allStates),
          ...STATES.map((state) => ({ value: state, name: words.states[state] })),
        ]}
        onChoose={(state) => go({ ...filter, state: (state || undefined) as State | undefined })}
      />
      {Object.values(filter).some(Boolean) && (
        <Button look="ghost" onClick={() => go({})}>
          {text.clear}
        </Button>
      )}
    </div>
  );
}

function None({ filtered }: { filtered: boolean }) {
  return filtered ? (
    <EmptyState title={text.noneFound}>{text.noneFoundAbout}</EmptyState>
  ) : (
    <EmptyState
      title={text.none}
      action={
        <Link to="/projects" className={buttonClasses("primary")}>
          {text.toProjects}
        </Link>
      }
    >
      {text.noneAbout}
    </EmptyState>
  );
}
