/** The wires of a canvas as curves between ports. */
import type { Canvas } from "./model";
import type { Middle } from "./nodes";
import { type Plan, rowMiddle, TOP, HEADER } from "./space";

export type WireKind = "exact" | "lossy" | "impossible" | "proposed" | "rows";

export interface Wire {
  id: string;
  kind: WireKind;
  /** The item of the middle whose path it is on. */
  item: string;
  /** Places of the rows that it touches. */
  source?: number;
  target?: number;
  x1: number;
  y1: number;
  x2: number;
  y2: number;
  /** The straight piece through the middle of a wire that meets no node. */
  lane?: { x1: number; x2: number; y: number };
}

export interface Port {
  x: number;
  y: number;
  kind: WireKind | "idle";
  side: "source" | "target" | "in" | "out";
  /** The row's place, or the item's id. */
  row?: number;
  item?: string;
}

export interface Wiring {
  wires: Wire[];
  ports: Port[];
}

export function wiring(
  canvas: Canvas,
  items: readonly Middle[],
  places: ReadonlyMap<string, number>,
  plan: Plan,
): Wiring {
  const [left, right] = [plan.source.x + plan.source.width, plan.target.x];
  const [nodeLeft, nodeRight] = [plan.nodes.x, plan.nodes.x + plan.nodes.width];
  const wires: Wire[] = [];
  const ports: Port[] = [];
  const touched = { source: new Map<number, WireKind>(), target: new Map<number, WireKind>() };
  for (const item of items) {
    const { id, target } = item;
    const y = places.get(id);
    if (y === undefined || target === undefined) {
      continue;
    }
    const kind = kindOf(canvas, item);
    const end = { x: right, y: rowMiddle(target) };
    strongest(touched.target, target, kind);
    for (const source of item.inputs) {
      strongest(
        touched.source,
        source,
        item.kind === "lane" ? kind : item.kind === "proposal" ? "proposed" : "exact",
      );
    }
    if (item.kind === "lane") {
      const source = item.inputs[0];
      if (source === undefined) {
        continue;
      }
      const lane = { x1: nodeLeft, x2: nodeRight, y };
      wires.push({
        id: `${id}>`,
        kind,
        item: id,
        source,
        target,
        x1: left,
        y1: rowMiddle(source),
        x2: end.x,
        y2: end.y,
        lane,
      });
      continue;
    }
    const inset = item.kind === "proposal" ? 8 : 0;
    const spread = inputOffsets(item.inputs.length, item.height);
    for (const [at, source] of item.inputs.entries()) {
      const y2 = y + (spread[at] ?? 0);
      const into = item.kind === "proposal" ? "proposed" : "exact";
      wires.push({
        id: `${id}<${String(source)}`,
        kind: into,
        item: id,
        source,
        x1: left,
        y1: rowMiddle(source),
        x2: nodeLeft + inset,
        y2,
      });
      if (item.kind !== "proposal") {
        ports.push({ x: nodeLeft, y: y2, kind: "exact", side: "in", item: id });
      }
    }
    wires.push({ id: `${id}>`, kind, item: id, target, x1: nodeRight - inset, y1: y, x2: end.x, y2: end.y });
    if (item.kind !== "proposal") {
      ports.push({ x: nodeRight, y, kind, side: "out", item: id });
    }
  }
  for (const [row, kind] of touched.source) {
    ports.push({ x: left, y: rowMiddle(row), kind, side: "source", row });
  }
  for (const [row, kind] of touched.target) {
    ports.push({ x: right, y: rowMiddle(row), kind, side: "target", row });
  }
  for (const [row] of canvas.source.entries()) {
    if (!touched.source.has(row)) {
      ports.push({ x: left, y: rowMiddle(row), kind: "idle", side: "source", row });
    }
  }
  for (const [row] of canvas.target.entries()) {
    if (!touched.target.has(row)) {
      ports.push({ x: right, y: rowMiddle(row), kind: "idle", side: "target", row });
    }
  }
  return { wires: [...rows(canvas, plan), ...wires], ports };
}

/** The wires that carry rows, from table to table, by way of the filter. */
function rows(canvas: Canvas, plan: Plan): Wire[] {
  const y = TOP + HEADER / 2;
  const [left, right] = [plan.source.x + plan.source.width, plan.target.x];
  const base = { kind: "rows" as const, item: "filter", y1: y, y2: y };
  if (canvas.filter === undefined) {
    return [{ ...base, id: "rows", x1: left, x2: right }];
  }
  const { x, width } = plan.nodes;
  return [
    { ...base, id: "rows<", x1: left, x2: x },
    { ...base, id: "rows>", x1: x + width, x2: right },
  ];
}

function kindOf(canvas: Canvas, item: Middle): WireKind {
  if (item.kind === "proposal") {
    return "proposed";
  }
  const loss = item.target === undefined ? "none" : canvas.target[item.target]?.loss;
  if (loss === "impossible") {
    return "impossible";
  }
  return loss === "asks" || loss === "allowed" ? "lossy" : "exact";
}

function strongest(touched: Map<number, WireKind>, row: number, kind: WireKind): void {
  const rank: WireKind[] = ["proposed", "exact", "lossy", "impossible"];
  const known = touched.get(row);
  if (known === undefined || rank.indexOf(kind) > rank.indexOf(known)) {
    touched.set(row, kind);
  }
}

/** Where wires come in along a node's edge, from its middle. */
export function inputOffsets(count: number, height: number): number[] {
  if (count <= 1) {
    return [0];
  }
  const step = Math.min(20, Math.max(height - 30, 8) / (count - 1));
  return Array.from({ length: count }, (_, at) => (at - (count - 1) / 2) * step);
}

/** How far the tangents of a curve reach: half its gap, but never less than keeps it round. */
export const reach = (x1: number, x2: number) => Math.max(28, (x2 - x1) / 2);

/** The distance between a point and a wire; past `most` it is not measured closely. */
export function distance(wire: Wire, x: number, y: number, most: number): number {
  const top = Math.min(wire.y1, wire.y2, wire.lane?.y ?? wire.y1) - most;
  const bottom = Math.max(wire.y1, wire.y2, wire.lane?.y ?? wire.y1) + most;
  if (y < top || y > bottom || x < wire.x1 - most || x > wire.x2 + most) {
    return Infinity;
  }
  const { lane } = wire;
  if (!lane) {
    return curveDistance(wire.x1, wire.y1, wire.x2, wire.y2, x, y);
  }
  const straight = x >= lane.x1 && x <= lane.x2 ? Math.abs(y - lane.y) : Infinity;
  return Math.min(
    straight,
    curveDistance(wire.x1, wire.y1, lane.x1, lane.y, x, y),
    curveDistance(lane.x2, lane.y, wire.x2, wire.y2, x, y),
  );
}

function curveDistance(x1: number, y1: number, x2: number, y2: number, x: number, y: number): number {
  const r = reach(x1, x2);
  let least = Infinity;
  for (let step = 0; step <= 24; step += 1) {
    const t = step / 24;
    const u = 1 - t;
    const px = u * u * u * x1 + 3 * u * u * t * (x1 + r) + 3 * u * t * t * (x2 - r) + t * t * t * x2;
    const py = y1 * (u * u * u + 3 * u * u * t) + y2 * (3 * u * t * t + t * t * t);
    least = Math.min(least, Math.hypot(px - x, py - y));
  }
  return least;
}
