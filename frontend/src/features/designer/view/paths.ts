/** Which paths belong to what is chosen or hovered, and which rows they touch. */
import type { Canvas } from "../canvas/model";
import { FILTER, type Middle } from "../canvas/nodes";
import type { Selection } from "./selection";

/** What the pointer is over. */
export type Hovered = { side: "source" | "target"; name: string } | { item: string };

export interface Paths {
  items: ReadonlySet<string>;
  source: ReadonlySet<number>;
  target: ReadonlySet<number>;
}

export const NO_PATHS: Paths = { items: new Set(), source: new Set(), target: new Set() };

export function pathsOf(
  canvas: Canvas,
  items: readonly Middle[],
  chosen: Selection | Hovered | undefined,
): Paths {
  if (!chosen) {
    return NO_PATHS;
  }
  if ("item" in chosen) {
    return chosen.item === FILTER
      ? { ...NO_PATHS, items: new Set([FILTER]) }
      : along(items.filter((item) => item.id === chosen.item));
  }
  if ("side" in chosen) {
    return ofRows(canvas, items, chosen.side, [chosen.name]);
  }
  switch (chosen.kind) {
    case "filter":
      return { ...NO_PATHS, items: new Set([FILTER]) };
    case "source":
    case "target":
      return ofRows(canvas, items, chosen.kind, chosen.names);
    default:
      return NO_PATHS;
  }
}

function ofRows(
  canvas: Canvas,
  items: readonly Middle[],
  side: "source" | "target",
  names: readonly string[],
): Paths {
  const wanted = new Set(names);
  const rows = new Set<number>();
  if (side === "source") {
    canvas.source.forEach((row, at) => wanted.has(row.column.name) && rows.add(at));
  } else {
    canvas.target.forEach((row, at) => wanted.has(row.name) && rows.add(at));
  }
  const touched = items.filter((item) =>
    side === "source"
      ? item.inputs.some((input) => rows.has(input))
      : item.target !== undefined && rows.has(item.target),
  );
  const paths = along(touched);
  return { ...paths, [side]: new Set([...paths[side], ...rows]) };
}

function along(items: readonly Middle[]): Paths {
  return {
    items: new Set(items.map((item) => item.id)),
    source: new Set(items.flatMap((item) => item.inputs)),
    target: new Set(items.flatMap((item) => (item.target === undefined ? [] : [item.target]))),
  };
}
