import type { RunStream, WholeRun } from "@/api/types";
import { RunState } from "@/components/run-state";
import { Cell, Column, Head, Row, Table } from "@/components/table";
import { words } from "@/words";
import { count, duration, size } from "@/words/figures";
import { changeOf, tookOf } from "./figures";

const text = words.compare;
const { columns } = text;

/** Each stream of either run, with its figures of both. */
export function StreamsTable({ before, after }: { before: WholeRun; after: WholeRun }) {
  const names = [...new Set([...before.streams, ...after.streams].map(({ stream }) => stream))].sort();
  const find = (run: WholeRun, name: string) => run.streams.find(({ stream }) => stream === name);
  return (
    <Table className="border-t border-line">
      <Head>
        <Column>{columns.stream}</Column>
        <Pair name={columns.took} width={110} />
        <Column width={90} right>
          {columns.change}
        </Column>
        <Pair name={columns.rows} width={110} />
        <Pair name={columns.bytes} width={100} />
      </Head>
      <tbody>
        {names.map((name) => {
          const [one, other] = [find(before, name), find(after, name)];
          return (
            <Row key={name}>
              <Cell className="data">{name}</Cell>
              <Took stream={one} />
              <Took stream={other} />
              <Cell right className="text-fg-2">
                {one && other && changeOf(tookOf(one), tookOf(other))}
              </Cell>
              {[one, other].map((stream, at) => (
                <Cell key={`rows ${at}`} right>
                  {stream && count(stream.rows_written)}
                </Cell>
              ))}
              {[one, other].map((stream, at) => (
                <Cell key={`bytes ${at}`} right className="text-fg-2">
                  {stream && size(stream.bytes)}
                </Cell>
              ))}
            </Row>
          );
        })}
      </tbody>
    </Table>
  );
}

/** A figure's head over both runs' columns. */
const Pair = ({ name, width }: { name: string; width: number }) => (
  <>
    <Column width={width} right>
      {name}
    </Column>
    <Column width={width} right aria-label={`${name}, ${text.then}`}>
      {text.then}
    </Column>
  </>
);

function Took({ stream }: { stream: RunStream | undefined }) {
  const took = stream && tookOf(stream);
  return (
    <Cell right>
      {stream === undefined ? (
        <span className="text-fg-3">{text.absent}</span>
      ) : stream.state !== "done" || took === undefined ? (
        <RunState state={stream.state} />
      ) : (
        duration(took)
      )}
    </Cell>
  );
}
