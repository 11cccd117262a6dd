import { describe, expect, it } from "vitest";
import { rates, streamRate, take, type Sample } from "./samples";
import type { WholeRun } from "./types";

const run = (written: number): WholeRun =>
  ({
    streams: [
      { stream: "orders", rows_read: String(written * 2), rows_written: String(written), bytes: "0" },
    ],
  }) as WholeRun;

const seen = (...pairs: [number, number][]): readonly Sample[] =>
  pairs.reduce<readonly Sample[]>((samples, [at, written]) => take(samples, run(written), at), []);

describe("rates", () => {
  it("are taken over a window", () => {
    expect(rates(seen([0, 0], [500, 500], [1000, 1000], [2500, 4000]))).toEqual([
      { at: 500, written: 1000, read: 2000, bytes: 0 },
      { at: 1000, written: 1000, read: 2000, bytes: 0 },
      { at: 2500, written: 2000, read: 4000, bytes: 0 },
    ]);
  });

  it("are never below zero, whatever begins anew", () => {
    expect(rates(seen([0, 900], [2000, 100])).map((rate) => rate.written)).toEqual([0]);
  });

  it("of a stream are its own", () => {
    expect(streamRate(seen([0, 0], [1000, 500], [2000, 3000]), "orders")).toBe(1500);
    expect(streamRate(seen([0, 0]), "orders")).toBeUndefined();
  });

  it("keep a bounded number of samples", () => {
    const many = seen(...Array.from({ length: 5000 }, (_, at): [number, number] => [at * 100, at]));
    expect(many.length).toBeLessThanOrEqual(1200);
    expect(many[many.length - 1]?.written).toBe(4999);
  });
});
