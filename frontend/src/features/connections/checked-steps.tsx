import { CircleAlert, CircleCheck } from "lucide-react";
import type { ApiError } from "@/api/problem";
import { Badge } from "@/components/badge";
import { ErrorPanel } from "@/components/error-panel";
import { words } from "@/words";
import { duration } from "@/words/figures";

const text = words.connections;

/** What the agent found of a connection: each end that is used, with the steps that were taken. */
export interface Checked {
  ok: boolean;
  steps: Side[];
}

interface Side {
  side: string;
  ok: boolean;
  problem: ApiError | null;
  steps: { step: string; ok: boolean; milliseconds: string }[];
}

/** Whether all ends that are used work, or one of them: a file that is not there yet is a target only. */
export function Usable({ checked: { ok, steps } }: { checked: Checked }) {
  const good = steps.find((side) => side.ok);
  if (ok || !good) {
    return <Badge tone={ok ? "ok" : "bad"}>{ok ? text.usable : text.unusable}</Badge>;
  }
  return <Badge tone="warn">{text.usableAs[good.side] ?? text.usable}</Badge>;
}

/** The steps of a test, end by end. */
export const CheckedSteps = ({ checked }: { checked: Checked }) => (
  <ol>
    {checked.steps.map((side) => (
      <SideSteps key={side.side} {...side} />
    ))}
  </ol>
);

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
                    title: text.stepFailedAt(name),
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
