import type { ReactNode } from "react";
import { Link } from "@tanstack/react-router";
import type { WholeRun } from "@/api/types";
import { Moment } from "@/components/moment";
import { useNow } from "@/components/now";
import { RunState } from "@/components/run-state";
import { Cell, Column, Head, Row, Table } from "@/components/table";
import { words } from "@/words";
import { count, duration, shortId, size } from "@/words/figures";
import { changeOf, totalsOf, type Totals } from "./figures";

const text = words.compare;

const FIGURES: readonly [keyof Totals, (value: number) => string][] = [
  ["took", duration],
  ["read", count],
  ["written", count],
  ["rate", count],
  ["bytes", size],
  ["cpu", duration],
  ["attempts", count],
];

/** What both runs come to, and how the second differs from the first. */
export function FiguresTable({ before, after }: { before: WholeRun; after: WholeRun }) {
  const now = useNow(5000);
  const [one, other] = [totalsOf(before, now), totalsOf(after, now)];
  return (
    <Table className="border-t border-line">
      <Head>
        <Column>{text.columns.figure}</Column>
        {[before, after].map((run, at) => (
          <Column key={at} width="24%" right>
            <Link to="/runs/$run" params={{ run: run.id }} className="data hover:underline">
              {shortId(run.id)}
            </Link>
          </Column>
        ))}
        <Column width="18%" right>
          {text.columns.change}
        </Column>
      </Head>
      <tbody>
        <Figure name={text.rows.state}>
          {[before, after].map((run, at) => (
            <RunState key={at} state={run.state} />
          ))}
        </Figure>
        <Figure name={text.rows.started}>
          {[before, after].map((run, at) => (
            <Moment key={at} at={run.submitted_at} />
          ))}
        </Figure>
        <Figure name={text.rows.version}>{[before.version, after.version]}</Figure>
        {FIGURES.map(([figure, written]) => (
          <Figure key={figure} name={text.rows[figure]} change={changeOf(one[figure], other[figure])}>
            {[written(one[figure]), written(other[figure])]}
          </Figure>
        ))}
      </tbody>
    </Table>
  );
}

const Figure = ({ name, change, children }: { name: string; change?: string; children: ReactNode[] }) => (
  <Row>
    <Cell>{name}</Cell>
    {children.map((value, at) => (
      <Cell key={at} right>
        {value}
      </Cell>
    ))}
    <Cell right className="text-fg-2">
      {change}
    </Cell>
  </Row>
);
