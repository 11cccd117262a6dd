import { leftOf, percentOf, reachOf, shareOf } from "@/api/progress";
import { streamRate, type Sample } from "@/api/samples";
import type { RunStream, WholeRun } from "@/api/types";
import { useNow } from "@/components/now";
import { Rows } from "@/components/rows";
import { RunState } from "@/components/run-state";
import { Progress } from "@/components/sparkline";
import { Cell, Column, Head, Row } from "@/components/table";
import { words } from "@/words";
import { count, duration, roughly, size, timeOfDay } from "@/words/figures";

const text = words.runs;
const ROW = 30;
/** How many streams are in sight before the table scrolls. */
const MOST = 7;

interface StreamsTableProps {
  run: WholeRun;
  samples: readonly Sample[];
  chosen: string | undefined;
  onChoose: (stream: string) => void;
}

/** The streams of a run with their figures. One that is chosen is the log's. */
export function StreamsTable({ run, samples, chosen, onChoose }: StreamsTableProps) {
  const { columns } = text;
  const now = useNow(1000);
  return (
    <div className="flex shrink-0 flex-col" style={{ height: 28 + ROW * Math.min(run.streams.length, MOST) }}>
      <Rows
        name={columns.stream}
        height={ROW}
        items={run.streams}
        className="[&_tbody_tr:last-child_td]:border-b-0"
        head={
          <Head>
            <Column width={150}>{columns.stream}</Column>
            <Column width={172}>{columns.state}</Column>
            <Column width={160}>{columns.progress}</Column>
            <Column width={168} right>
              {columns.read}
            </Column>
            <Column width={104} right>
              {columns.rows}
            </Column>
            <Column width={80} right>
              {columns.rate}
            </Column>
            <Column width={80} right>
              {columns.volume}
            </Column>
            <Column width={80} right>
              {columns.attempts}
            </Column>
          </Head>
        }
        row={(stream) => (
          <Row key={stream.stream} selected={stream.stream === chosen}>
            <Cell>
              <button
                type="button"
                aria-pressed={stream.stream === chosen}
                onClick={() => onChoose(stream.stream)}
                className="data max-w-full truncate rounded-1 hover:underline"
              >
                {stream.stream}
              </button>
            </Cell>
            <Cell>
              <StreamState stream={stream} left={leftOf(stream, samples, now)} />
            </Cell>
            <Cell>
              <Share stream={stream} />
            </Cell>
            <Cell right className="text-fg-2">
              <ReadOf stream={stream} />
            </Cell>
            <Cell right>{count(stream.rows_written)}</Cell>
            <Cell right>{rate(stream, samples)}</Cell>
            <Cell right className="text-fg-2">
              {size(stream.bytes)}
            </Cell>
            <Cell right className="text-fg-2" title={stream.worker ?? undefined}>
              {stream.attempts}
            </Cell>
          </Row>
        )}
      />
    </div>
  );
}

const tookOf = (stream: RunStream): number | undefined =>
  stream.started_at && stream.finished_at
    ? Date.parse(stream.finished_at) - Date.parse(stream.started_at)
    : undefined;

function StreamState({ stream, left }: { stream: RunStream; left: number | undefined }) {
  const took = tookOf(stream);
  if (stream.state === "done" && took !== undefined) {
    return <RunState state="done">{text.doneIn(duration(took))}</RunState>;
  }
  if (stream.state === "waiting" && stream.next_try_at) {
    return <RunState state="waiting">{text.nextTry(timeOfDay(stream.next_try_at))}</RunState>;
  }
  if (left !== undefined) {
    return <RunState state="running">{text.leftOf(roughly(left))}</RunState>;
  }
  return <RunState state={stream.state} />;
}

/** Rows that were read, of those that its source expects. */
function ReadOf({ stream }: { stream: RunStream }) {
  const read = count(stream.rows_read);
  const reach = reachOf(stream);
  if (!stream.rows_expected || stream.state === "done") {
    return read;
  }
  const expected = count(stream.rows_expected);
  return reach ? (
    <span title={text.expectedAbout}>
      {read} <span className="text-fg-3">{text.expected(expected)}</span>
    </span>
  ) : (
    <span title={text.passed(expected)}>{read}</span>
  );
}

/** How much of a stream is read, where somebody knows. */
function Share({ stream }: { stream: RunStream }) {
  const reach = reachOf(stream);
  if (!reach) {
    return null;
  }
  const done = stream.state === "done";
  const name = done ? text.committedOf : text.progressOf;
  return (
    <span className="flex items-center gap-2">
      <Progress
        share={shareOf(reach)}
        over={done}
        bad={stream.state === "failed"}
        name={name(stream.stream)}
      />
      <span className="figures w-10 shrink-0 text-right text-fg-2">
        {text.figures.percent(percentOf(reach, done))}
      </span>
    </span>
  );
}

function rate(stream: RunStream, samples: readonly Sample[]): string {
  const took = tookOf(stream);
  if (took !== undefined) {
    return count(Number(stream.rows_written) / Math.max(took / 1000, 0.001));
  }
  const now = stream.state === "running" ? streamRate(samples, stream.stream) : undefined;
  return now === undefined ? "" : count(now);
}
