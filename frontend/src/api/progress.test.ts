import { describe, expect, it } from "vitest";
import { leftOf, leftOfAll, percentOf, reachOf, reachOfAll, shareOf } from "./progress";
import { take, type Sample } from "./samples";
import type { RunStream, WholeRun } from "./types";

const stream = (read: number, expected?: number, of: Partial<RunStream> = {}) =>
  ({
    stream: "orders",
    state: "running",
    rows_read: String(read),
    rows_written: "0",
    bytes: "0",
    ...(expected !== undefined && { rows_expected: String(expected) }),
    ...of,
  }) as RunStream;
const other = (read: number, expected?: number, of: Partial<RunStream> = {}) =>
  stream(read, expected, { stream: "items", ...of });

/** Each second's streams as they were watched. */
const watched = (...seconds: readonly RunStream[][]): readonly Sample[] =>
  seconds.reduce<readonly Sample[]>(
    (samples, streams, second) => take(samples, { streams } as unknown as WholeRun, second * 1000),
    [],
  );
/** Reads of `orders` alone, a second each. */
const reads = (...rows: number[]) => watched(...rows.map((read) => [stream(read)]));
const steady = (seconds: number, perSecond: number) =>
  reads(...Array.from({ length: seconds + 1 }, (_, second) => second * perSecond));

describe("how far a stream is", () => {
  it.each([
    ["no estimate", stream(5), undefined],
    ["an estimate of nothing", stream(0, 0), undefined],
    ["a part", stream(25, 100), 25],
    ["all but the end", stream(100, 100), 99],
    ["more than was expected", stream(101, 100), undefined],
    ["done, whatever was expected", stream(7, 100, { state: "done" }), 100],
    ["done with no row", stream(0, undefined, { state: "done" }), 100],
    ["failed half way", stream(50, 100, { state: "failed" }), 50],
  ])("%s", (_, of, percent) => {
    const reach = reachOf(of);
    expect(reach && percentOf(reach, of.state === "done")).toBe(percent);
    expect(reach ? shareOf(reach) : 0).toBeLessThanOrEqual(1);
  });

  it("is known of a run where it is known of all its streams", () => {
    expect(reachOfAll([stream(10, 100), other(30, undefined, { state: "done" })])).toEqual({
      read: 40,
      expected: 130,
    });
    const failed = other(30, 900, { state: "failed", finished_at: "2026-11-27T12:00:00Z" });
    expect(reachOfAll([stream(10, 100), failed])).toEqual({ read: 40, expected: 130 });
    expect(reachOfAll([stream(10, 100), other(30)])).toBeUndefined();
    expect(reachOfAll([])).toBeUndefined();
  });
});

describe("how long it takes", () => {
  it("is what is left at the rate of late", () => {
    expect(leftOf(stream(1000, 4000), steady(10, 100), 10_000)).toBeCloseTo(30_000);
  });

  it("does not jump with one second's rows", () => {
    const stalled = reads(...Array.from({ length: 20 }, (_, second) => second * 100), 1900);
    const now = leftOf(stream(1900, 4900), stalled, 20_000) ?? 0;
    expect(now).toBeGreaterThan(30_000);
    expect(now).toBeLessThan(36_000);
  });

  it("grows where rows come no more, and is not said of what stands still", () => {
    const still = [
      ...Array.from({ length: 20 }, (_, second) => second * 100),
      ...Array<number>(25).fill(1900),
    ];
    const [soon, later, never] = [20, 30, 45].map((seconds) =>
      leftOf(stream(1900, 2000), reads(...still.slice(0, seconds)), (seconds - 1) * 1000),
    );
    expect(soon).toBeCloseTo(1000);
    expect(later).toBeGreaterThan(2000);
    expect(never).toBeUndefined();
    // Where nothing changes, no event comes.
    expect(leftOf(stream(2000, 2100), steady(20, 100), 45_000)).toBeUndefined();
  });

  it("does not count the time before the first row, nor what was before a new beginning", () => {
    expect(leftOf(stream(400, 800), reads(0, 0, 0, 0, 0, 0, 100, 200, 300, 400), 9000)).toBeCloseTo(4000);
    expect(leftOf(stream(40, 80), reads(1000, 2000, 3000, 0, 10, 20, 30, 40), 7000)).toBeCloseTo(4000);
  });

  it.each([
    ["too little was seen", stream(200, 400), steady(2, 100)],
    ["nobody knows the total", stream(1000), steady(10, 100)],
    ["the estimate is reached", stream(1000, 1000), steady(10, 100)],
    ["the estimate is passed", stream(1000, 900), steady(10, 100)],
    ["it does not run", stream(1000, 2000, { state: "waiting" }), steady(10, 100)],
    ["nothing was read", stream(0, 2000), steady(10, 0)],
  ])("is not said where %s", (_, of, samples) => {
    expect(leftOf(of, samples, 10_000)).toBeUndefined();
  });

  it("of a run is its slowest stream's at least", () => {
    const seconds = Array.from({ length: 11 }, (_, second) => [stream(second * 10), other(second * 1000)]);
    const ends = [stream(100, 200), other(10_000, 11_000)];
    expect(leftOfAll(ends, watched(...seconds), 10_000)).toBeCloseTo(10_000);
    expect(leftOfAll([stream(100, 200), other(10_000)], watched(...seconds), 10_000)).toBeUndefined();
  });
});
