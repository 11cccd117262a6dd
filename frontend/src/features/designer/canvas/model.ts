/**
 * The canvas of one stream: its source columns, its target columns and what stands between them. A projection of the file: it holds
 * nothing that the file does not say, and [`write`](./write.ts) makes the same file of it again.
 */
import type { ColumnConfig, StreamConfig } from "../document/sync-file";
import { layOut, type Origin } from "../mapping/lay-out";
import type { Names } from "../mapping/names";
import { type Column, fit } from "../mapping/types";

export interface SourceRow {
  column: Column;
  leftOut: boolean;
  key: boolean;
  cursor: boolean;
  /** How many target columns read it. */
  readers: number;
}

/** What a column's values lose on their way. */
export type Loss = "none" | "asks" | "allowed" | "impossible";

export interface TargetRow {
  name: string;
  /** The type that lands, as far as it is known here. */
  type?: string;
  /** The type before a cast, where there is one to see. */
  made?: string;
  /** Where its values come from; nothing where the target's table has a column that nothing maps to. */
  origin?: Origin;
  /** What the file says of it. */
  config?: ColumnConfig;
  /** Whether the target's table has it already; `undefined` where nobody has looked. */
  exists?: boolean;
  key: boolean;
  loss: Loss;
}

export interface Canvas {
  source: SourceRow[];
  target: TargetRow[];
  filter?: string;
  select?: readonly string[];
  naming: "keep" | "snake";
  allowLossy: boolean;
  /** Names of the target columns that the file speaks of, in its order. */
  entries: string[];
}

/** What a canvas is drawn from, beside the file. */
export interface Ground {
  names: Names;
  /** The columns of the target's table, where there is one. */
  table?: readonly Column[];
  /** The discovered key, where the file names none. */
  primaryKey?: readonly string[];
}

export function canvasOf(stream: StreamConfig, { names, table, primaryKey }: Ground): Canvas {
  const source = names.columns;
  const { slots, leftOut } = layOut(source, stream, names);
  const key = new Set(stream.primary_key ?? primaryKey ?? []);
  const known = table && new Map(table.map((column) => [column.name, column]));
  const allowLossy = stream.allow_lossy ?? false;
  const readers = new Array<number>(source.length).fill(0);
  for (const slot of slots) {
    for (const column of reads(slot.origin)) {
      readers[column] = (readers[column] ?? 0) + 1;
    }
  }
  const rows = slots.map((slot): TargetRow => {
    const column = known?.get(slot.name);
    const made = slot.origin.kind === "source" ? source[slot.origin.column]?.type : undefined;
    const type = typeOf(slot.config, made, column);
    return {
      name: slot.name,
      ...(type !== undefined && { type }),
      ...(made !== undefined && made !== type && { made }),
      origin: slot.origin,
      ...(slot.config && { config: slot.config }),
      ...(known && { exists: column !== undefined }),
      key: key.has(slot.name),
      loss: lossOf(slot.config, made, column, allowLossy),
    };
  });
  const filled = new Set(slots.map((slot) => slot.name));
  const idle = (table ?? []).filter((column) => !filled.has(column.name));
  const spare = idle.map(({ name, type }): TargetRow => ({
    name,
    type,
    exists: true,
    key: key.has(name),
    loss: "none",
  }));
  return {
    source: source.map((column, at) => ({
      column,
      leftOut: leftOut.has(at) && (readers[at] ?? 0) === 0,
      key: key.has(column.name),
      cursor: stream.cursor === column.name,
      readers: readers[at] ?? 0,
    })),
    target: table ? inOrder(rows, spare, table) : rows,
    ...(stream.where !== undefined && { filter: stream.where }),
    ...(stream.select && { select: stream.select }),
    naming: stream.naming ?? "keep",
    allowLossy,
    entries: [...(stream.columns?.keys() ?? [])],
  };
}

export function reads(origin: Origin | undefined): readonly number[] {
  if (origin?.kind === "source") {
    return [origin.column];
  }
  return origin?.kind === "expression" ? origin.columns : [];
}

/** The table's own order, and behind it what a run adds. */
function inOrder(
  rows: readonly TargetRow[],
  spare: readonly TargetRow[],
  table: readonly Column[],
): TargetRow[] {
  const place = new Map(table.map((column, at) => [column.name, at]));
  const rank = (row: TargetRow) => place.get(row.name) ?? table.length;
  return [...rows, ...spare].sort((one, other) => rank(one) - rank(other));
}

function typeOf(config: ColumnConfig | undefined, made: string | undefined, column: Column | undefined) {
  if (config?.mask !== undefined && config.mask !== "null") {
    return column?.type ?? "string";
  }
  return column?.type ?? config?.type ?? config?.native ?? made;
}

function lossOf(
  config: ColumnConfig | undefined,
  made: string | undefined,
  column: Column | undefined,
  allowed: boolean,
): Loss {
  const to = config?.type ?? (config?.mask === undefined ? column?.type : undefined);
  if (made === undefined || to === undefined) {
    return "none";
  }
  const found = fit(made, to);
  if (found === "none") {
    return "impossible";
  }
  if (found !== "lossy") {
    return "none";
  }
  return (config?.allow_lossy ?? (config?.native !== undefined || allowed)) ? "allowed" : "asks";
}
