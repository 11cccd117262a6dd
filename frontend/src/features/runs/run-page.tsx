import { Link, useParams } from "@tanstack/react-router";
import { RotateCcw, Square, Undo2 } from "lucide-react";
import { useMemo, useState } from "react";
import { useLiveRun } from "@/api/live-run";
import { isOver } from "@/api/runs";
import { rates } from "@/api/samples";
import type { WholeRun } from "@/api/types";
import { useCommands } from "@/app/keys/commands";
import { useRefusal } from "@/app/session/session";
import { Button } from "@/components/button";
import { ProblemPanel } from "@/components/error-panel";
import { Page } from "@/components/page";
import { RunBadge } from "@/components/run-state";
import { SkeletonRows } from "@/components/skeleton";
import { useCancelRun, useRetryRun } from "@/features/syncs/run-sync";
import { words } from "@/words";
import { shortId } from "@/words/figures";
import { RatePlot } from "./rate-plot";
import { RunErrors } from "./run-errors";
import { RunBelow } from "./run-below";
import { RunSummary } from "./run-summary";
import { RunTrigger } from "./run-trigger";
import { StreamsTable } from "./streams-table";
import { UndoDialog } from "./undo-dialog";

const text = words.runs;

/** One run, as it goes on or as it was. */
export function RunPage() {
  const { run: id } = useParams({ from: "/runs/$run" });
  const { data: run, error, samples, linked } = useLiveRun(id);
  const [stream, setStream] = useState<string>();
  const series = useMemo(() => rates(samples), [samples]);
  const title = text.run(shortId(id));
  if (!run) {
    return (
      <Page title={title} crumbs={[<Link to="/runs">{text.title}</Link>]}>
        {error ? (
          <div className="max-w-160 p-6">
            <ProblemPanel title={words.errors.notLoaded} problem={error} />
          </div>
        ) : (
          <SkeletonRows rows={8} />
        )}
      </Page>
    );
  }
  const { project, sync } = run;
  return (
    <Page
      title={title}
      scrolls={false}
      crumbs={[
        <Link to="/projects/$project" params={{ project }} className="hover:underline">
          {project}
        </Link>,
        <Link to="/projects/$project/syncs/$sync" params={{ project, sync }} className="hover:underline">
          {sync}
        </Link>,
      ]}
      state={
        <>
          <RunBadge state={run.state} />
          <RunTrigger trigger={run.trigger} />
          {!linked && !isOver(run) && <span className="truncate text-warn-text">{text.reconnecting}</span>}
        </>
      }
      actions={<Actions run={run} />}
    >
      <RunSummary run={run} samples={samples} series={series} />
      {(!isOver(run) || series.length > 1) && <RatePlot series={series} />}
      <RunErrors run={run} chosen={stream} />
      <StreamsTable
        run={run}
        samples={samples}
        chosen={stream}
        onChoose={(name) => setStream(name === stream ? undefined : name)}
      />
      <RunBelow run={run} stream={stream} />
    </Page>
  );
}

function Actions({ run }: { run: WholeRun }) {
  const [undoing, setUndoing] = useState(false);
  const cancel = useCancelRun();
  const retry = useRetryRun();
  const refused = useRefusal()("operator", run.project);
  const over = isOver(run);
  const failed = run.streams.some((stream) => stream.state === "failed");
  const { mutate } = cancel;
  useCommands(
    useMemo(
      () => [
        {
          id: "cancel",
          group: "page",
          name: text.cancel,
          keys: "mod+.",
          icon: Square,
          refused: refused ?? (over ? text.nobody : undefined),
          run: () => mutate(run.id),
        },
      ],
      [run.id, over, refused, mutate],
    ),
  );
  return (
    <>
      {over && (
        <Button look="ghost" icon={Undo2} refused={refused} onClick={() => setUndoing(true)}>
          {text.undo}
        </Button>
      )}
      {over && failed && (
        <Button
          icon={RotateCcw}
          refused={refused}
          disabled={retry.isPending}
          onClick={() => retry.mutate(run.id)}
        >
          {text.retry}
        </Button>
      )}
      {!over && (
        <Button
          look="bad"
          icon={Square}
          keys="mod+."
          refused={refused}
          disabled={cancel.isPending || run.state === "cancelling"}
          onClick={() => cancel.mutate(run.id)}
        >
          {text.cancel}
        </Button>
      )}
      {undoing && <UndoDialog run={run} onClose={() => setUndoing(false)} />}
    </>
  );
}
