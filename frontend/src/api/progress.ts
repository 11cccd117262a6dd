import type { Sample } from "./samples";
import type { RunStream } from "./types";

/** Rows that were read, of those that come in all. */
export interface Reach {
  read: number;
  expected: number;
}

/** A rate forgets in this time: it is smooth, and still follows. */
const MEMORY = 10_000;
/** How much of a stream is watched before anything is said. */
const ENOUGH = 3_000;
/** After so long without a row nobody can say how long it takes. */
const STILL = 20_000;

/** How far a stream is. Nobody knows where its source has no estimate, nor once more rows came than that said. */
export function reachOf(stream: RunStream): Reach | undefined {
  const read = Number(stream.rows_read);
  if (stream.state === "done") {
    return { read, expected: read };
  }
  const expected = Number(stream.rows_expected ?? 0);
  return expected > 0 && read <= expected ? { read, expected } : undefined;
}

/** How far a run is, where it is known of each of its streams. Of one that failed no more rows come. */
export function reachOfAll(streams: readonly RunStream[]): Reach | undefined {
  const all = streams.map((stream) =>
    stream.finished_at
      ? { read: Number(stream.rows_read), expected: Number(stream.rows_read) }
      : reachOf(stream),
  );
  return all.reduce<Reach | undefined>(
    (sum, one) => sum && one && { read: sum.read + one.read, expected: sum.expected + one.expected },
    all.length > 0 ? { read: 0, expected: 0 } : undefined,
  );
}

/** 0 to 1. */
export const shareOf = ({ read, expected }: Reach): number => (expected > 0 ? read / expected : 1);

/** In whole percent. Estimates are not exact: all of it is there when it is over. */
export const percentOf = (reach: Reach, over = false): number =>
  Math.min(over ? 100 : 99, Math.floor(shareOf(reach) * 100));

/** Milliseconds that a stream still takes, as fast as it was read lately; `undefined` where nobody can say. */
export function leftOf(stream: RunStream, samples: readonly Sample[], now: number): number | undefined {
  const reach = stream.state === "running" ? reachOf(stream) : undefined;
  return (
    reach &&
    left(
      reach,
      smoothRate(samples, (sample) => sample.streams.get(stream.stream)?.read ?? 0, now),
    )
  );
}

/** The same of a run: what is left of all, and no less than its slowest stream takes. */
export function leftOfAll(
  streams: readonly RunStream[],
  samples: readonly Sample[],
  now: number,
): number | undefined {
  const reach = reachOfAll(streams);
  const all =
    reach &&
    left(
      reach,
      smoothRate(samples, (sample) => sample.read, now),
    );
  return all && Math.max(all, ...streams.map((stream) => leftOf(stream, samples, now) ?? 0));
}

function left({ read, expected }: Reach, rate: number | undefined): number | undefined {
  return rate && expected > read ? ((expected - read) / rate) * 1000 : undefined;
}

/** Rows read per second, the last ones counting most. */
function smoothRate(
  samples: readonly Sample[],
  read: (sample: Sample) => number,
  now: number,
): number | undefined {
  // `weight` is how much of the memory is filled: what was not watched was not slow.
  let [rate, weight, watched] = [0, 0, 0];
  let grew = -Infinity;
  samples.forEach((sample, place) => {
    const before = samples[place - 1];
    if (!before) {
      return;
    }
    const [time, rows] = [sample.at - before.at, read(sample) - read(before)];
    if (rows < 0) {
      // It began anew.
      [rate, weight, watched] = [0, 0, 0];
    } else if (time > 0 && read(sample) > 0) {
      const old = Math.exp(-time / MEMORY);
      rate = rate * old + (rows / time) * 1000 * (1 - old);
      weight = weight * old + 1 - old;
      watched += time;
      grew = rows > 0 ? sample.at : grew;
    }
  });
  return watched >= ENOUGH && now - grew < STILL ? rate / weight : undefined;
}
