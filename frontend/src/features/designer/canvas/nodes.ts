/** What stands between source and target: one node for each target column whose values are changed, and one for the rows' filter. */
import type { Mask } from "../document/sync-file";
import type { Proposal } from "../automap/propose";
import { type Canvas, reads, type TargetRow } from "./model";

export type NodeKind = "filter" | "expression" | "mask" | "cast" | "proposal" | "lane";

/** Something that takes room in the middle: a node, a proposal's chip, or the lane of a wire that goes straight through. */
export interface Middle {
  /** The target column's name, behind its kind. */
  id: string;
  kind: NodeKind;
  /** Places of the source columns that lead to it. */
  inputs: readonly number[];
  /** The place of the target column. */
  target?: number;
  height: number;
  proposal?: Proposal;
}

export const FILTER = "filter";

/** Counts that stand on a node, in a line of their own. */
export interface Marks {
  failing: number;
  changed: number;
}

const LANE = 6;
const CHIP = 22;
const SMALL = 26;
const LINE = 18;

export function middles(
  canvas: Canvas,
  proposals: readonly Proposal[],
  marks: ReadonlyMap<string, Marks> = new Map(),
): Middle[] {
  const places = new Map(canvas.source.map((row, at) => [row.column.name, at]));
  const targets = new Map(canvas.target.map((row, at) => [row.name, at]));
  const rows = canvas.target.flatMap((row, target): Middle[] => {
    if (!row.origin || row.origin.kind === "unknown") {
      return [];
    }
    const kind = kindOf(row);
    const counted = marks.get(row.name);
    const told = counted && counted.failing + counted.changed > 0 ? LINE : 0;
    return [
      {
        id: `${kind}:${row.name}`,
        kind,
        inputs: reads(row.origin),
        target,
        height: heightOf(row, kind) + told,
      },
    ];
  });
  const chips = proposals.flatMap((proposal): Middle[] => {
    const [source, target] = [places.get(proposal.source), targets.get(proposal.target)];
    if (source === undefined || target === undefined) {
      return [];
    }
    return [
      {
        id: `proposal:${proposal.target}`,
        kind: "proposal",
        inputs: [source],
        target,
        height: CHIP,
        proposal,
      },
    ];
  });
  return [...rows, ...chips];
}

export function kindOf(row: TargetRow): NodeKind {
  if (row.origin?.kind === "expression") {
    return "expression";
  }
  if (row.config?.mask !== undefined) {
    return "mask";
  }
  return row.config?.type !== undefined || row.config?.native !== undefined ? "cast" : "lane";
}

function heightOf(row: TargetRow, kind: NodeKind): number {
  if (kind === "lane") {
    return LANE;
  }
  const more = kind === "expression" && row.config?.mask !== undefined ? LINE : 0;
  const both = kind === "mask" && row.config?.type !== undefined ? LINE : 0;
  return (kind === "expression" ? 44 : SMALL) + more + both;
}

/** A mask in the words of the file. */
export function maskWord(mask: Mask): string {
  if (typeof mask === "string") {
    return mask;
  }
  const { keep_first = 0, keep_last = 0 } = mask.partial;
  return `partial ${String(keep_first)}…${String(keep_last)}`;
}
