/**
 * Which source columns might fill the target columns that nothing fills yet. Candidates are found by the words, the first and the last letters
 * of their names, so that a thousand columns on each side are not all compared with one another; then the surest pairs come first, each
 * column once.
 */
import type { Column } from "../mapping/types";
import { byName, type Named, named, type Reason, withTypes } from "./score";

export interface Proposal {
  source: string;
  target: string;
  percent: number;
  reason: Reason;
}

/** How many columns may share a word before it says nothing. */
const COMMON = 40;

export function propose(sources: readonly Column[], targets: readonly Column[]): Proposal[] {
  const left = sources.map(named);
  const index = indexed(left);
  const pairs: (Proposal & { at: number; order: number })[] = [];
  for (const [order, target] of targets.map(named).entries()) {
    for (const source of candidates(index, target)) {
      const score = byName(source, target);
      const found = score && withTypes(score, source.column, target.column);
      if (found) {
        pairs.push({
          source: source.column.name,
          target: target.column.name,
          ...found,
          at: source.at,
          order,
        });
      }
    }
  }
  pairs.sort(
    (one, other) =>
      other.percent - one.percent || Math.abs(one.at - one.order) - Math.abs(other.at - other.order),
  );
  const taken = new Set<string>();
  const filled = new Set<string>();
  const proposals: Proposal[] = [];
  for (const { source, target, percent, reason } of pairs) {
    if (taken.has(source) || filled.has(target)) {
      continue;
    }
    taken.add(source);
    filled.add(target);
    proposals.push({ source, target, percent, reason });
  }
  return proposals;
}

type Index = Map<string, Named[]>;

function marks(column: Named): string[] {
  const { letters } = column;
  return [
    ...new Set([
      `=${letters}`,
      `^${letters.slice(0, 3)}`,
      `$${letters.slice(-3)}`,
      ...column.meanings.map((word) => `~${word}`),
    ]),
  ];
}

function indexed(columns: readonly Named[]): Index {
  const index: Index = new Map();
  for (const column of columns) {
    for (const mark of marks(column)) {
      const known = index.get(mark);
      if (known) {
        known.push(column);
      } else {
        index.set(mark, [column]);
      }
    }
  }
  return index;
}

function candidates(index: Index, target: Named): Set<Named> {
  const exact = index.get(`=${target.letters}`);
  if (exact) {
    return new Set(exact);
  }
  const found = new Set<Named>();
  for (const mark of marks(target)) {
    const alike = index.get(mark) ?? [];
    if (alike.length <= COMMON) {
      for (const column of alike) {
        found.add(column);
      }
    }
  }
  return found;
}
