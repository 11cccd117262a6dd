import { useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { rejectsQuery, type Reject } from "@/api/rejects";
import type { WholeRun } from "@/api/types";
import { useRefusal } from "@/app/session/session";
import { ProblemPanel } from "@/components/error-panel";
import { Rows } from "@/components/rows";
import { Said, withoutExpression } from "@/components/said";
import { SkeletonRows } from "@/components/skeleton";
import { Cell, Column, Head, Row } from "@/components/table";
import { words } from "@/words";
import { RejectDetail } from "./reject-detail";

const text = words.rejects;

/** The rows of a run that could not land; the chosen one with its values, the reason, and the way to send it again. */
export function RejectsPane({ run, stream }: { run: WholeRun; stream: string | undefined }) {
  const refused = useRefusal()("operator", run.project);
  const query = useInfiniteQuery({
    ...rejectsQuery(run.project, run.sync, run.id),
    enabled: refused === undefined,
  });
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const [chosen, setChosen] = useState<string>();
  const all = useMemo(() => data?.pages.flatMap((page) => page.rejects) ?? [], [data]);
  const shown = stream === undefined ? all : all.filter((reject) => reject.stream === stream);
  const reject = shown.find(({ id }) => id === chosen) ?? shown[0];
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) {
      void fetchNextPage();
    }
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  if (refused !== undefined) {
    return <p className="px-5 py-3 text-fg-3">{refused}</p>;
  }
  if (error) {
    return (
      <div className="max-w-160 px-5 py-3">
        <ProblemPanel title={text.failed} problem={error} />
      </div>
    );
  }
  if (!data) {
    return (
      <>
        <p className="px-5 pt-3 pb-1 text-fg-3">{text.looking}</p>
        <SkeletonRows rows={3} />
      </>
    );
  }
  if (!reject) {
    return <p className="px-5 py-3 text-fg-3">{stream === undefined ? text.none : text.noneOf(stream)}</p>;
  }
  return (
    <div className="flex min-h-0 grow">
      <Rows
        name={text.title}
        height={30}
        items={shown}
        onEnd={more}
        className="min-w-0"
        head={
          <Head>
            <Column width="24%">{text.columns.row}</Column>
            <Column width="18%">{text.columns.stream}</Column>
            <Column width="18%">{text.columns.column}</Column>
            <Column>{text.columns.why}</Column>
          </Head>
        }
        row={(one) => (
          <RejectRow
            key={one.id}
            reject={one}
            selected={one.id === reject.id}
            onChoose={() => setChosen(one.id)}
          />
        )}
        foot={hasNextPage && <p className="px-5 py-2 text-12 text-fg-3">{text.loading}</p>}
      />
      <RejectDetail key={reject.id} run={run} reject={reject} />
    </div>
  );
}

function RejectRow({
  reject,
  selected,
  onChoose,
}: {
  reject: Reject;
  selected: boolean;
  onChoose: () => void;
}) {
  return (
    <Row selected={selected}>
      <Cell>
        <button
          type="button"
          aria-pressed={selected}
          onClick={onChoose}
          className="data max-w-full truncate rounded-1 hover:underline"
        >
          {beginning(reject)}
        </button>
      </Cell>
      <Cell className="data text-fg-2">{reject.stream}</Cell>
      <Cell className="data">{reject.column}</Cell>
      <Cell title={reject.message}>
        <Said text={withoutExpression(reject.message)} />
      </Cell>
    </Row>
  );
}

/** A row by its first values. */
const beginning = ({ row }: Reject): string =>
  typeof row === "string"
    ? row
    : Object.values(row)
        .slice(0, 3)
        .map((value) => value ?? "NULL")
        .join(", ");
