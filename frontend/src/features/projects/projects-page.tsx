import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Upload } from "lucide-react";
import { projectsQuery } from "@/api/projects";
import { syncKey } from "@/api/runs";
import type { Run } from "@/api/types";
import { useRefusal } from "@/app/session/session";
import { buttonClasses } from "@/components/button";
import { EmptyState } from "@/components/empty-state";
import { ProblemPanel } from "@/components/error-panel";
import { Moment } from "@/components/moment";
import { Page } from "@/components/page";
import { Rows } from "@/components/rows";
import { RunState } from "@/components/run-state";
import { Said } from "@/components/said";
import { SkeletonRows } from "@/components/skeleton";
import { Cell, Column, Head, Row } from "@/components/table";
import { useAllSyncs, useRunsBySync, type ProjectSync } from "@/features/syncs/all-syncs";
import { words } from "@/words";

const text = words.projects;

/** The projects that one may see. */
export function ProjectsPage() {
  const { data: projects, error } = useQuery(projectsQuery);
  const { syncs } = useAllSyncs();
  const bySync = useRunsBySync(syncs);
  const refused = useRefusal()("editor");
  const push = refused === undefined && (
    <Link to="/push" className={buttonClasses("primary")}>
      <Upload size={14} aria-hidden />
      {text.pushFile}
    </Link>
  );
  return (
    <Page title={text.title} scrolls={false} actions={projects?.length === 0 ? undefined : push}>
      {error && !projects ? (
        <div className="max-w-160 p-6">
          <ProblemPanel title={words.errors.notLoaded} problem={error} />
        </div>
      ) : !projects ? (
        <SkeletonRows tall />
      ) : projects.length === 0 ? (
        <EmptyState title={text.none} action={push}>
          <Said text={text.noneAbout} />
        </EmptyState>
      ) : (
        <Rows
          name={text.title}
          height={36}
          items={projects}
          head={
            <Head>
              <Column width={240}>{text.project}</Column>
              <Column width={90} right>
                {text.versionPage.list}
              </Column>
              <Column width={340}>{text.syncs}</Column>
              <Column width={300}>{text.columns.lastRun}</Column>
            </Head>
          }
          row={({ project, version }) => {
            const own = syncs.filter((sync) => sync.project === project);
            return (
              <Row key={project}>
                <Cell tall>
                  <Link
                    to="/projects/$project"
                    params={{ project }}
                    className="text-13 font-medium hover:underline"
                  >
                    {project}
                  </Link>
                </Cell>
                <Cell tall right>
                  {version}
                </Cell>
                <Cell tall className="text-fg-2">
                  {own.map(({ sync }) => sync).join(", ")}
                </Cell>
                <Cell tall>
                  <LastRun run={newest(own, bySync)} />
                </Cell>
              </Row>
            );
          }}
        />
      )}
    </Page>
  );
}

const newest = (syncs: readonly ProjectSync[], bySync: Map<string, Run[]>): Run | undefined =>
  syncs
    .flatMap(({ project, sync }) => bySync.get(syncKey(project, sync))?.[0] ?? [])
    .sort((a, b) => b.submitted_at.localeCompare(a.submitted_at))[0];

const LastRun = ({ run }: { run: Run | undefined }) =>
  run ? (
    <Link to="/runs/$run" params={{ run: run.id }} className="hover:underline">
      <RunState state={run.state}>
        {words.states[run.state]} <Moment at={run.finished_at ?? run.submitted_at} />
      </RunState>
      <span className="ml-2 align-middle text-fg-3">{run.sync}</span>
    </Link>
  ) : (
    <span className="text-fg-3">{words.home.never}</span>
  );
