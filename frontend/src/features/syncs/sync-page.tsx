import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { CirclePause, ListChecks, Play, Scale, Spline } from "lucide-react";
import { useCallback, useMemo } from "react";
import { projectQuery, syncsQuery } from "@/api/projects";
import { runsQuery } from "@/api/runs";
import type { Sync } from "@/api/types";
import { useCommands, type Command } from "@/app/keys/commands";
import { useRefusal } from "@/app/session/session";
import { Button } from "@/components/button";
import { EmptyState } from "@/components/empty-state";
import { ProblemPanel } from "@/components/error-panel";
import { Page } from "@/components/page";
import { Rows } from "@/components/rows";
import { RunBadge } from "@/components/run-state";
import { SkeletonRows } from "@/components/skeleton";
import { RunPlot } from "@/features/runs/run-plot";
import { RunRow, RunsHead } from "@/features/runs/runs-table";
import { words } from "@/words";
import { useDesignerSoon } from "./designer-soon";
import { usePauseSync } from "./pause-sync";
import { useRunSync } from "./run-sync";
import { SyncAside } from "./sync-aside";

const text = words.projects;

/** One sync: how its runs went, when it runs next, and what it is made of. */
export function SyncPage() {
  const { project, sync: name } = useParams({ from: "/projects/$project/syncs/$sync" });
  const { data: syncs, error } = useQuery(syncsQuery(project));
  const { data: holds } = useQuery(projectQuery(project));
  const sync = syncs?.find((one) => one.sync === name);
  const crumbs = [
    <Link to="/projects/$project" params={{ project }} className="hover:underline">
      {project}
    </Link>,
  ];
  if (!sync) {
    return (
      <Page title={name} crumbs={crumbs}>
        {error ? (
          <div className="max-w-160 p-6">
            <ProblemPanel title={words.errors.notLoaded} problem={error} />
          </div>
        ) : syncs ? (
          <EmptyState title={words.shell.notFound.title}>{words.shell.notFound.text}</EmptyState>
        ) : (
          <SkeletonRows rows={10} />
        )}
      </Page>
    );
  }
  return (
    <Page
      title={name}
      scrolls={false}
      crumbs={crumbs}
      state={sync.paused ? <RunBadge state="paused" /> : <span className="truncate">{sync.runs}</span>}
      actions={<Actions project={project} sync={sync} />}
    >
      <div className="flex min-h-0 grow">
        <Runs project={project} sync={name} />
        <SyncAside project={project} sync={sync} version={holds?.version} />
      </div>
    </Page>
  );
}

function Actions({ project, sync: { sync, paused } }: { project: string; sync: Sync }) {
  const navigate = useNavigate();
  const start = useRunSync();
  const pause = usePauseSync();
  const refused = useRefusal()("operator", project);
  const { mutate } = start;
  const params = useMemo(() => ({ project, sync }), [project, sync]);
  useDesignerSoon();
  useCommands(
    useMemo(
      (): Command[] => [
        {
          id: "run",
          group: "page",
          name: text.runNow,
          keys: "mod+enter",
          icon: Play,
          refused,
          run: () => mutate(params),
        },
        {
          id: "design",
          group: "page",
          name: text.design,
          icon: Spline,
          run: () => void navigate({ to: "/projects/$project/designer/$sync", params }),
        },
        {
          id: "plan",
          group: "page",
          name: text.plan,
          icon: ListChecks,
          refused,
          run: () => void navigate({ to: "/projects/$project/syncs/$sync/plan", params }),
        },
        {
          id: "verify",
          group: "page",
          name: text.verify,
          icon: Scale,
          refused,
          run: () => void navigate({ to: "/projects/$project/syncs/$sync/verify", params }),
        },
      ],
      [params, refused, mutate, navigate],
    ),
  );
  return (
    <>
      <Button
        look="ghost"
        icon={paused ? Play : CirclePause}
        refused={refused}
        disabled={pause.isPending}
        onClick={() => pause.mutate({ ...params, paused: !paused })}
      >
        {paused ? text.resume : text.pause}
      </Button>
      <Button
        icon={Spline}
        onClick={() => void navigate({ to: "/projects/$project/designer/$sync", params })}
      >
        {text.design}
      </Button>
      <Button
        icon={Scale}
        refused={refused}
        onClick={() => void navigate({ to: "/projects/$project/syncs/$sync/verify", params })}
      >
        {text.verify}
      </Button>
      <Button
        icon={ListChecks}
        refused={refused}
        onClick={() => void navigate({ to: "/projects/$project/syncs/$sync/plan", params })}
      >
        {text.plan}
      </Button>
      <Button
        look="primary"
        icon={Play}
        keys="mod+enter"
        refused={refused}
        disabled={start.isPending}
        onClick={() => start.mutate(params)}
      >
        {text.run}
      </Button>
    </>
  );
}

function Runs({ project, sync }: { project: string; sync: string }) {
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
    runsQuery({ project, sync }),
  );
  const runs = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) {
      void fetchNextPage();
    }
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return (
    <div className="flex min-w-0 grow flex-col">
      {!data ? (
        <SkeletonRows rows={10} />
      ) : runs.length === 0 ? (
        <EmptyState title={text.sync.noRuns}>{words.runs.list.noneAbout}</EmptyState>
      ) : (
        <>
          <RunPlot
            runs={runs.slice(0, 100)}
            action={
              runs.length > 1 && (
                <Link
                  to="/projects/$project/syncs/$sync/compare"
                  params={{ project, sync }}
                  className="text-accent-text underline-offset-2 hover:underline"
                >
                  {words.compare.title}
                </Link>
              )
            }
          />
          <Rows
            name={text.sync.runs}
            height={30}
            items={runs}
            onEnd={more}
            head={<RunsHead ofOne />}
            row={(run) => <RunRow key={run.id} run={run} ofOne />}
            foot={!hasNextPage && <p className="px-5 py-2 text-12 text-fg-3">{words.runs.list.end}</p>}
          />
        </>
      )}
    </div>
  );
}
