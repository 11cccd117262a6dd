import { useEffect, useMemo } from "react";
import { checkConnection } from "@/api/connections";
import { useJob } from "@/api/jobs";
import { useCommands, type Command } from "@/app/keys/commands";
import { useRefusal } from "@/app/session/session";
import { Button } from "@/components/button";
import { ProblemPanel } from "@/components/error-panel";
import { SectionTitle } from "@/components/page";
import { SkeletonRows } from "@/components/skeleton";
import { words } from "@/words";
import { duration } from "@/words/figures";
import { CheckedSteps, Usable, type Checked } from "./checked-steps";

const text = words.connections;

/** Tests a connection as a run would use it, by itself; a failed step shows its remedy in place. */
export function ConnectionTest({ project, connection }: { project: string; connection: string }) {
  const refused = useRefusal()("operator", project);
  const { start, job, result, problem, isPending } = useJob<Checked>(() =>
    checkConnection(project, connection),
  );
  useEffect(() => {
    if (refused === undefined) {
      start();
    }
  }, [start, refused]);
  useCommands(
    useMemo(
      (): Command[] => [
        { id: "test", group: "page", name: text.test, keys: "t", refused, run: () => start() },
      ],
      [refused, start],
    ),
  );
  const took = job?.finished_at ? Date.parse(job.finished_at) - Date.parse(job.asked_at) : undefined;
  return (
    <section>
      <SectionTitle className="mb-2">
        {text.test}
        {result && <Usable checked={result} />}
        {result && took !== undefined && (
          <span className="figures ml-auto text-12 font-normal text-fg-3">{duration(took)}</span>
        )}
      </SectionTitle>
      {refused !== undefined && <p className="text-12 text-fg-3">{refused}</p>}
      {problem && <ProblemPanel title={text.testFailed} problem={problem} />}
      {isPending && <SkeletonRows rows={2} />}
      {result && <CheckedSteps checked={result} />}
      {refused === undefined && (
        <Button size="sm" keys="t" className="mt-2" disabled={isPending} onClick={() => start()}>
          {text.testAgain}
        </Button>
      )}
    </section>
  );
}
