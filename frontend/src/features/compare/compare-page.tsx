import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { runQuery, runsQuery } from "@/api/runs";
import type { Run } from "@/api/types";
import { EmptyState } from "@/components/empty-state";
import { ProblemPanel } from "@/components/error-panel";
import { useNow } from "@/components/now";
import { Page, SectionTitle } from "@/components/page";
import { Select } from "@/components/select";
import { SkeletonRows } from "@/components/skeleton";
import { words } from "@/words";
import { moment, shortId } from "@/words/figures";
import { FiguresTable } from "./figures-table";
import { StreamsTable } from "./streams-table";

const text = words.compare;

/** Two runs of a sync beside each other: the newest two, or those of the address. */
export function ComparePage() {
  const { project, sync } = useParams({ from: "/projects/$project/syncs/$sync/compare" });
  const { one, other } = useSearch({ from: "/projects/$project/syncs/$sync/compare" });
  const navigate = useNavigate();
  const listed = useInfiniteQuery(runsQuery({ project, sync }));
  const runs = useMemo(() => listed.data?.pages.flatMap((page) => page.items) ?? [], [listed.data]);
  const second = other ?? runs[0]?.id;
  const first = one ?? runs.find(({ id }) => id !== second)?.id;
  const before = useQuery({ ...runQuery(first ?? ""), enabled: first !== undefined });
  const after = useQuery({ ...runQuery(second ?? ""), enabled: second !== undefined });
  const problem = listed.error ?? before.error ?? after.error;
  const go = (search: { one?: string; other?: string }) =>
    void navigate({
      to: "/projects/$project/syncs/$sync/compare",
      params: { project, sync },
      search: {
        ...(first !== undefined && { one: first }),
        ...(second !== undefined && { other: second }),
        ...search,
      },
      replace: true,
    });
  return (
    <Page
      title={text.title}
      crumbs={[
        <Link to="/projects/$project" params={{ project }} className="hover:underline">
          {project}
        </Link>,
        <Link to="/projects/$project/syncs/$sync" params={{ project, sync }} className="hover:underline">
          {sync}
        </Link>,
      ]}
    >
      {problem ? (
        <div className="max-w-160 p-6">
          <ProblemPanel title={words.errors.notLoaded} problem={problem} />
        </div>
      ) : listed.data && (first === undefined || second === undefined) ? (
        <EmptyState title={text.few}>{text.fewAbout}</EmptyState>
      ) : (
        <div className="flex min-h-full flex-col">
          <div className="flex items-center gap-3 border-b border-line px-5 py-2.5">
            <RunSelect name={text.one} runs={runs} value={first} onChoose={(one) => go({ one })} />
            <RunSelect name={text.other} runs={runs} value={second} onChoose={(other) => go({ other })} />
          </div>
          {before.data && after.data ? (
            <div className="grow min-[1400px]:flex">
              <div className="shrink-0 min-[1400px]:w-[42%] min-[1400px]:border-r min-[1400px]:border-line">
                <SectionTitle className="px-5 pt-4 pb-2">{text.figures}</SectionTitle>
                <FiguresTable before={before.data} after={after.data} />
              </div>
              <div className="min-w-0 grow">
                <SectionTitle className="px-5 pt-4 pb-2">{text.streams}</SectionTitle>
                <StreamsTable before={before.data} after={after.data} />
              </div>
            </div>
          ) : (
            <SkeletonRows rows={10} />
          )}
        </div>
      )}
    </Page>
  );
}

interface RunSelectProps {
  name: string;
  runs: readonly Run[];
  value: string | undefined;
  onChoose: (run: string) => void;
}

function RunSelect({ name, runs, value, onChoose }: RunSelectProps) {
  const now = useNow();
  const choices = runs.map((run) => ({
    value: run.id,
    name: `${shortId(run.id)} · ${moment(run.submitted_at, now)} · ${words.states[run.state]}`,
  }));
  const isListed = value === undefined || runs.some(({ id }) => id === value);
  return (
    <label className="flex items-center gap-2 text-12 text-fg-3">
      {name}
      <Select
        small
        className="w-64"
        value={value ?? ""}
        choices={isListed ? choices : [{ value, name: shortId(value) }, ...choices]}
        onChoose={onChoose}
      />
    </label>
  );
}
