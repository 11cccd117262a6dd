import { describe, expect, it } from "vitest";
import { withoutEpoch } from "./projects";

describe("when a sync runs", () => {
  it.each([
    ["every 15m, from 1970-01-01 00:00:00 UTC on", "every 15m"],
    ["every 1h, from 1970-01-01 00:00:00 UTC on; paused", "every 1h; paused"],
    ["every 1h, from 2026-03-01 06:00:00 UTC on", "every 1h, from 2026-03-01 06:00:00 UTC on"],
    ["by hand", "by hand"],
  ])("is %j in plain words", (told, words) => {
    expect(withoutEpoch(told)).toBe(words);
  });
});
