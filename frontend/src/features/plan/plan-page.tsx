import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { Play, RefreshCw } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { planSync, useJob } from "@/api/jobs";
import { useCommands, type Command } from "@/app/keys/commands";
import { useRefusal } from "@/app/session/session";
import { Badge } from "@/components/badge";
import { Button, buttonClasses } from "@/components/button";
import { classes } from "@/components/classes";
import { CopyButton } from "@/components/copy-button";
import { EmptyState } from "@/components/empty-state";
import { ProblemPanel } from "@/components/error-panel";
import { Page } from "@/components/page";
import { SkeletonRows } from "@/components/skeleton";
import { useRunSync } from "@/features/syncs/run-sync";
import { words } from "@/words";
import { count, timeOfDay } from "@/words/figures";
import { losses, report, type Plan, type PlannedStream } from "./plan";
import { PlanDetail } from "./plan-detail";

const text = words.jobs.plan;

/** What a run would do now: the tables, the columns and what becomes of their values. Nothing is written. */
export function PlanPage() {
  const { project, sync } = useParams({ from: "/projects/$project/syncs/$sync/plan" });
  const navigate = useNavigate();
  const refused = useRefusal()("operator", project);
  const { start, result, job, problem, isPending } = useJob<Plan>(() => planSync(project, sync));
  const run = useRunSync();
  useEffect(() => {
    if (refused === undefined) {
      start();
    }
  }, [start, refused]);
  const [chosen, setChosen] = useState<string>();
  const stream = result?.streams.find((one) => one.stream === chosen) ?? result?.streams[0];
  const notAllowed = result?.streams.reduce((sum, one) => sum + losses(one, "refused"), 0) ?? 0;
  const stop = refused ?? (notAllowed > 0 ? text.refused(notAllowed) : undefined);
  const { mutate } = run;
  useCommands(
    useMemo((): Command[] => {
      const streams = result?.streams.map((one) => one.stream) ?? [];
      const step = (by: number) =>
        setChosen(
          (now) =>
            streams[Math.min(streams.length - 1, Math.max(0, streams.indexOf(now ?? streams[0] ?? "") + by))],
        );
      return [
        {
          id: "run",
          group: "page",
          name: text.run,
          keys: "mod+enter",
          icon: Play,
          refused: stop,
          run: () =>
            mutate(
              { project, sync },
              { onSuccess: ({ run }) => void navigate({ to: "/runs/$run", params: { run } }) },
            ),
        },
        { id: "next", group: "page", name: words.jobs.next, keys: "j", quiet: true, run: () => step(1) },
        {
          id: "previous",
          group: "page",
          name: words.jobs.previous,
          keys: "k",
          quiet: true,
          run: () => step(-1),
        },
      ];
    }, [result, stop, mutate, project, sync, navigate]),
  );
  return (
    <Page
      title={text.title}
      scrolls={false}
      crumbs={[
        <Link to="/projects/$project" params={{ project }} className="hover:underline">
          {project}
        </Link>,
        <Link to="/projects/$project/syncs/$sync" params={{ project, sync }} className="hover:underline">
          {sync}
        </Link>,
      ]}
      state={result && job?.finished_at && text.made(timeOfDay(job.finished_at))}
      actions={
        <>
          {result && <CopyButton plain size="md" name={text.copy} text={report(result)} />}
          <Button icon={RefreshCw} refused={refused} disabled={isPending} onClick={() => start()}>
            {text.again}
          </Button>
          <Button
            look={problem ? "plain" : "primary"}
            icon={Play}
            keys="mod+enter"
            refused={stop}
            disabled={!result || run.isPending}
            onClick={() =>
              run.mutate(
                { project, sync },
                { onSuccess: ({ run }) => void navigate({ to: "/runs/$run", params: { run } }) },
              )
            }
          >
            {text.run}
          </Button>
        </>
      }
    >
      {refused !== undefined ? (
        <EmptyState title={text.failed}>{refused}</EmptyState>
      ) : problem ? (
        <div className="max-w-160 p-6">
          <ProblemPanel
            title={text.failed}
            problem={problem}
            action={
              <Link
                to="/projects/$project/designer/$sync"
                params={{ project, sync }}
                className={buttonClasses("primary", "sm")}
              >
                {words.projects.design}
              </Link>
            }
          />
        </div>
      ) : !result || !stream ? (
        <>
          <p className="px-5 pt-4 pb-2 text-fg-3">{text.looking}</p>
          <SkeletonRows rows={10} />
        </>
      ) : (
        <>
          <Summary plan={result} />
          <div className="flex min-h-0 grow">
            <Streams streams={result.streams} chosen={stream.stream} onChoose={setChosen} />
            <PlanDetail stream={stream} />
          </div>
        </>
      )}
    </Page>
  );
}

