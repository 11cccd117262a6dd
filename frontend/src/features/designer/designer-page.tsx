import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { CloudUpload, ListChecks, Play } from "lucide-react";
import { useCallback, useEffect, useMemo, useReducer, useState } from "react";
import { type Command, useCommands } from "@/app/keys/commands";
import { Problem } from "@/api/problem";
import { projectQuery, push, versionQuery } from "@/api/projects";
import { useRefusal } from "@/app/session/session";
import { Button, buttonClasses } from "@/components/button";
import { EmptyState } from "@/components/empty-state";
import { ProblemPanel } from "@/components/error-panel";
import { Page } from "@/components/page";
import { SkeletonRows } from "@/components/skeleton";
import { toast } from "@/components/toast";
import { useRunSync } from "@/features/syncs/run-sync";
import { words } from "@/words";
import type { Coming } from "@/api/types";
import { agentCatalog } from "./catalog/agent-catalog";
import { explainSchedule } from "./catalog/drafts";
import { Designer } from "./designer";
import { isSaved, opened, reduce } from "./document/history";
import { parse } from "./document/parse";
import { readSyncFile } from "./document/read";
import type { Plain } from "./document/sync-file";
import { agentSamples } from "./sample/agent-sample";

const text = words.designer;

/** A project's newest version, opened in the designer at one of its syncs. */
export function DesignerPage() {
  const { project, sync } = useParams({ from: "/projects/$project/designer/$sync" });
  const newest = useQuery(projectQuery(project));
  const number = newest.data?.version;
  const version = useQuery({ ...versionQuery(project, number ?? 0), enabled: number !== undefined });
  const problem = newest.error ?? version.error;
  // The first version that came stays open: a newer one is met when this one is saved.
  const [first, setFirst] = useState<{ project: string; number: number; file: string }>();
  if (version.data && first?.project !== project) {
    setFirst({ project, number: version.data.version, file: version.data.file });
  }
  if (first?.project === project) {
    return <Open key={`${project} ${sync}`} project={project} syncName={sync} first={first} />;
  }
  return (
    <Page title={sync} crumbs={[project]}>
      {problem ? (
        <div className="max-w-160 p-6">
          <ProblemPanel title={words.errors.notLoaded} problem={problem} />
        </div>
      ) : (
        <SkeletonRows rows={12} />
      )}
    </Page>
  );
}

function Open({
  project,
  syncName,
  first,
}: {
  project: string;
  syncName: string;
  first: { number: number; file: string };
}) {
  const [history, dispatch] = useReducer(reduce, first.file, opened);
  const [number, setNumber] = useState(first.number);
  const [saving, setSaving] = useState(false);
  const client = useQueryClient();
  const refusal = useRefusal();
  const saved = useMemo(() => plainOf(history.saved), [history.saved]);
  const { text: file, source } = history;
  const catalog = useMemo(
    () => agentCatalog(project, { text: file, now: source.plain, saved }),
    [project, file, source, saved],
  );
  const samples = useMemo(() => agentSamples(project, history.saved), [project, history.saved]);
  const coming = useComing(history.source.plain, syncName);

  const save = useCallback(async () => {
    setSaving(true);
    try {
      const pushed = await push({ project, file: history.text, expected: number }, false);
      dispatch({ kind: "saved", text: history.text });
      setNumber(pushed.version ?? number);
      toast({ title: text.savedAs(pushed.version ?? number) });
      await client.invalidateQueries({ queryKey: ["projects"] });
    } catch (thrown) {
      const problem = Problem.from(thrown);
      toast({
        title: problem.status === 409 ? text.conflict : problem.why,
        more: problem.remedy,
        tone: "bad",
      });
    } finally {
      setSaving(false);
    }
  }, [client, history.text, number, project]);
  const { mutate: start } = useRunSync();
  const run = useCallback(() => start({ project, sync: syncName }), [start, project, syncName]);

  const clean = isSaved(history);
  useLeaving(!clean);
  const maySave =
    refusal("editor", project) ?? (history.problem ? text.state.unread(history.problem.line) : undefined);
  const mayRun = refusal("operator", project) ?? (clean ? undefined : text.saveFirst);
  useCommands(
    useMemo(
      (): Command[] => [
        {
          id: "designer save",
          group: "page",
          name: text.save,
          keys: "mod+s",
          refused: maySave,
          run: () => void save(),
        },
        {
          id: "designer run",
          group: "page",
          name: text.run,
          keys: "mod+enter",
          refused: mayRun,
          run,
        },
      ],
      [maySave, mayRun, save, run],
    ),
  );
  const known = readSyncFile(history.source.plain).syncs.some((sync) => sync.name === syncName);
  if (!known && !history.problem) {
    return (
      <Page title={syncName} crumbs={[project]}>
        <EmptyState title={text.notFound.title}>{text.notFound.text}</EmptyState>
      </Page>
    );
  }
  return (
    <Designer
      setup={{
        project,
        syncName,
        history,
        dispatch,
        catalog,
        samples,
        ...(coming && { coming }),
      }}
      fileName={text.version(number)}
      crumbs={[
        <Link key="project" to={"/projects/$project"} params={{ project }} className="hover:text-fg-1">
          {project}
        </Link>,
      ]}
      actions={
        <>
          <Link
            to="/projects/$project/syncs/$sync/plan"
            params={{ project, sync: syncName }}
            className={buttonClasses()}
          >
            <ListChecks size={14} strokeWidth={1.75} className="-ml-0.5 opacity-80" aria-hidden />
            {text.plan}
          </Link>
          <Button
            icon={CloudUpload}
            keys="mod+s"
            look={clean ? "plain" : "primary"}
            disabled={clean || saving}
            refused={clean ? undefined : maySave}
            onClick={() => void save()}
          >
            {text.save}
          </Button>
          <Button
            icon={Play}
            keys="mod+enter"
            look={clean ? "primary" : "plain"}
            refused={mayRun}
            onClick={run}
          >
            {text.run}
          </Button>
        </>
      }
    />
  );
}

/** What a kept text says; it was read before it was kept. */
function plainOf(text: string): Plain {
  const parsed = parse(text);
  return parsed.ok ? parsed.source.plain : null;
}

/** The next runs by the schedule as it stands, pushed or not. */
function useComing(plain: Plain, syncName: string): readonly Coming[] | undefined {
  const schedule = useMemo(
    () => readSyncFile(plain).syncs.find((sync) => sync.name === syncName)?.schedule,
    [plain, syncName],
  );
  const meaning = useQuery({
    queryKey: ["designer", "schedule", schedule],
    queryFn: ({ signal }) => explainSchedule(schedule ?? {}, 5, signal),
    enabled: schedule !== undefined,
    staleTime: 30_000,
    retry: false,
    meta: { quiet: true },
  });
  return schedule && meaning.data?.next;
}

/** Asks before a page with unsaved edits is closed. */
function useLeaving(unsaved: boolean): void {
  useEffect(() => {
    if (!unsaved) {
      return;
    }
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [unsaved]);
}
