/** Where columns of the canvas stand, by the width that it has: source, nodes and target side by side, in world pixels. */

export const ROW = 28;
export const HEADER = 44;
export const TOP = 12;
export const FIRST_ROW = TOP + HEADER;
/** Rows that come into sight together: few, so that no frame has many to draw. */
export const CHUNK = 4;

/** The horizontal plan of a canvas. */
export interface Plan {
  source: { x: number; width: number };
  nodes: { x: number; width: number };
  target: { x: number; width: number };
  width: number;
}

const EDGE = 20;
const NODE = 220;

/** Tables and gaps share what the pane has beyond the least. */
export function plan(pane: number): Plan {
  const width = Math.max(640, pane);
  const spare = width - 872;
  const table = spare >= 0 ? Math.min(224 + spare * 0.22, 340) : Math.max(180, 224 + spare * 0.2);
  const node = spare >= 0 ? NODE : Math.max(168, NODE + spare * 0.25);
  const most = spare >= 0 ? Math.min(82 + spare * 0.28, 240) : 82;
  const gap = Math.max(28, Math.min(most, (width - 2 * EDGE - 2 * table - node) / 2));
  const whole = 2 * table + node + 2 * gap;
  const left = Math.max(EDGE, Math.round((width - whole) / 2));
  const rounded = Math.round(table);
  const nodes = Math.round(left + table + gap);
  return {
    source: { x: left, width: rounded },
    nodes: { x: nodes, width: Math.round(node) },
    target: { x: Math.round(left + table + gap + node + gap), width: rounded },
    width,
  };
}

/** The middle of a table's row. */
export const rowMiddle = (index: number) => FIRST_ROW + index * ROW + ROW / 2;