function Summary({ plan: { streams } }: { plan: Plan }) {
  const of = (kind: "create" | "alter") =>
    streams.filter(
      ({ changes }) =>
        changes.length > 0 && changes.some(({ change }) => change === "create") === (kind === "create"),
    ).length;
  const rows = streams.reduce((sum, { estimated_rows }) => sum + Number(estimated_rows ?? 0), 0);
  const lossy = streams.reduce((sum, stream) => sum + losses(stream, "lossy"), 0);
  const refused = streams.reduce((sum, stream) => sum + losses(stream, "refused"), 0);
  return (
    <dl className="flex shrink-0 gap-10 border-b border-line px-5 py-3">
      <Figure value={of("create")} name={text.figures.create} tone="text-ok-text" sign="+" />
      <Figure value={of("alter")} name={text.figures.alter} tone="text-warn-text" sign="~" />
      <Figure value={lossy} name={text.figures.lossy} tone="text-warn-text" />
      {refused > 0 && <Figure value={refused} name={text.figures.refused} tone="text-bad-text" />}
      {rows > 0 && <Figure value={rows} name={text.figures.rows} tone="" last />}
    </dl>
  );
}

const Figure = ({
  value,
  name,
  tone,
  sign = "",
  last = false,
}: {
  value: number;
  name: string;
  tone: string;
  sign?: string;
  last?: boolean;
}) => (
  <div className={classes("flex items-baseline gap-1.5 whitespace-nowrap", last && "ml-auto")}>
    <dd className={classes("figures text-16 font-semibold tracking-tight", value > 0 && tone)}>
      {value > 0 && sign}
      {count(value)}
    </dd>
    <dt className="text-12 text-fg-3">{name}</dt>
  </div>
);

interface StreamsProps {
  streams: readonly PlannedStream[];
  chosen: string;
  onChoose: (stream: string) => void;
}

const Streams = ({ streams, chosen, onChoose }: StreamsProps) => (
  <nav className="w-60 shrink-0 overflow-auto border-r border-line px-2 py-3.5" aria-label={text.streams}>
    <div className="mb-1 flex justify-between px-2 text-11 font-medium text-fg-3">
      {text.streams}
      <span className="figures">{streams.length}</span>
    </div>
    {streams.map((stream) => (
      <button
        key={stream.stream}
        type="button"
        aria-current={stream.stream === chosen}
        onClick={() => onChoose(stream.stream)}
        className={classes(
          "quick block w-full rounded-2 p-2 text-left",
          stream.stream === chosen ? "bg-surface-3" : "hover:bg-surface-2",
        )}
      >
        <span className="data block truncate">{stream.stream}</span>
        <span className="mt-1 flex gap-1.5">
          {stream.changes.length === 0 && <span className="text-12 text-fg-3">{text.noChange}</span>}
          {[...new Set(stream.changes.map(({ change }) => change))].map((change) => (
            <Badge key={change} tone={change === "create" ? "ok" : "warn"}>
              {text.changes[change]}
            </Badge>
          ))}
          {losses(stream, "refused") > 0 && <Badge tone="bad">{text.fits.refused}</Badge>}
        </span>
      </button>
    ))}
  </nav>
);
