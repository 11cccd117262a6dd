import { describe, expect, it } from "vitest";
import { clock, count, duration, fromNow, inOwnZone, roughly, shortCount, size, zone } from "./figures";

describe("figures", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [51_900, "51.9 k"],
    [3_910_802, "3.91 M"],
    ["18446744073709551615", "18,400,000 T"],
  ])("writes %s short as %s", (value, text) => {
    expect(shortCount(value)).toBe(text);
  });

  it("writes 64-bit counts to the digit", () => {
    expect(count("18446744073709551615").replaceAll(/\D/g, "")).toBe("18446744073709551615");
  });

  it.each([
    [320, "320 ms"],
    [1_449, "1.4 s"],
    [2_000, "2 s"],
    [9_960, "10 s"],
    [14_000, "14 s"],
    [221_000, "3 min 41 s"],
    [7_500_000, "2 h 5 min"],
    [180_000_000, "2 d 2 h"],
  ])("writes %d ms as %s", (value, text) => {
    expect(duration(value)).toBe(text);
  });

  it.each([
    [26_000, "0:26"],
    [3_849_000, "1:04:09"],
  ])("writes %d ms on a clock as %s", (value, text) => {
    expect(clock(value)).toBe(text);
  });

  it.each([
    [0, "under 10 s"],
    [9_999, "under 10 s"],
    [44_000, "40 s"],
    [56_000, "1 min"],
    [171_000, "3 min"],
    [3_580_000, "1 h"],
    [4_900_000, "1 h 20 min"],
    [180_000_000, "2 d 2 h"],
  ])("estimates %d ms as %s", (value, text) => {
    expect(roughly(value)).toBe(text);
  });

  it("leaves out the reader's own time zone alone", () => {
    expect(inOwnZone(`at 06:30 every day, ${zone}`)).toBe("at 06:30 every day");
    expect(inOwnZone("at 06:30 every day, Mars/Olympus")).toBe("at 06:30 every day, Mars/Olympus");
    expect(inOwnZone("by hand only")).toBe("by hand only");
  });

  it("writes sizes in thousands", () => {
    expect(size("787000000")).toBe("787 MB");
  });

  it.each([
    [1_680_000, "28 minutes ago"],
    [-900_000, "in 15 minutes"],
    [10_000, "just now"],
  ])("writes %d ms before now as %s", (before, text) => {
    expect(fromNow(1_000_000_000 - before, 1_000_000_000)).toBe(text);
  });
});
