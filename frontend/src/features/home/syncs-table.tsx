import { Link } from "@tanstack/react-router";
import { Play, Search } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { isOver, lengthOf, syncKey } from "@/api/runs";
import type { Run } from "@/api/types";
import { useCommands } from "@/app/keys/commands";
import { useRefusal } from "@/app/session/session";
import { IconButton } from "@/components/button";
import { Input } from "@/components/field";
import { Kbd } from "@/components/kbd";
import { Moment } from "@/components/moment";
import { useNow } from "@/components/now";
import { SectionTitle } from "@/components/page";
import { RunState } from "@/components/run-state";
import { SkeletonRows } from "@/components/skeleton";
import { Cell, Column, Head, Row, Table } from "@/components/table";
import type { ProjectSync } from "@/features/syncs/all-syncs";
import { RunHistory } from "@/features/syncs/run-history";
import { useRunSync } from "@/features/syncs/run-sync";
import { SyncEnds } from "@/features/syncs/sync-ends";
import { words } from "@/words";
import { duration, inOwnZone } from "@/words/figures";

const text = words.home;
/** As many as are drawn; the filter finds the others. */
const MOST = 100;

interface SyncsTableProps {
  syncs: readonly ProjectSync[];
  bySync: Map<string, Run[]>;
  isPending: boolean;
}

/** All syncs with their last runs. */
export function SyncsTable({ syncs, bySync, isPending }: SyncsTableProps) {
  const [filter, setFilter] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useCommands(
    useMemo(
      () => [{ id: "find", group: "page", name: text.filter, keys: "/", run: () => field.current?.focus() }],
      [],
    ),
  );
  const found = syncs.filter(({ project, sync }) =>
    `${project} ${sync}`.toLowerCase().includes(filter.toLowerCase()),
  );
  return (
    <section className="mt-6">
      <div className="mb-2 flex items-center justify-between">
        <SectionTitle count={syncs.length}>{text.syncs}</SectionTitle>
        <span className="relative w-44">
          <Search size={14} aria-hidden className="absolute top-1.75 left-2 text-fg-3" />
          <Input
            ref={field}
            small
            aria-label={text.filter}
            placeholder={text.filter}
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
            className="pl-7"
          />
          <Kbd keys="/" className="absolute top-1.5 right-1.5" />
        </span>
      </div>
      <div className="overflow-hidden rounded-3 border border-line [&_tbody_tr:last-child_td]:border-b-0">
        {isPending && syncs.length === 0 ? (
          <SkeletonRows tall />
        ) : (
          <Table>
            <Head>
              <Column>{text.columns.sync}</Column>
              <Column width={148}>{text.columns.last}</Column>
              <Column width={128}>{text.columns.history}</Column>
              <Column width={84} right className="max-[1399px]:hidden">
                {text.columns.took}
              </Column>
              <Column width="20%">{text.columns.schedule}</Column>
              <Column width={44} />
            </Head>
            <tbody>
              {found.slice(0, MOST).map((sync) => (
                <SyncRow
                  key={syncKey(sync.project, sync.sync)}
                  sync={sync}
                  runs={bySync.get(syncKey(sync.project, sync.sync)) ?? []}
                />
              ))}
            </tbody>
          </Table>
        )}
        {!isPending && found.length === 0 && <p className="px-5 py-4 text-fg-3">{text.none}</p>}
      </div>
    </section>
  );
}

function SyncRow({
  sync: { project, sync, version, runs: when, paused },
  runs,
}: {
  sync: ProjectSync;
  runs: readonly Run[];
}) {
  const now = useNow();
  const start = useRunSync();
  const refused = useRefusal()("operator", project);
  const [last] = runs;
  const over = runs.find(isOver);
  return (
    <Row>
      <Cell tall>
        <span className="flex items-center gap-3">
          <SyncEnds project={project} version={version} sync={sync} />
          <Link
            to="/projects/$project/syncs/$sync"
            params={{ project, sync }}
            className="truncate text-13 font-medium hover:underline"
          >
            {sync}
          </Link>
          <Link to="/projects/$project" params={{ project }} className="truncate text-fg-3 hover:underline">
            {project}
          </Link>
        </span>
      </Cell>
      <Cell tall>
        {last ? (
          <Link to="/runs/$run" params={{ run: last.id }} className="hover:underline">
            <RunState state={last.state}>
              {words.states[last.state]} <Moment at={last.finished_at ?? last.submitted_at} />
            </RunState>
          </Link>
        ) : (
          <span className="text-fg-3">{text.never}</span>
        )}
      </Cell>
      <Cell tall>
        <RunHistory runs={runs} />
      </Cell>
      <Cell tall right className="max-[1399px]:hidden">
        {over && duration(lengthOf(over, now))}
      </Cell>
      <Cell tall className="text-fg-2" title={when}>
        {paused ? <RunState state="paused" /> : inOwnZone(when)}
      </Cell>
      <Cell tall className="pl-0!">
        <IconButton
          icon={Play}
          size="sm"
          name={text.run(sync)}
          refused={refused}
          disabled={start.isPending}
          onClick={() => start.mutate({ project, sync })}
        />
      </Cell>
    </Row>
  );
}
