import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { isOver, recentRunsQuery } from "@/api/runs";
import type { Run } from "@/api/types";
import type { Desktop } from "@/platform/desktop-only";
import { words } from "@/words";
import { shortId } from "@/words/figures";

/** The runs that have ended since: those that went on before, and are over now. */
export const endedSince = (before: ReadonlySet<string>, runs: readonly Run[]): Run[] =>
  runs.filter((run) => before.has(run.id) && isOver(run));

/** Tells of runs that end while nobody looks at the window. Whether it may, the desktop's settings say. */
export function RunNotices({ desktop }: { desktop: Desktop }) {
  const { data: runs } = useQuery(recentRunsQuery);
  const going = useRef<ReadonlySet<string>>(new Set());
  useEffect(() => {
    if (!runs) {
      return;
    }
    const ended = document.hasFocus() ? [] : endedSince(going.current, runs);
    for (const { id, sync, project, state } of ended) {
      // A notification that is not shown is no error of the page's.
      desktop
        .notify(`${sync}: ${words.states[state]}`, `${project}, ${words.runs.run(shortId(id))}`)
        .catch(() => undefined);
    }
    going.current = new Set(runs.filter((run) => !isOver(run)).map(({ id }) => id));
  }, [runs, desktop]);
  return null;
}
