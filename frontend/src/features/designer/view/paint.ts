/** Draws a strip's wires. Those of a kind are one path, so that a thousand cost a few strokes; what is out of sight is passed over. */
import type { Port, Wire, WireKind, Wiring } from "../canvas/wires";
import { reach } from "../canvas/wires";
import type { Colours } from "./colours";
import type { Span } from "./strips";

/** What stands out, and what steps back for it. */
export interface Emphasis {
  /** Items whose path is selected. */
  active: ReadonlySet<string>;
  /** Items whose path the pointer is over; while there are any, all others are faint. */
  hovered: ReadonlySet<string>;
}

/** A wire that is being drawn by hand. */
export interface Loose {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

const FAINT = 0.4;
/** How far a stroke or a port reaches past its middle, at most. */
const BEYOND = 8;

/** The wires at rest: behind tables and nodes. */
export function paintRest(
  context: CanvasRenderingContext2D,
  wiring: Wiring,
  span: Span,
  colours: Colours,
  emphasis: Emphasis,
): void {
  const seen = inSight(wiring.wires, span).filter((wire) => !emphasis.active.has(wire.item));
  const fading = emphasis.hovered.size > 0;
  for (const lifted of [false, true]) {
    const group = seen.filter((wire) => emphasis.hovered.has(wire.item) === lifted);
    context.globalAlpha = fading && !lifted ? FAINT : 1;
    stroke(context, group, "rows", lifted ? colours.hover : colours.wire, 3, []);
    stroke(context, group, "exact", lifted ? colours.hover : colours.wire, 1.5, []);
    stroke(context, group, "lossy", colours.warn, 1.5, []);
    stroke(context, group, "impossible", colours.bad, 1.5, []);
    stroke(context, group, "proposed", colours.accent, 1.5, [3, 4]);
  }
  context.globalAlpha = 1;
}

/** The selected paths and the ports: above tables and nodes. */
export function paintTop(
  context: CanvasRenderingContext2D,
  wiring: Wiring,
  span: Span,
  colours: Colours,
  emphasis: Emphasis,
): void {
  const active = inSight(wiring.wires, span).filter((wire) => emphasis.active.has(wire.item));
  stroke(context, active, "rows", colours.accent, 3, []);
  stroke(context, active, "exact", colours.accent, 2, []);
  stroke(context, active, "lossy", colours.warn, 2, []);
  stroke(context, active, "impossible", colours.bad, 2, []);
  stroke(context, active, "proposed", colours.accent, 2, [3, 4]);
  if (span.zoom >= 0.4) {
    ports(context, wiring, span, colours, emphasis);
  }
}

export function paintLoose(
  context: CanvasRenderingContext2D,
  { x1, y1, x2, y2 }: Loose,
  colours: Colours,
): void {
  context.beginPath();
  curve(context, x1, y1, x2, y2);
  context.strokeStyle = colours.accent;
  context.lineWidth = 2;
  context.stroke();
}

function inSight(wires: readonly Wire[], span: Span): Wire[] {
  const [top, bottom] = [span.top - BEYOND, span.bottom + BEYOND];
  return wires.filter(
    (wire) =>
      Math.max(wire.y1, wire.y2, wire.lane?.y ?? wire.y1) >= top &&
      Math.min(wire.y1, wire.y2, wire.lane?.y ?? wire.y1) <= bottom,
  );
}

function stroke(
  context: CanvasRenderingContext2D,
  wires: readonly Wire[],
  kind: WireKind,
  colour: string,
  width: number,
  dash: number[],
): void {
  const own = wires.filter((wire) => wire.kind === kind);
  if (own.length === 0) {
    return;
  }
  context.beginPath();
  for (const { x1, y1, x2, y2, lane } of own) {
    if (lane) {
      curve(context, x1, y1, lane.x1, lane.y);
      context.lineTo(lane.x2, lane.y);
      onward(context, lane.x2, lane.y, x2, y2);
    } else {
      curve(context, x1, y1, x2, y2);
    }
  }
  context.lineJoin = "round";
  context.setLineDash(dash);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
}

function curve(context: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  context.moveTo(x1, y1);
  onward(context, x1, y1, x2, y2);
}

function onward(context: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  const r = reach(x1, x2);
  context.bezierCurveTo(x1 + r, y1, x2 - r, y2, x2, y2);
}

function ports(
  context: CanvasRenderingContext2D,
  wiring: Wiring,
  span: Span,
  colours: Colours,
  emphasis: Emphasis,
): void {
  const [top, bottom] = [span.top - BEYOND, span.bottom + BEYOND];
  const rowsActive = activeRows(wiring, emphasis);
  context.setLineDash([]);
  context.lineWidth = 1.5;
  for (const port of wiring.ports) {
    if (port.y < top || port.y > bottom) {
      continue;
    }
    const active = isActive(port, emphasis, rowsActive);
    const colour = portColour(port, active, colours);
    context.beginPath();
    context.arc(port.x, port.y, 3.5, 0, 2 * Math.PI);
    context.fillStyle = active && port.kind !== "idle" ? colour : colours.surface;
    context.strokeStyle = colour;
    context.fill();
    context.stroke();
  }
  context.strokeStyle = colours.hover;
  context.fillStyle = colours.surface;
  for (const wire of wiring.wires) {
    if (wire.kind === "rows" && wire.y1 >= top && wire.y1 <= bottom) {
      for (const x of [wire.x1, wire.x2]) {
        context.beginPath();
        context.roundRect(x - 4, wire.y1 - 4, 8, 8, 2);
        context.fill();
        context.stroke();
      }
    }
  }
}

/** Rows whose ports a selected path touches. */
function activeRows({ wires }: Wiring, { active }: Emphasis): { source: Set<number>; target: Set<number> } {
  const rows = { source: new Set<number>(), target: new Set<number>() };
  for (const wire of wires) {
    if (active.has(wire.item)) {
      if (wire.source !== undefined) {
        rows.source.add(wire.source);
      }
      if (wire.target !== undefined) {
        rows.target.add(wire.target);
      }
    }
  }
  return rows;
}

function isActive(
  port: Port,
  { active }: Emphasis,
  rows: { source: Set<number>; target: Set<number> },
): boolean {
  if (port.item !== undefined) {
    return active.has(port.item);
  }
  const side = port.side === "source" ? rows.source : rows.target;
  return port.row !== undefined && side.has(port.row);
}

function portColour({ kind }: Port, active: boolean, colours: Colours): string {
  switch (kind) {
    case "lossy":
      return colours.warn;
    case "impossible":
      return colours.bad;
    case "proposed":
      return colours.accent;
    case "idle":
      return colours.line;
    default:
      return active ? colours.accent : colours.hover;
  }
}
