import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { CirclePause, Ellipsis, ListChecks, Play, Scale, Spline } from "lucide-react";
import { syncsQuery } from "@/api/projects";
import { syncKey } from "@/api/runs";
import type { Run } from "@/api/types";
import { useRefusal } from "@/app/session/session";
import { IconButton } from "@/components/button";
import { EmptyState } from "@/components/empty-state";
import { Moment } from "@/components/moment";
import { Menu, MenuItem } from "@/components/popover";
import { Rows } from "@/components/rows";
import { RunState } from "@/components/run-state";
import { SkeletonRows } from "@/components/skeleton";
import { Cell, Column, Head, Row } from "@/components/table";
import { useRunsBySync, type ProjectSync } from "@/features/syncs/all-syncs";
import { usePauseSync } from "@/features/syncs/pause-sync";
import { RunHistory } from "@/features/syncs/run-history";
import { useRunSync } from "@/features/syncs/run-sync";
import { SyncEnds } from "@/features/syncs/sync-ends";
import { words } from "@/words";

const text = words.projects;

/** The syncs of a project: how they went, and when they run. */
export function ProjectSyncs({ project, version }: { project: string; version: number }) {
  const { data } = useQuery(syncsQuery(project));
  const syncs = (data ?? []).map((sync): ProjectSync => ({ ...sync, project, version }));
  const bySync = useRunsBySync(syncs);
  if (!data) {
    return <SkeletonRows tall />;
  }
  if (syncs.length === 0) {
    return <EmptyState title={text.noSyncs}>{text.noSyncsAbout}</EmptyState>;
  }
  return (
    <Rows
      name={text.syncs}
      height={36}
      items={syncs}
      head={
        <Head>
          <Column width={240}>{text.columns.sync}</Column>
          <Column width={90} right>
            {text.columns.streams}
          </Column>
          <Column width={180}>{text.columns.last}</Column>
          <Column width={130}>{words.home.columns.history}</Column>
          <Column width={240}>{text.columns.schedule}</Column>
          <Column width={96} />
        </Head>
      }
      row={(sync) => (
        <SyncRow key={sync.sync} sync={sync} runs={bySync.get(syncKey(project, sync.sync)) ?? []} />
      )}
    />
  );
}

function SyncRow({
  sync: { project, version, sync, streams, paused, runs: when },
  runs,
}: {
  sync: ProjectSync;
  runs: readonly Run[];
}) {
  const navigate = useNavigate();
  const start = useRunSync();
  const pause = usePauseSync();
  const refused = useRefusal()("operator", project);
  const [last] = runs;
  const params = { project, sync };
  return (
    <Row>
      <Cell tall>
        <span className="flex items-center gap-3">
          <SyncEnds project={project} version={version} sync={sync} />
          <Link
            to="/projects/$project/syncs/$sync"
            params={params}
            className="truncate text-13 font-medium hover:underline"
          >
            {sync}
          </Link>
        </span>
      </Cell>
      <Cell tall right>
        {streams.length}
      </Cell>
      <Cell tall>
        {last ? (
          <Link to="/runs/$run" params={{ run: last.id }} className="hover:underline">
            <RunState state={last.state}>
              {words.states[last.state]} <Moment at={last.finished_at ?? last.submitted_at} />
            </RunState>
          </Link>
        ) : (
          <span className="text-fg-3">{words.home.never}</span>
        )}
      </Cell>
      <Cell tall>
        <RunHistory runs={runs} />
      </Cell>
      <Cell tall className="text-fg-2" title={when}>
        {paused ? <RunState state="paused" /> : when}
      </Cell>
      <Cell tall className="text-right">
        <IconButton
          icon={Play}
          size="sm"
          name={words.home.run(sync)}
          refused={refused}
          disabled={start.isPending}
          onClick={() => start.mutate(params)}
        />
        <Menu trigger={<IconButton icon={Ellipsis} size="sm" name={words.actions.more} />}>
          <MenuItem
            icon={Spline}
            onSelect={() => void navigate({ to: "/projects/$project/designer/$sync", params })}
          >
            {text.design}
          </MenuItem>
          <MenuItem
            icon={ListChecks}
            refused={refused}
            onSelect={() => void navigate({ to: "/projects/$project/syncs/$sync/plan", params })}
          >
            {text.plan}
          </MenuItem>
          <MenuItem
            icon={Scale}
            refused={refused}
            onSelect={() => void navigate({ to: "/projects/$project/syncs/$sync/verify", params })}
          >
            {text.verify}
          </MenuItem>
          <MenuItem
            icon={paused ? Play : CirclePause}
            refused={refused}
            onSelect={() => pause.mutate({ ...params, paused: !paused })}
          >
            {paused ? text.resume : text.pause}
          </MenuItem>
        </Menu>
      </Cell>
    </Row>
  );
}
