import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleAlert, TriangleAlert } from "lucide-react";
import { isOver, runQuery, syncKey } from "@/api/runs";
import type { Run } from "@/api/types";
import { useRefusal } from "@/app/session/session";
import { Button, buttonClasses } from "@/components/button";
import { CopyButton } from "@/components/copy-button";
import { Moment } from "@/components/moment";
import { SectionTitle } from "@/components/page";
import { Said } from "@/components/said";
import { SkeletonRows } from "@/components/skeleton";
import type { ProjectSync } from "@/features/syncs/all-syncs";
import { useRunSync } from "@/features/syncs/run-sync";
import { words } from "@/words";

const text = words.home;
const MOST = 4;

interface NeedsYouProps {
  syncs: readonly ProjectSync[];
  bySync: Map<string, Run[]>;
  nothingRan: boolean;
}

/** Syncs whose last run failed, in whole or in part, and why. */
export function NeedsYou({ syncs, bySync, nothingRan }: NeedsYouProps) {
  const wrong = syncs
    .flatMap(({ project, sync }) => {
      const over = (bySync.get(syncKey(project, sync)) ?? []).filter(isOver);
      const last = over[0];
      if (!last || (last.state !== "failed" && last.state !== "partial")) {
        return [];
      }
      const good = over.findIndex((run) => run.state !== "failed" && run.state !== "partial");
      return [{ run: last, times: good < 0 ? over.length : good }];
    })
    .sort((a, b) => b.run.submitted_at.localeCompare(a.run.submitted_at));
  return (
    <section className="flex flex-col">
      <SectionTitle count={wrong.length} className="mb-2">
        {text.needsYou}
      </SectionTitle>
      <div className="divide-y divide-line rounded-3 border border-line">
        {wrong.slice(0, MOST).map(({ run, times }) => (
          <Failure key={run.id} run={run} times={times} />
        ))}
        {wrong.length === 0 && (
          <p className="px-3.5 py-4 text-fg-3">{nothingRan ? text.nothingYet : text.nothingWrong}</p>
        )}
        {wrong.length > MOST && (
          <Link
            to="/runs"
            search={{ state: "failed" }}
            className="block px-3.5 py-2 text-12 text-accent-text hover:underline"
          >
            {text.moreFailed(wrong.length - MOST)}
          </Link>
        )}
      </div>
    </section>
  );
}

function Failure({ run, times }: { run: Run; times: number }) {
  const { data: whole } = useQuery({ ...runQuery(run.id), staleTime: 60_000 });
  const again = useRunSync();
  const refused = useRefusal()("operator", run.project);
  const failed = whole?.streams.filter((stream) => stream.error) ?? [];
  const error = failed[0]?.error;
  const Sign = run.state === "failed" ? CircleAlert : TriangleAlert;
  return (
    <div className="px-3 py-2.5">
      <div className="flex items-center gap-2">
        <Sign
          size={16}
          strokeWidth={1.6}
          aria-label={words.states[run.state]}
          className={run.state === "failed" ? "text-bad-text" : "text-warn-text"}
        />
        <Link to="/runs/$run" params={{ run: run.id }} className="truncate font-medium hover:underline">
          {run.sync}
        </Link>
        <span className="truncate text-12 text-fg-3">{run.project}</span>
        <span className="ml-auto shrink-0 text-12 text-fg-3">
          {times > 1 ? (
            <>
              <Moment at={run.submitted_at} />, {text.failures(times)}
            </>
          ) : (
            <Moment at={run.submitted_at} relative />
          )}
        </span>
      </div>
      <div className="pt-0.5 pl-6 text-12/4.5">
        {whole ? (
          <>
            <div className="line-clamp-2 wrap-break-word">
              <Said text={error?.text ?? words.states[run.state]} />
            </div>
            {error?.help && (
              <div className="line-clamp-2 wrap-break-word text-fg-2">
                <Said text={error.help} />
              </div>
            )}
          </>
        ) : (
          <SkeletonRows rows={1} />
        )}
        {/* The code is whole: where it has no room beside the buttons, it stands below them. */}
        <div className="mt-2 flex flex-wrap items-center gap-x-2 gap-y-1">
          <Link to="/runs/$run" params={{ run: run.id }} className={buttonClasses("plain", "sm")}>
            {text.showRun}
          </Link>
          <Button size="sm" refused={refused} disabled={again.isPending} onClick={() => again.mutate(run)}>
            {text.runAgain}
          </Button>
          {error && (
            <span className="ml-auto flex min-w-0 items-center gap-1">
              <span className="code truncate text-fg-3" title={error.code}>
                {error.code}
              </span>
              <CopyButton text={[run.sync, error.code, error.text, error.help].filter(Boolean).join("\n")} />
            </span>
          )}
        </div>
      </div>
    </div>
  );
}
