import { useMemo } from "react";
import { useCommands, type Command } from "@/app/keys/commands";
import { Button } from "@/components/button";
import { classes } from "@/components/classes";
import { ProblemPanel } from "@/components/error-panel";
import { SectionTitle } from "@/components/page";
import { SkeletonRows } from "@/components/skeleton";
import { words } from "@/words";
import { duration } from "@/words/figures";
import { useDraftCheck, type Draft } from "./check-draft";
import { CheckedSteps, Usable } from "./checked-steps";

const text = words.connections;

/** The test of a connection that is not saved; `draft` is `undefined` until the fields suffice. */
export function DraftTest({
  draft,
  refused,
  about,
}: {
  draft: Draft | undefined;
  refused: string | undefined;
  /** What is tested, where that is not all that the form shows. */
  about?: string;
}) {
  const { checked, problem, isPending, isFresh, again } = useDraftCheck(
    refused === undefined ? draft : undefined,
  );
  const closed = refused ?? (isFresh ? undefined : text.testWaits);
  useCommands(
    useMemo(
      (): Command[] => [
        { id: "test", group: "page", name: text.test, keys: "t", refused: closed, run: () => again() },
      ],
      [closed, again],
    ),
  );
  return (
    <aside className="w-72 shrink-0 overflow-auto border-l border-line p-5 *:max-w-120 min-[1400px]:w-87 min-[1600px]:w-auto min-[1600px]:min-w-0 min-[1600px]:shrink min-[1600px]:grow">
      <SectionTitle className="mb-2">
        {text.test}
        {checked && <Usable checked={checked} />}
        {checked && (
          <span className="figures ml-auto text-12 font-normal text-fg-3">{duration(checked.took)}</span>
        )}
      </SectionTitle>
      {about !== undefined && <p className="mb-2 text-12 text-fg-3">{about}</p>}
      {(refused !== undefined || draft === undefined) && (
        <p className="text-12 text-fg-3">{refused ?? text.testWaits}</p>
      )}
      <div className={classes(!isFresh && "opacity-60")} aria-live="polite">
        {isPending ? (
          <SkeletonRows rows={3} />
        ) : problem ? (
          <ProblemPanel title={text.testFailed} problem={problem} />
        ) : (
          checked && <CheckedSteps checked={checked} />
        )}
      </div>
      {(checked ?? problem) && !isPending && (
        <Button size="sm" keys="t" className="mt-2" refused={closed} onClick={again}>
          {text.testAgain}
        </Button>
      )}
    </aside>
  );
}
