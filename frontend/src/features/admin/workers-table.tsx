import { Link } from "@tanstack/react-router";
import { Fragment } from "react";
import type { Worker } from "@/api/types";
import { Badge } from "@/components/badge";
import { Moment } from "@/components/moment";
import { Cell, Column, Head, Row, Table } from "@/components/table";
import { Tooltip } from "@/components/tooltip";
import { words } from "@/words";

const text = words.admin.fleetOf;

/** Each worker, and below it the streams that it carries. */
export function WorkersTable({ workers }: { workers: readonly Worker[] }) {
  if (workers.length === 0) {
    return <p className="border-t border-line px-5 py-4 text-fg-2">{text.noWorkers}</p>;
  }
  return (
    <Table className="border-t border-line">
      <Head>
        <Column width={320}>{text.columns.name}</Column>
        <Column width={250}>{text.columns.pools}</Column>
        <Column width={110} right>
          {text.columns.busy}
        </Column>
        <Column width={150} right>
          {text.columns.since}
        </Column>
        <Column width={150} right>
          {text.columns.seen}
        </Column>
      </Head>
      <tbody>
        {workers.map((worker) => (
          <Fragment key={worker.name}>
            <WorkerRow worker={worker} />
            {worker.claims.map((claim) => (
              <Row key={`${claim.run} ${claim.stream}`}>
                <Cell className="text-fg-2">
                  <Link to="/runs/$run" params={{ run: claim.run }} className="data pl-5 hover:underline">
                    {claim.stream}
                  </Link>
                  <span className="ml-2 text-fg-3">
                    {claim.project} / {claim.sync}
                  </span>
                </Cell>
                <Cell className="data text-fg-3">{claim.pool}</Cell>
                <Cell />
                <Cell right className="text-fg-2">
                  {claim.started_at && <Moment at={claim.started_at} />}
                </Cell>
                <Cell />
              </Row>
            ))}
          </Fragment>
        ))}
      </tbody>
    </Table>
  );
}

function WorkerRow({ worker: { name, pools, slots, since, seen_at, claims } }: { worker: Worker }) {
  return (
    <Row>
      <Cell tall className="data font-medium">
        {name}
      </Cell>
      <Cell tall className="data text-fg-2">
        {pools.join(", ")}
      </Cell>
      <Cell tall right>
        {text.busy(claims.length, slots)}
      </Cell>
      <Cell tall right>
        {since ? <Moment at={since} /> : "–"}
      </Cell>
      <Cell tall right>
        {seen_at ? (
          <Moment at={seen_at} />
        ) : (
          <Tooltip text={text.goneAbout}>
            <span>
              <Badge tone="warn">{text.gone}</Badge>
            </span>
          </Tooltip>
        )}
      </Cell>
    </Row>
  );
}
