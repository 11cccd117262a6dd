import { useQueryClient } from "@tanstack/react-query";
import { RotateCcw } from "lucide-react";
import { useEffect, useState } from "react";
import { useJob } from "@/api/jobs";
import { replayRejects, type Reject, type Replayed } from "@/api/rejects";
import type { WholeRun } from "@/api/types";
import { Button } from "@/components/button";
import { ErrorPanel, ProblemPanel } from "@/components/error-panel";
import { Moment } from "@/components/moment";
import { toast } from "@/components/toast";
import { words } from "@/words";
import { expressionsOf, type Fix } from "./fixes";
import { ValueRow } from "./value-row";

const text = words.rejects;

/** A rejected row: why, its values, what takes their place, and the replay. */
export function RejectDetail({ run, reject }: { run: WholeRun; reject: Reject }) {
  const client = useQueryClient();
  const [fixes, setFixes] = useState<Readonly<Record<string, Fix>>>({});
  const { project, sync } = run;
  const { id, stream, code, column, message, row, rejected_at } = reject;
  const replay = useJob<Replayed>(() =>
    replayRejects(project, sync, { stream, ids: [id], fixes: expressionsOf(fixes) }),
  );
  const fate = replay.result?.streams.flatMap(({ rows }) => rows).find((one) => one.id === id);
  const settled = fate?.outcome === "landed" || fate?.outcome === "superseded";
  useEffect(() => {
    if (settled) {
      toast({ title: text.outcomes[fate.outcome] });
      void client.invalidateQueries({ queryKey: ["rejects", project, sync] });
    }
  }, [settled, fate, client, project, sync]);
  const values = typeof row === "string" ? [] : Object.entries(row);
  return (
    <aside aria-label={text.detail} className="flex w-[44%] max-w-140 shrink-0 flex-col border-l border-line">
      <div
        className="min-h-0 grow overflow-auto px-4 py-3"
        tabIndex={0}
        role="group"
        aria-label={text.detail}
      >
        <ErrorPanel
          error={{
            title: column === null ? text.notLanded : text.notLandedFor(column),
            code,
            cause: message,
            remedy: text.remedy,
            details: text.id(id),
          }}
        />
        <p className="mt-2 text-12 text-fg-3">
          {text.met} <Moment at={rejected_at} relative />
        </p>
        {typeof row === "string" && <pre className="data mt-2 whitespace-pre-wrap">{row}</pre>}
        <ul className="mt-2">
          {values.map(([name, value]) => (
            <ValueRow
              key={name}
              column={name}
              value={value}
              fix={fixes[name]}
              onFix={(fix) => setFixes(fixed(fixes, name, fix))}
            />
          ))}
        </ul>
      </div>
      <footer className="flex shrink-0 flex-col gap-2 border-t border-line px-4 py-2.5">
        {replay.problem && <ProblemPanel title={text.notSent} problem={replay.problem} />}
        {fate && !settled && (
          <ErrorPanel
            error={{
              title: text.outcomes[fate.outcome],
              code: fate.error?.code ?? "",
              cause: fate.error?.why ?? text.outcomes[fate.outcome],
              remedy: fate.error?.help ?? undefined,
            }}
          />
        )}
        <Button
          icon={RotateCcw}
          className="self-end"
          disabled={replay.isPending || settled}
          onClick={() => replay.start()}
        >
          {Object.keys(fixes).length > 0 ? text.sendFixed : text.send}
        </Button>
      </footer>
    </aside>
  );
}

function fixed(
  fixes: Readonly<Record<string, Fix>>,
  column: string,
  fix: Fix | undefined,
): Readonly<Record<string, Fix>> {
  const others = Object.entries(fixes).filter(([name]) => name !== column);
  return Object.fromEntries(fix ? [...others, [column, fix]] : others);
}
