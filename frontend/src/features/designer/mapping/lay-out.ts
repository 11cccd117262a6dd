/**
 * Which columns the target gets, in which order, and where each comes from: the engine's own rules (`transform::layout`), so that the
 * canvas shows what a run does.
 */
import type { ColumnConfig, StreamConfig } from "../document/sync-file";
import { inputs } from "../expression/inputs";
import { Names, snake } from "./names";
import type { Column } from "./types";

/** Where a target column's values come from. */
export type Origin =
  | { kind: "source"; column: number }
  | { kind: "expression"; text: string; columns: number[] }
  | { kind: "unknown"; why: string };

export interface Slot {
  name: string;
  origin: Origin;
  config?: ColumnConfig;
}

export interface LaidOut {
  slots: Slot[];
  /** Places of the source columns that `select` leaves out. */
  leftOut: Set<number>;
}

export function layOut(source: readonly Column[], stream: StreamConfig, names = new Names(source)): LaidOut {
  const naming = stream.naming ?? "keep";
  const { chosen, leftOut } = choose(names, stream.select);
  const named = new Set(chosen.filter((item) => item.named).map((item) => item.column));
  const hidden = new Set<number>();
  const placed = new Map<number, Slot>();
  const following: Slot[] = [];
  for (const [target, config] of stream.columns ?? []) {
    const namesake = names.namesake(target, naming);
    let place = namesake;
    let origin: Origin;
    if (config.expr !== undefined) {
      origin = { kind: "expression", text: config.expr, columns: inputs(config.expr, names) };
    } else if (config.from !== undefined) {
      const from = names.find(config.from);
      if (from === undefined) {
        origin = { kind: "unknown", why: config.from };
      } else {
        origin = { kind: "source", column: from };
        if (!named.has(from)) {
          hidden.add(from);
        }
        place ??= named.has(from) ? undefined : from;
      }
    } else if (namesake === undefined) {
      origin = { kind: "unknown", why: target };
    } else {
      origin = { kind: "source", column: namesake };
    }
    const slot: Slot = { name: target, origin, config };
    if (place === undefined || placed.has(place)) {
      following.push(slot);
    } else {
      placed.set(place, slot);
    }
  }
  const slots: Slot[] = [];
  for (const { column } of chosen) {
    const configured = placed.get(column);
    if (configured) {
      slots.push(configured);
      placed.delete(column);
    } else if (!hidden.has(column)) {
      const own = names.columns[column]?.name ?? "";
      slots.push({ name: naming === "snake" ? snake(own) : own, origin: { kind: "source", column } });
    }
  }
  // What takes the place of a column that is not chosen follows the others, in the file's order.
  const rest = new Set([...placed.values(), ...following]);
  for (const [target] of stream.columns ?? []) {
    for (const slot of rest) {
      if (slot.name === target) {
        slots.push(slot);
      }
    }
  }
  return { slots, leftOut };
}

interface Chosen {
  column: number;
  /** Whether it was named, not only covered by `*`. */
  named: boolean;
}

function choose(
  names: Names,
  select: readonly string[] | undefined,
): { chosen: Chosen[]; leftOut: Set<number> } {
  const all = names.columns.map((_, column) => column);
  if (!select) {
    return { chosen: all.map((column) => ({ column, named: false })), leftOut: new Set() };
  }
  const excluded = new Set<number>();
  const entries: (number | "*")[] = [];
  for (const entry of select) {
    const out = entry.startsWith("-") && names.exactly(entry) === undefined;
    const column = entry === "*" ? undefined : names.find(out ? entry.slice(1) : entry);
    if (entry === "*") {
      entries.push("*");
    } else if (column === undefined) {
      continue;
    } else if (out) {
      excluded.add(column);
    } else if (!entries.includes(column)) {
      entries.push(column);
    }
  }
  const named = new Set(entries.filter((entry) => entry !== "*"));
  const chosen = entries.flatMap((entry): Chosen[] => {
    if (entry !== "*") {
      return [{ column: entry, named: true }];
    }
    const covered = all.filter((column) => !named.has(column) && !excluded.has(column));
    return covered.map((column) => ({ column, named: false }));
  });
  const kept = new Set(chosen.map((item) => item.column));
  return { chosen, leftOut: new Set(all.filter((column) => !kept.has(column))) };
}
