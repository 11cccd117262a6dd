import { Problem } from "@/api/problem";
import type { Change } from "@/api/types";
import { Button } from "@/components/button";
import { EmptyState } from "@/components/empty-state";
import { ProblemPanel } from "@/components/error-panel";
import { SectionTitle } from "@/components/page";
import { SkeletonRows } from "@/components/skeleton";
import { words } from "@/words";
import { ChangeList } from "./change-list";

const text = words.push;

interface WhatChangesProps {
  empty: boolean;
  noName: boolean;
  refused: string | undefined;
  isPending: boolean;
  problem: unknown;
  /** The problem is the push's own, not of looking. */
  applied: boolean;
  changes: readonly Change[] | undefined;
  onAgain: () => void;
}

/** What a file would change, or why it cannot be pushed. */
export function WhatChanges({
  empty,
  noName,
  refused,
  isPending,
  problem,
  applied,
  changes,
  onAgain,
}: WhatChangesProps) {
  if (refused !== undefined && noName) {
    return <EmptyState title={text.refused}>{refused}</EmptyState>;
  }
  if (empty) {
    return <EmptyState title={text.empty}>{text.emptyAbout}</EmptyState>;
  }
  if (noName || refused !== undefined) {
    return <p className="p-5 text-fg-2">{refused ?? text.projectNeeded}</p>;
  }
  if (problem != null) {
    const moved = [409, 412].includes(Problem.from(problem).status);
    return (
      <div className="p-5">
        <ProblemPanel
          title={applied ? text.failed : text.refused}
          problem={problem}
          action={moved && <Button onClick={onAgain}>{text.moved}</Button>}
        />
      </div>
    );
  }
  if (isPending || !changes) {
    return (
      <>
        <p className="px-5 pt-4 pb-2 text-fg-3">{text.checking}</p>
        <SkeletonRows rows={5} tall />
      </>
    );
  }
  return (
    <>
      <div className="flex items-center gap-2 px-5 pt-4 pb-2">
        <SectionTitle count={changes.length}>{text.changes}</SectionTitle>
      </div>
      {changes.length === 0 ? (
        <p className="px-5 text-fg-2">{text.same}</p>
      ) : (
        <ChangeList changes={changes} />
      )}
    </>
  );
}
