import type { RunStream, WholeRun } from "@/api/types";
import { ErrorPanel, type ErrorText } from "@/components/error-panel";
import { words } from "@/words";
import { count } from "@/words/figures";

const text = words.runs.error;

/** Why streams failed: the chosen one's error, or the first one's. */
export function RunErrors({ run, chosen }: { run: WholeRun; chosen: string | undefined }) {
  const failed = run.streams.filter((stream) => stream.error);
  const stream = failed.find(({ stream }) => stream === chosen) ?? failed[0];
  if (!stream) {
    return null;
  }
  return (
    <div className="shrink-0 border-b border-line px-5 py-3">
      <ErrorPanel error={errorText(stream)} />
      {failed.length > 1 && <p className="mt-1.5 text-12 text-fg-3">{text.more(failed.length - 1)}</p>}
    </div>
  );
}

function errorText({ stream, error, rows_committed: rows }: RunStream): ErrorText {
  return {
    title: text.title(stream),
    code: error?.code ?? "",
    cause: error?.text ?? "",
    written: rows === "0" ? text.nothing : text.some(count(rows)),
    remedy: error?.help ?? undefined,
  };
}
