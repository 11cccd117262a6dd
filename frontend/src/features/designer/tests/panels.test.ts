import { describe, expect, it } from "vitest";

import { parts, targetName } from "../catalog/target-name";
import { readSpecs } from "../catalog/catalog";
import { canvasOf } from "../canvas/model";
import { middles } from "../canvas/nodes";
import { readStream, readSyncFile } from "../document/read";
import { Names } from "../mapping/names";
import { cronWords, nextTimes, scheduleWords } from "../panels/schedule-words";
import { readSample } from "../sample/agent-sample";
import { marksOf } from "../sample/changes";
import { profile } from "../sample/profile";
import { paired } from "../sample/sample";
import { proposalsOf } from "../state/proposals";
import { pathsOf } from "../view/paths";
import { chosen, NOTHING } from "../view/selection";
import { clamped, detailAt, fitting, revealing, zoomed } from "../view/view";

describe("schedules in words", () => {
  it.each([
    ["* * * * *", "Every minute"],
    ["*/15 * * * *", "Every 15 minutes"],
    ["0 * * * *", "Every hour"],
    ["5 * * * *", "Every hour at :05"],
    ["0 */6 * * *", "Every 6 hours"],
    ["30 6 * * *", "Every day at 06:30"],
    ["0 6,18 * * *", "Every day at 06:00, 18:00"],
    ["0 6 * * 1-5", "Monday to Friday at 06:00"],
    ["0 6 * * mon,THU", "Monday, Thursday at 06:00"],
    ["0 6 1 * *", "On day 1 of the month at 06:00"],
    ["0 6 * * FRI#2", "By the clock: 0 6 * * FRI#2"],
    ["0 0 6 * * *", "By the clock: 0 0 6 * * *"],
    ["0 6 1 1 *", "By the clock: 0 6 1 1 *"],
  ])("%s", (cron, want) => {
    expect(cronWords(cron)).toBe(want);
  });

  it("of the next runs, with their days where they differ", () => {
    const runs = (...said: string[]) => nextTimes(said.map((words) => ({ words })));
    expect(runs("Fri 2026-11-27 06:00:00 +01:00", "Fri 2026-11-27 06:15:00 +01:00")).toEqual([
      "06:00",
      "06:15",
    ]);
    expect(runs("Fri 2026-11-27 06:00:00 +01:00", "Mon 2026-11-30 06:00:00 +01:00")).toEqual([
      "Fri 06:00",
      "Mon 06:00",
    ]);
  });

  it("of other triggers", () => {
    expect(scheduleWords(undefined)).toBe("Run by hand");
    expect(scheduleWords({ every: "15m" })).toBe("Every 15 minutes");
    expect(scheduleWords({ after: "nightly" })).toBe("After each success of nightly");
  });
});

describe("names in the target", () => {
  const file = readSyncFile({
    connections: { a: { connector: "x" }, b: { connector: "x" }, c: { connector: "y" } },
    syncs: { same: { source: "a", destination: "b" }, other: { source: "a", destination: "c" } },
  });
  const [same, other] = file.syncs;
  it.each([
    [same, "public.orders", {}, "public.orders"],
    [other, "public.orders", {}, "orders"],
    [other, "public.orders", { into: "{schema}_{stream}" }, "public_orders"],
    [other, 'public."odd.name"', {}, "odd.name"],
  ])("%#", (sync, stream, config, want) => {
    expect(sync && targetName(file, sync, stream, config)).toBe(want);
  });

  it("splits at the first dot outside of quotes", () => {
    expect(parts('"a.b".c')).toEqual(["a.b", "c"]);
    expect(parts("plain")).toEqual([undefined, "plain"]);
  });
});

describe("what the agent tells", () => {
  it("of streams", () => {
    const [spec] = readSpecs({
      streams: [
        {
          stream: "t",
          estimated_rows: "12",
          primary_key: ["id"],
          columns: [{ name: "id", type: "int64", native: "bigint", nullable: false }],
        },
      ],
    });
    expect(spec).toEqual({
      stream: "t",
      rows: 12,
      primaryKey: ["id"],
      columns: [{ name: "id", type: "int64", native: "bigint", nullable: false }],
    });
  });

  it("of rows: where each comes from, and which ones fail", () => {
    const sample = readSample({
      source: ["1", "2", "3", "4"].map((id) => ({ id })),
      mapped: [{ id: "1" }, { id: "4" }],
      origins: ["0", "3"],
      types: { source: { id: "int64" }, mapped: { id: "int16" } },
      rejected: "2",
      rejects: [
        { code: "c", message: "m", origin: "1", column: "a", help: "h" },
        { code: "c", message: "whole", origin: null },
      ],
    });
    expect([sample.rejected, sample.types, sample.failing]).toEqual([
      2,
      { id: "int16" },
      [
        { code: "c", why: "m", row: 1, column: "a", help: "h" },
        { code: "c", why: "whole" },
      ],
    ]);
    expect(paired(sample).map((row) => [row.before.id, row.after?.id, row.failing?.why])).toEqual([
      ["1", "1", undefined],
      ["2", undefined, "m"],
      ["3", undefined, undefined],
      ["4", "4", undefined],
    ]);
  });
});

