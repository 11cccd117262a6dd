import { describe, expect, it } from "vitest";

import { canvasOf } from "../canvas/model";
import { type Middle, middles } from "../canvas/nodes";
import { FIRST_ROW, plan, rowMiddle } from "../canvas/space";
import { tidy } from "../canvas/tidy";
import { distance, inputOffsets, wiring } from "../canvas/wires";
import { readStream } from "../document/read";
import { Random } from "../fixtures/random";
import { Names } from "../mapping/names";

const SOURCE = [
  { name: "id", type: "int64" },
  { name: "customer_id", type: "int32" },
  { name: "first_name", type: "string" },
  { name: "last_name", type: "string" },
  { name: "email", type: "string" },
  { name: "placed_at", type: "timestamp" },
  { name: "internal_note", type: "string" },
];
const NAMES = new Names(SOURCE);
const STREAM = readStream({
  where: "id > 1",
  select: ["*", "-internal_note"],
  primary_key: ["id"],
  columns: {
    client_id: { from: "customer_id", type: "int64" },
    full_name: { expr: "first_name || ' ' || last_name" },
    email: { mask: "hash" },
    placed_on: { from: "placed_at", type: "date" },
  },
});

describe("the canvas", () => {
  const canvas = canvasOf(STREAM, { names: NAMES });

  it("lays columns out as a run does", () => {
    expect(canvas.target.map((row) => `${row.name} ${row.type ?? "?"} ${row.loss}`)).toEqual([
      "id int64 none",
      "client_id int64 none",
      "first_name string none",
      "last_name string none",
      "email string none",
      "placed_on date asks",
      "full_name ? none",
    ]);
    expect(canvas.source.filter((row) => row.leftOut).map((row) => row.column.name)).toEqual([
      "internal_note",
    ]);
  });

  it("shows what the target's table has and nothing fills", () => {
    const table = [
      { name: "id", type: "int64" },
      { name: "channel", type: "string" },
    ];
    const drawn = canvasOf(STREAM, { names: NAMES, table });
    expect(drawn.target.slice(0, 3).map((row) => [row.name, row.exists, row.origin?.kind])).toEqual([
      ["id", true, "source"],
      ["channel", true, undefined],
      ["client_id", false, "source"],
    ]);
  });

  it("gives every changed column one node", () => {
    expect(middles(canvas, []).map((item) => item.id)).toEqual([
      "lane:id",
      "cast:client_id",
      "lane:first_name",
      "lane:last_name",
      "mask:email",
      "cast:placed_on",
      "expression:full_name",
    ]);
  });

  it("wires each path, lossy ones as such", () => {
    const items = middles(canvas, []);
    const { wires, ports } = wiring(canvas, items, tidy(items), plan(872));
    expect(wires.filter((wire) => wire.kind === "lossy").map((wire) => wire.id)).toEqual(["cast:placed_on>"]);
    expect(wires.filter((wire) => wire.item === "expression:full_name").length).toBe(3);
    expect(wires.filter((wire) => wire.kind === "rows").length).toBe(2);
    expect(ports.filter((port) => port.kind === "idle").map((port) => port.row)).toEqual([6]);
    const wire = wires.find((found) => found.id === "lane:id>");
    expect(wire && distance(wire, (wire.x1 + wire.x2) / 2, wire.lane?.y ?? 0, 6)).toBeLessThan(1);
    expect(wire && distance(wire, wire.x1, wire.y1 + 300, 6)).toBe(Infinity);
  });
});

describe("tidy", () => {
  const item = (id: number, input: number, height = 26): Middle => ({
    id: String(id),
    kind: "cast",
    inputs: [input],
    target: input,
    height,
  });

  it("puts no item over another, whatever they join", () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const random = new Random(seed);
      const items = Array.from({ length: 60 }, (_, id) =>
        item(id, random.below(30), random.of([6, 26, 44, 62])),
      );
      const places = tidy(items);
      const spans = items
        .map(
          ({ id, height }) =>
            [(places.get(id) ?? 0) - height / 2, (places.get(id) ?? 0) + height / 2] as const,
        )
        .sort((one, other) => one[0] - other[0]);
      for (const [at, span] of spans.entries()) {
        if (at > 0) {
          expect(span[0]).toBeGreaterThanOrEqual((spans[at - 1]?.[1] ?? 0) + 8);
        }
      }
      expect(spans[0]?.[0]).toBeGreaterThan(FIRST_ROW);
    }
  });

  it("leaves an item with room level with its column", () => {
    expect(tidy([item(0, 3), item(1, 9)]).get("1")).toBe(rowMiddle(9));
  });

  it("lays a thousand out at once", () => {
    const random = new Random(3);
    const items = Array.from({ length: 1000 }, (_, id) =>
      item(id, random.below(1000), random.of([6, 26, 44])),
    );
    const begun = performance.now();
    tidy(items);
    expect(performance.now() - begun).toBeLessThan(20);
  });
});

describe("space", () => {
  it.each([640, 872, 1014, 1300, 1600])("fits a pane of %i", (width) => {
    const { source, nodes, target } = plan(width);
    expect(source.x).toBeGreaterThanOrEqual(12);
    expect(nodes.x - source.x - source.width).toBeGreaterThanOrEqual(28);
    expect(target.x - nodes.x - nodes.width).toBeGreaterThanOrEqual(28);
    expect(target.x + target.width).toBeLessThanOrEqual(width);
  });

  it("is the mock-up's at its width", () => {
    expect(plan(872)).toMatchObject({
      source: { x: 20, width: 224 },
      nodes: { x: 326, width: 220 },
      target: { x: 628 },
    });
  });

  it("spreads inputs along the edge", () => {
    expect(inputOffsets(2, 44)).toEqual([-7, 7]);
    expect(inputOffsets(1, 44)).toEqual([0]);
  });
});
