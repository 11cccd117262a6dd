import { isOver, lengthOf } from "@/api/runs";
import type { Run } from "@/api/types";
import { useNow } from "@/components/now";
import { Sparkline, type Bar } from "@/components/sparkline";
import { words } from "@/words";
import { duration, moment } from "@/words/figures";

/** The last twenty runs of a sync by how long they took. `runs` are the newest first. */
export function RunHistory({ runs }: { runs: readonly Run[] }) {
  const now = useNow();
  const shown = runs.slice(0, 20).toReversed();
  const bars = shown.map((run): Bar => {
    const tone = !isOver(run)
      ? "running"
      : run.state === "failed"
        ? "failed"
        : run.state === "partial"
          ? "partial"
          : "plain";
    const took = lengthOf(run, now);
    return {
      value: took,
      tone,
      name: `${moment(run.submitted_at, now)}: ${words.states[run.state]}, ${duration(took)}`,
    };
  });
  const failed = shown.filter((run) => run.state === "failed").length;
  return <Sparkline bars={bars} name={words.home.historyText(shown.length, failed)} />;
}
