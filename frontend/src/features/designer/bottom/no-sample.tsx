import { EmptyState } from "@/components/empty-state";
import { ProblemPanel } from "@/components/error-panel";
import { SkeletonRows } from "@/components/skeleton";
import { words } from "@/words";
import { useDesigner } from "../state/designer";

const text = words.designer.sample;

/** Why no rows are shown. */
export function NoSample() {
  const { sample, ends } = useDesigner();
  const { outcome } = sample;
  if (outcome?.state === "failed") {
    return (
      <div className="max-w-180 overflow-auto p-4">
        <ProblemPanel title={text.failed} problem={outcome.problem} />
      </div>
    );
  }
  if (outcome?.state === "not_available") {
    const unsaved = outcome.reason === "unsaved";
    return (
      <div className="overflow-auto">
        <EmptyState title={unsaved ? text.unavailable : text.notKnown}>
          {unsaved ? text.unavailableAbout : text.notKnownAbout}
        </EmptyState>
      </div>
    );
  }
  if (ends.problem !== undefined) {
    return (
      <div className="max-w-180 overflow-auto p-4">
        <ProblemPanel title={words.designer.canvas.noSource} problem={ends.problem} />
      </div>
    );
  }
  return ends.looking || sample.waiting ? <SkeletonRows rows={7} /> : <EmptyState title={text.none} />;
}
