import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { undoRun, useJob } from "@/api/jobs";
import type { Run } from "@/api/types";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { ProblemPanel } from "@/components/error-panel";
import { SkeletonRows } from "@/components/skeleton";
import { toast } from "@/components/toast";
import { words } from "@/words";
import { count, shortId } from "@/words/figures";

const text = words.runs.undoing;

/** What `syncapp undo --json` tells of a stream. */
interface UndoneStream {
  stream: string;
  target: string;
  /** Whether the run had made the table. */
  table?: string | null;
  removed: string;
  restored: string;
  put_back: string;
  left_alone: string;
}

interface Undone {
  streams: UndoneStream[];
}

/** Says what would become of the rows, and then takes the run back. */
export function UndoDialog({ run, onClose }: { run: Run; onClose: () => void }) {
  const client = useQueryClient();
  const look = useJob<Undone, boolean>(() => undoRun(run.id, true));
  const undo = useJob<Undone, boolean>(() => undoRun(run.id, false));
  const { start } = look;
  useEffect(() => start(true), [start]);
  const done = undo.result !== undefined;
  useEffect(() => {
    if (done) {
      void client.invalidateQueries({ queryKey: ["runs"] });
      toast({ title: text.done });
      onClose();
    }
  }, [done, client, onClose]);
  const problem = look.problem ?? undo.problem;
  return (
    <Dialog
      open
      onClose={onClose}
      title={text.title(shortId(run.id))}
      about={`${run.project} / ${run.sync}`}
      actions={
        <>
          <Button look="ghost" onClick={onClose}>
            {words.actions.close}
          </Button>
          <Button look="bad" disabled={!look.result || undo.isPending} onClick={() => undo.start(true)}>
            {text.do}
          </Button>
        </>
      }
    >
      {problem ? (
        <ProblemPanel title={text.failed} problem={problem} />
      ) : look.result ? (
        <ul className="divide-y divide-line rounded-3 border border-line">
          {look.result.streams.map((stream) => (
            <li key={stream.stream} className="px-3 py-2">
              <div className="data font-medium">{stream.target}</div>
              {effects(stream).map((line) => (
                <div key={line} className="text-12 text-fg-2">
                  {line}
                </div>
              ))}
            </li>
          ))}
        </ul>
      ) : (
        <>
          <p className="mb-2 text-fg-2">{text.looking}</p>
          <SkeletonRows rows={2} />
        </>
      )}
    </Dialog>
  );
}

function effects({ table, removed, restored, put_back, left_alone }: UndoneStream): string[] {
  const lines = [
    table === "dropped" && text.dropped,
    removed !== "0" && text.removed(count(removed)),
    restored !== "0" && text.restored(count(restored)),
    put_back !== "0" && text.putBack(count(put_back)),
    left_alone !== "0" && text.left(count(left_alone)),
  ].filter((line): line is string => typeof line === "string");
  return lines.length > 0 ? lines : [text.none];
}
