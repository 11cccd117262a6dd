import type { WholeRun } from "./types";

/** What the streams of a run had counted at a moment. */
export interface Sample {
  /** In this machine's time, in milliseconds. */
  at: number;
  read: number;
  written: number;
  bytes: number;
  /** Rows, by stream. */
  streams: ReadonlyMap<string, { read: number; written: number }>;
}

/** A rate at a moment, per second. */
export interface Rate {
  at: number;
  read: number;
  written: number;
  bytes: number;
}

/** How many samples are kept of a run; of more every second one goes. */
const MOST = 1200;
/** Over how long a rate is taken: workers tell in steps. */
const WINDOW = 1500;

const sum = (run: WholeRun, of: "rows_read" | "rows_written" | "bytes"): number =>
  run.streams.reduce((total, stream) => total + Number(stream[of]), 0);

/** The samples with one more. */
export function take(samples: readonly Sample[], run: WholeRun, at: number): readonly Sample[] {
  const sample: Sample = {
    at,
    read: sum(run, "rows_read"),
    written: sum(run, "rows_written"),
    bytes: sum(run, "bytes"),
    streams: new Map(
      run.streams.map(({ stream, rows_read, rows_written }) => [
        stream,
        { read: Number(rows_read), written: Number(rows_written) },
      ]),
    ),
  };
  const kept = samples.length < MOST ? samples : samples.filter((_, place) => place % 2 === 0);
  return [...kept, sample];
}

/** Rates over time. Counts that fall, since a stream began anew, are no rate. */
export function rates(samples: readonly Sample[]): Rate[] {
  let from = 0;
  return samples.flatMap((sample, place) => {
    while (from + 1 < place && sample.at - (samples[from + 1]?.at ?? 0) >= WINDOW) {
      from += 1;
    }
    const before = samples[from];
    if (!before || sample.at - before.at < 200) {
      return [];
    }
    const seconds = (sample.at - before.at) / 1000;
    const rate = (of: "read" | "written" | "bytes") => Math.max(0, (sample[of] - before[of]) / seconds);
    return [{ at: sample.at, read: rate("read"), written: rate("written"), bytes: rate("bytes") }];
  });
}

/** Rows per second that a stream has written lately; `undefined` where too little was seen. */
export function streamRate(samples: readonly Sample[], stream: string): number | undefined {
  const last = samples[samples.length - 1];
  const before = last && samples.findLast((sample) => last.at - sample.at >= WINDOW);
  if (!last || !before) {
    return undefined;
  }
  const written = (sample: Sample) => sample.streams.get(stream)?.written ?? 0;
  const rows = written(last) - written(before);
  return Math.max(0, rows / ((last.at - before.at) / 1000));
}
