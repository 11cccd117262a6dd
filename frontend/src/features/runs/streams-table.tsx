import { streamRate, type Sample } from "@/api/samples";
import type { RunStream, WholeRun } from "@/api/types";
import { Rows } from "@/components/rows";
import { RunState } from "@/components/run-state";
import { Progress } from "@/components/sparkline";
import { Cell, Column, Head, Row } from "@/components/table";
import { words } from "@/words";
import { count, duration, size, timeOfDay } from "@/words/figures";

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
  return (
    <div className="flex shrink-0 flex-col" style={{ height: 28 + ROW * Math.min(run.streams.length, MOST) }}>
      <Rows
        name={columns.stream}
        height={ROW}
        items={run.streams}
        head={
          <Head>
            <Column>{columns.stream}</Column>
            <Column width={150}>{columns.state}</Column>
            <Column width="20%">{columns.progress}</Column>
            <Column width={120} right>
              {columns.read}
            </Column>
            <Column width={120} right>
              {columns.rows}
            </Column>
            <Column width={96} right>
              {columns.rate}
            </Column>
            <Column width={92} right>
              {columns.volume}
            </Column>
            <Column width={84} right>
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
              <StreamState stream={stream} />
            </Cell>
            <Cell>
              <Share stream={stream} />
            </Cell>
            <Cell right className="text-fg-2">
              {count(stream.rows_read)}
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

function StreamState({ stream }: { stream: RunStream }) {
  const took = tookOf(stream);
  if (stream.state === "done" && took !== undefined) {
    return <RunState state="done">{text.doneIn(duration(took))}</RunState>;
  }
  if (stream.state === "waiting" && stream.next_try_at) {
    return <RunState state="waiting">{text.nextTry(timeOfDay(stream.next_try_at))}</RunState>;
  }
  return <RunState state={stream.state} />;
}

/** Rows that are committed of those that were read: no source says beforehand how many come. */
function Share({ stream }: { stream: RunStream }) {
  const [read, committed] = [Number(stream.rows_read), Number(stream.rows_committed)];
  const over = stream.finished_at !== undefined;
  const share = stream.state === "done" ? 1 : read > 0 ? Math.min(1, committed / read) : 0;
  return (
    <Progress
      share={share}
      over={over && stream.state !== "failed"}
      bad={stream.state === "failed"}
      name={text.progressOf(stream.stream)}
    />
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
