import { TriangleAlert } from "lucide-react";
import type { Queue } from "@/api/types";
import type { State } from "@/components/run-state";
import { Cell, Column, Head, Row, Table } from "@/components/table";
import { words } from "@/words";
import { count } from "@/words/figures";

const text = words.admin.fleetOf;

/** Each pool with how many of its streams stand where. */
export function QueuesTable({ queues }: { queues: readonly Queue[] }) {
  const states = Object.keys(queues[0]?.streams ?? {});
  if (queues.length === 0) {
    return <p className="border-t border-line px-5 py-4 text-fg-2">{text.noQueues}</p>;
  }
  return (
    <Table className="border-t border-line">
      <Head>
        <Column width={140}>{text.columns.pool}</Column>
        {states.map((state) => (
          <Column key={state} width={110} right title={words.states[state as State]}>
            {state === "held" ? text.columns.held : words.states[state as State]}
          </Column>
        ))}
        <Column width={84} right>
          {text.columns.workers}
        </Column>
        <Column width={84} right>
          {text.columns.slots}
        </Column>
      </Head>
      <tbody>
        {queues.map(({ pool, streams, workers, slots }) => (
          <Row key={pool}>
            <Cell tall>
              <span className="data font-medium">{pool}</span>
              {workers === 0 && (
                <span className="ml-3 inline-flex items-center gap-1 align-middle text-warn-text">
                  <TriangleAlert size={14} aria-hidden />
                  {text.nobody}
                </span>
              )}
            </Cell>
            {states.map((state) => (
              <Cell key={state} tall right className={streams[state] === "0" ? "text-fg-3" : ""}>
                {count(streams[state] ?? "0")}
              </Cell>
            ))}
            <Cell tall right>
              {workers}
            </Cell>
            <Cell tall right>
              {slots}
            </Cell>
          </Row>
        ))}
      </tbody>
    </Table>
  );
}
