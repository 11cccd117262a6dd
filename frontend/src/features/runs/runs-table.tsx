import { Link } from "@tanstack/react-router";
import { lengthOf } from "@/api/runs";
import type { ListedRun } from "@/api/types";
import { Moment } from "@/components/moment";
import { useNow } from "@/components/now";
import { RunState } from "@/components/run-state";
import { Cell, Column, Head, Row } from "@/components/table";
import { words } from "@/words";
import { count, duration, shortId, size } from "@/words/figures";
import { triggerText } from "./run-trigger";

const text = words.runs.list;

/** The columns of runs; of one sync, its name is left out. */
export const RunsHead = ({ ofOne = false }: { ofOne?: boolean }) => (
  <Head>
    <Column width={84}>{text.run}</Column>
    {!ofOne && <Column width={250}>{text.sync}</Column>}
    <Column width={112}>{text.state}</Column>
    <Column>{text.trigger}</Column>
    <Column width={150} right>
      {text.submitted}
    </Column>
    <Column width={84} right>
      {text.took}
    </Column>
    <Column width={92} right>
      {text.rows}
    </Column>
    <Column width={84} right className="max-[1399px]:hidden">
      {text.volume}
    </Column>
    <Column width={80} right>
      {text.version}
    </Column>
  </Head>
);

/** A run in a list. */
export function RunRow({ run, ofOne = false }: { run: ListedRun; ofOne?: boolean }) {
  const now = useNow(5000);
  return (
    <Row>
      <Cell>
        <Link to="/runs/$run" params={{ run: run.id }} className="data font-medium hover:underline">
          {shortId(run.id)}
        </Link>
      </Cell>
      {!ofOne && (
        <Cell>
          <Link
            to="/projects/$project/syncs/$sync"
            params={{ project: run.project, sync: run.sync }}
            className="text-13 font-medium hover:underline"
          >
            {run.sync}
          </Link>
          <span className="ml-2 text-fg-3">{run.project}</span>
        </Cell>
      )}
      <Cell>
        <RunState state={run.state} />
      </Cell>
      <Cell className="text-fg-2">{triggerText(run.trigger)}</Cell>
      <Cell right>
        <Moment at={run.submitted_at} />
      </Cell>
      <Cell right>{duration(lengthOf(run, now))}</Cell>
      <Cell right>{run.moved && count(run.moved.rows)}</Cell>
      <Cell right className="max-[1399px]:hidden">
        {run.moved && size(run.moved.bytes)}
      </Cell>
      <Cell right className="text-fg-3">
        {run.version}
      </Cell>
    </Row>
  );
}
