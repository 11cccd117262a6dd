import { isOver, lengthOf } from "@/api/runs";
import type { RunStream, WholeRun } from "@/api/types";
import { words } from "@/words";

const text = words.compare;

/** What a run comes to, of all its streams. */
export interface Totals {
  took: number;
  read: number;
  written: number;
  bytes: number;
  rate: number;
  cpu: number;
  attempts: number;
}

export function totalsOf(run: WholeRun, now: number): Totals {
  const sum = (of: (stream: RunStream) => string) =>
    run.streams.reduce((all, stream) => all + Number(of(stream)), 0);
  const took = lengthOf(run, isOver(run) ? 0 : now);
  const written = sum(({ rows_written }) => rows_written);
  return {
    took,
    read: sum(({ rows_read }) => rows_read),
    written,
    bytes: sum(({ bytes }) => bytes),
    rate: written / Math.max(took / 1000, 0.001),
    cpu: sum(({ cpu_seconds }) => cpu_seconds) * 1000,
    attempts: sum(({ attempts }) => attempts),
  };
}

/** How long a stream took; `undefined` while it is not over. */
export const tookOf = ({ started_at, finished_at }: RunStream): number | undefined =>
  started_at && finished_at ? Date.parse(finished_at) - Date.parse(started_at) : undefined;

/** How the second of two figures differs from the first: in percent, or in times where it is much more. */
export function changeOf(one: number | undefined, other: number | undefined): string {
  if (one === undefined || other === undefined) {
    return "";
  }
  if (one === other) {
    return text.same;
  }
  if (one === 0) {
    return "";
  }
  const times = other / one;
  if (times >= 10) {
    return text.times(String(Math.round(times)));
  }
  const percent = Math.round((times - 1) * 100);
  return percent === 0 ? text.same : text.percent(percent);
}
