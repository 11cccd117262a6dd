import { describe, expect, it } from "vitest";
import type { WholeRun } from "@/api/types";
import { changeOf, totalsOf } from "./figures";

describe("two figures", () => {
  it.each([
    [100, 100, "the same"],
    [1000, 1001, "the same"],
    [100, 150, "+50 %"],
    [200, 50, "−75 %"],
    [10, 1000, "100 times"],
    [0, 5, ""],
    [undefined, 5, ""],
  ])("%s and %s differ by %j", (one, other, words) => {
    expect(changeOf(one, other)).toBe(words);
  });
});

describe("a run's totals", () => {
  it("are of all its streams", () => {
    const stream = { rows_read: "30", rows_written: "20", bytes: "1000", cpu_seconds: "0.5", attempts: "1" };
    const run = {
      state: "done",
      submitted_at: "2026-11-27T08:00:00Z",
      finished_at: "2026-11-27T08:00:04Z",
      streams: [stream, { ...stream, attempts: "2" }],
    } as unknown as WholeRun;
    expect(totalsOf(run, 0)).toEqual({
      took: 4000,
      read: 60,
      written: 40,
      bytes: 2000,
      rate: 10,
      cpu: 1000,
      attempts: 3,
    });
  });
});