describe("a profile", () => {
  it("of numbers", () => {
    expect(profile(["1", "3", null, "0", "10"], "int64")).toMatchObject({
      values: 4,
      nulls: 1,
      distinct: 4,
      zero: 1,
      min: "0",
      max: "10",
      median: "2",
      mean: "4",
      counts: "values",
    });
  });

  it("of texts: few values as rows, many by their lengths", () => {
    const few = profile(["a", "a", "b", ""], "string");
    expect([few.counts, few.bars[0], few.zero]).toEqual(["top", { from: "a", to: "a", rows: 2 }, 1]);
    const many = profile(
      Array.from({ length: 200 }, (_, at) => "x".repeat(at % 40) + String(at)),
      "string",
    );
    expect([many.counts, many.bars.length, many.bars.reduce((sum, bar) => sum + bar.rows, 0)]).toEqual([
      "lengths",
      20,
      200,
    ]);
    expect(many.lengths).toEqual([1, 42]);
  });

  it("of instants", () => {
    const found = profile(["2026-01-03", "2026-01-01", "2026-01-02"], "date");
    expect([found.min, found.max, found.counts]).toEqual(["2026-01-01", "2026-01-03", "values"]);
  });

  it("of nothing", () => {
    expect(profile([null, null], "string")).toMatchObject({ values: 0, nulls: 2, bars: [] });
  });
});

describe("what a sample says of the canvas", () => {
  const names = new Names([
    { name: "at", type: "timestamp" },
    { name: "n", type: "decimal" },
    { name: "sales_channel", type: "string" },
  ]);
  const stream = readStream({
    select: ["at", "n"],
    columns: { at: { type: "date" }, n: { type: "float64", allow_lossy: true } },
  });
  const table = [
    { name: "at", type: "date" },
    { name: "n", type: "float64" },
    { name: "channel", type: "string" },
  ];
  const canvas = canvasOf(stream, { names, table });

  it("counts changed values and failing rows", () => {
    const marks = marksOf(canvas, {
      before: [
        { at: "2026-01-01 10:00:00", n: "1.50" },
        { at: "2026-01-01 00:00:00", n: "0.1000000000000000055" },
      ],
      after: [
        { at: "2026-01-01", n: "1.5" },
        { at: "2026-01-01", n: "0.1" },
      ],
      origins: [0, 1],
      types: {},
      failing: [{ code: "c", why: "w", column: "n" }],
      rejected: 1,
      nulled: 0,
    });
    expect(marks.get("at")).toEqual({ failing: 0, changed: 1 });
    expect(marks.get("n")).toEqual({ failing: 1, changed: 1 });
  });

  it("proposes what goes nowhere, until it is refused", () => {
    expect(proposalsOf(canvas, new Set()).map((one) => [one.source, one.target])).toEqual([
      ["sales_channel", "channel"],
    ]);
    expect(proposalsOf(canvas, new Set(["sales_channel\nchannel"]))).toEqual([]);
  });

  it("follows a path from a row, an item or the pointer", () => {
    const items = middles(canvas, []);
    expect([...pathsOf(canvas, items, { side: "source", name: "n" }).target]).toEqual([1]);
    expect([...pathsOf(canvas, items, { item: "cast:at" }).source]).toEqual([0]);
    expect(pathsOf(canvas, items, { kind: "target", names: ["channel"] }).items.size).toBe(0);
  });
});

describe("selection", () => {
  const order = ["a", "b", "c", "d"];
  it("by click, with Ctrl and with Shift", () => {
    const one = chosen(NOTHING, "source", "b", "only", order);
    expect(chosen(one, "source", "d", "range", order)).toEqual({ kind: "source", names: ["b", "c", "d"] });
    expect(chosen(one, "source", "d", "toggle", order)).toEqual({ kind: "source", names: ["b", "d"] });
    expect(chosen(one, "source", "b", "toggle", order)).toEqual(NOTHING);
    expect(chosen(one, "target", "a", "toggle", order)).toEqual({ kind: "target", names: ["a"] });
  });
});

describe("the view", () => {
  const pane = { width: 800, height: 400 };
  const world = { width: 800, height: 4000 };
  it("stays within the world", () => {
    expect(clamped({ x: 50, y: 9000, zoom: 1 }, pane, world)).toEqual({ x: 0, y: 3600, zoom: 1 });
    expect(clamped({ x: 0, y: -5, zoom: 9 }, pane, world)).toMatchObject({ y: 0, zoom: 2 });
    expect(clamped({ x: 0, y: 0, zoom: 0.5 }, pane, world).x).toBe(-400);
  });

  it("zooms about the pointer", () => {
    const at = { x: 100, y: 200 };
    const after = zoomed({ x: 10, y: 20, zoom: 1 }, 2, at);
    expect([after.x + at.x / 2, after.y + at.y / 2]).toEqual([110, 220]);
  });

  it("fits, and never beyond what can be read", () => {
    expect(fitting(pane, { width: 800, height: 500 }).zoom).toBe(0.8);
    expect(fitting(pane, world).zoom).toBe(0.25);
  });

  it("reveals a row with some room around it", () => {
    expect(revealing({ x: 0, y: 0, zoom: 1 }, pane, 1000, 1028).y).toBe(688);
    expect(revealing({ x: 0, y: 900, zoom: 1 }, pane, 1000, 1028).y).toBe(900);
  });

  it("drops code lines below 60 %, then names", () => {
    expect([1, 0.6, 0.59, 0.39].map(detailAt)).toEqual(["all", "all", "names", "bars"]);
  });
});
