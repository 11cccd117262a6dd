import { CircleAlert, CircleCheck } from "lucide-react";
import { useEffect, useMemo } from "react";
import { checkConnection } from "@/api/connections";
import { useJob } from "@/api/jobs";
import type { ApiError } from "@/api/problem";
import { useCommands, type Command } from "@/app/keys/commands";
import { useRefusal } from "@/app/session/session";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { ErrorPanel, ProblemPanel } from "@/components/error-panel";
import { SectionTitle } from "@/components/page";
import { SkeletonRows } from "@/components/skeleton";
import { words } from "@/words";
import { duration } from "@/words/figures";

const text = words.connections;

/** What the agent found of a connection: each end that is used, with the steps that were taken. */
interface Checked {
  ok: boolean;
  steps: Side[];
}

interface Side {
  side: string;
  ok: boolean;
  problem: ApiError | null;
  steps: { step: string; ok: boolean; milliseconds: string }[];
}

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
        {result && <Verdict checked={result} />}
        {result && took !== undefined && (
          <span className="figures ml-auto text-12 font-normal text-fg-3">{duration(took)}</span>
        )}
      </SectionTitle>
      {refused !== undefined && <p className="text-12 text-fg-3">{refused}</p>}
      {problem && <ProblemPanel title={text.testFailed} problem={problem} />}
      {isPending && <SkeletonRows rows={2} />}
      <ol>
        {result?.steps.map((side) => (
          <SideSteps key={side.side} {...side} />
        ))}
      </ol>
      {refused === undefined && (
        <Button size="sm" keys="t" className="mt-2" disabled={isPending} onClick={() => start()}>
          {text.testAgain}
        </Button>
      )}
    </section>
  );
}

/** Whether it can be used; a file that is not there yet is a target only. */
function Verdict({ checked: { ok, steps } }: { checked: Checked }) {
  const good = steps.find((side) => side.ok);
  if (ok || !good) {
    return <Badge tone={ok ? "ok" : "bad"}>{ok ? text.usable : text.unusable}</Badge>;
  }
  return <Badge tone="warn">{text.usableAs[good.side] ?? text.usable}</Badge>;
}

/** One end: its steps with their times, and the remedy at the one that failed. */
function SideSteps({ side, steps, problem }: Side) {
  return (
    <li className="pb-2">
      <h3 className="mb-1 text-12 text-fg-2">{text.ends[side] ?? side}</h3>
      <ol>
        {steps.map(({ step, ok, milliseconds }) => {
          const Sign = ok ? CircleCheck : CircleAlert;
          const name = text.steps[step] ?? step;
          return (
            <li key={step} className="pb-2">
              <div className="flex items-center gap-3">
                <Sign
                  size={16}
                  strokeWidth={1.6}
                  aria-label={ok ? text.stepOk : text.stepFailed}
                  className={ok ? "shrink-0 text-ok" : "shrink-0 text-bad-text"}
                />
                <span className="grow font-medium">{name}</span>
                <span className="figures text-12 text-fg-3">{duration(Number(milliseconds))}</span>
              </div>
              {!ok && problem && (
                <ErrorPanel
                  className="mt-1.5"
                  error={{
                    title: name,
                    code: problem.code,
                    cause: problem.why,
                    remedy: problem.help ?? undefined,
                    details: problem.driver ?? undefined,
                  }}
                />
              )}
            </li>
          );
        })}
      </ol>
    </li>
  );
}
