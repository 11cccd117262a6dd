import { Link, useParams } from "@tanstack/react-router";
import { CircleCheck, RefreshCw, TriangleAlert } from "lucide-react";
import { useEffect } from "react";
import { useJob, verifySync } from "@/api/jobs";
import { useRefusal } from "@/app/session/session";
import { Button } from "@/components/button";
import { EmptyState } from "@/components/empty-state";
import { ProblemPanel } from "@/components/error-panel";
import { Page, SectionTitle } from "@/components/page";
import { Rows } from "@/components/rows";
import { RunState } from "@/components/run-state";
import { SkeletonRows } from "@/components/skeleton";
import { Cell, Column, Head, Row, Table } from "@/components/table";
import { words } from "@/words";
import { count, timeOfDay } from "@/words/figures";

const text = words.jobs.verify;

/** What `syncapp verify --json` tells; all numbers as text. */
interface Verified {
  equal: boolean;
  streams: VerifiedStream[];
  differences: Difference[];
}

interface VerifiedStream {
  stream: string;
  target: string;
  equal: boolean;
  source_rows: string;
  target_rows: string;
  differing: string;
  missing: string;
  extra: string;
  pending: string;
}

interface Difference {
  stream: string;
  difference: string;
  row: [string, string][];
  cells?: { column: string; source: string; target: string }[];
}

/** Whether the target holds what it should, stream by stream, and the rows that differ. Nothing is written. */
export function VerifyPage() {
  const { project, sync } = useParams({ from: "/projects/$project/syncs/$sync/verify" });
  const refused = useRefusal()("operator", project);
  const { start, result, job, problem, isPending } = useJob<Verified>(() => verifySync(project, sync));
  useEffect(() => {
    if (refused === undefined) {
      start();
    }
  }, [start, refused]);
  return (
    <Page
      title={text.title}
      scrolls={false}
      crumbs={[
        <Link to="/projects/$project" params={{ project }} className="hover:underline">
          {project}
        </Link>,
        <Link to="/projects/$project/syncs/$sync" params={{ project, sync }} className="hover:underline">
          {sync}
        </Link>,
      ]}
      state={job?.finished_at && text.made(timeOfDay(job.finished_at))}
      actions={
        <Button icon={RefreshCw} refused={refused} disabled={isPending} onClick={() => start()}>
          {text.again}
        </Button>
      }
    >
      {refused !== undefined ? (
        <EmptyState title={text.failed}>{refused}</EmptyState>
      ) : problem ? (
        <div className="max-w-160 p-6">
          <ProblemPanel title={text.failed} problem={problem} />
        </div>
      ) : !result ? (
        <>
          <p className="px-5 pt-4 pb-2 text-fg-3">{text.looking}</p>
          <SkeletonRows rows={10} />
        </>
      ) : (
        <Found found={result} />
      )}
    </Page>
  );
}

function Found({ found: { equal, streams, differences } }: { found: Verified }) {
  const Sign = equal ? CircleCheck : TriangleAlert;
  const all = streams
    .flatMap(({ differing, missing, extra }) => [differing, missing, extra])
    .reduce((sum, rows) => sum + Number(rows), 0);
  return (
    <>
      <p className="flex shrink-0 items-center gap-2 border-b border-line px-5 py-3.5 text-16 font-semibold tracking-tight">
        <Sign size={20} strokeWidth={1.6} className={equal ? "text-ok" : "text-warn-text"} aria-hidden />
        {equal ? text.equal : text.differs}
      </p>
      <div className="max-h-[45%] shrink-0 overflow-auto" role="group" aria-label={text.streams} tabIndex={0}>
        <Table>
          <Head>
            <Column width={160}>{text.columns.stream}</Column>
            <Column width={150}>{text.columns.target}</Column>
            <Column width={110}>{text.columns.verdict}</Column>
            {(["source", "rows", "differing", "missing", "extra", "pending"] as const).map((name) => (
              <Column key={name} width={92} right>
                {text.columns[name]}
              </Column>
            ))}
          </Head>
          <tbody>
            {streams.map((stream) => (
              <Row key={stream.stream}>
                <Cell className="data">{stream.stream}</Cell>
                <Cell className="data">{stream.target}</Cell>
                <Cell>
                  <RunState state={stream.equal ? "done" : "partial"}>
                    {stream.equal ? text.same : text.other}
                  </RunState>
                </Cell>
                <Cell right>{count(stream.source_rows)}</Cell>
                <Cell right>{count(stream.target_rows)}</Cell>
                {(["differing", "missing", "extra", "pending"] as const).map((name) => (
                  <Cell key={name} right className={stream[name] === "0" ? "text-fg-3" : "font-medium"}>
                    {count(stream[name])}
                  </Cell>
                ))}
              </Row>
            ))}
          </tbody>
        </Table>
      </div>
      <section className="flex min-h-0 grow flex-col" aria-label={text.differences}>
        <div className="flex shrink-0 items-baseline gap-3 px-5 py-3">
          <SectionTitle count={differences.length}>{text.differences}</SectionTitle>
          {differences.length > 0 && differences.length < all && (
            <span className="text-12 text-fg-3">{text.first(differences.length)}</span>
          )}
        </div>
        {differences.length === 0 ? (
          <p className="px-5 text-fg-2">{text.none}</p>
        ) : (
          <Rows
            name={text.differences}
            height={30}
            items={differences}
            className="border-t border-line"
            head={
              <Head>
                <Column width="18%">{text.columns.stream}</Column>
                <Column width={170}>{text.kind}</Column>
                <Column width="26%">{text.row}</Column>
                <Column>{text.cells}</Column>
              </Head>
            }
            row={(difference, at) => <DifferenceRow key={at} difference={difference} />}
          />
        )}
      </section>
    </>
  );
}

/** A value without the backticks that the command line puts around it. */
const bare = (value: string): string => value.replaceAll(/^`|`$/g, "");

const DifferenceRow = ({
  difference: { stream, difference, row, cells = [] },
}: {
  difference: Difference;
}) => {
  const told = row.map(([column, value]) => `${column} ${bare(value)}`).join(", ");
  return (
    <Row>
      <Cell className="data">{stream}</Cell>
      <Cell className="text-fg-2">{text.kinds[difference] ?? difference}</Cell>
      <Cell className="data" title={told}>
        {told}
      </Cell>
      <Cell
        className="data"
        title={cells.map(({ column, source, target }) => `${column}: ${source}, ${target}`).join("\n")}
      >
        {cells.map(({ column, source, target }) => (
          <span key={column} className="mr-3">
            <span className="text-fg-3">{column} </span>
            <ins className="no-underline">{bare(source)}</ins>{" "}
            <del className="bg-row-chg text-fg-2 decoration-warn">{bare(target)}</del>
          </span>
        ))}
      </Cell>
    </Row>
  );
};
