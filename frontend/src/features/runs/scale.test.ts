import { describe, expect, it } from "vitest";
import { gridLines, timeMarks } from "./scale";

describe("scales", () => {
  it.each([
    [0, [0, 0.4, 0.8, 1.2000000000000002]],
    [90_000, [0, 40_000, 80_000, 120_000]],
    [120_000, [0, 40_000, 80_000, 120_000]],
    [7, [0, 2.5, 5, 7.5]],
  ])("draw four lines up to %d", (top, lines) => {
    expect(gridLines(top)).toEqual(lines);
  });

  it("hold whatever is plotted", () => {
    for (let top = 1; top < 1e7; top *= 1.37) {
      expect(gridLines(top)[3]).toBeGreaterThanOrEqual(top * 0.999999);
    }
  });

  it("mark whole steps of time", () => {
    expect(timeMarks(1_500, 31_000)).toEqual([5_000, 10_000, 15_000, 20_000, 25_000, 30_000]);
  });
});
