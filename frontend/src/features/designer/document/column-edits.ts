/**
 * Edits of a stream's mapping, as changes of the file. They say what the user means: a wire that is taken away also keeps the column from
 * passing by its own name, and a column that is connected again is not left out any longer.
 */
import { layOut } from "../mapping/lay-out";
import { asIdentifier, type Names } from "../mapping/names";
import { changedBy } from "./plain";
import { isFields, readStream } from "./read";
import type { Op } from "./splice";
import { held, type StreamPlace, streamPath } from "./stream-edits";
import type { ColumnConfig, Mask, Path, Plain } from "./sync-file";

type Fields = Record<string, Plain>;

/** What an edit of a mapping needs to know. */
export interface Mapping {
  plain: Plain;
  place: StreamPlace;
  /** The source's columns. */
  names: Names;
}

const columnsPath = (place: StreamPlace): Path => [...streamPath(place), "columns"];

function columns(mapping: Mapping): { value: Fields; own: boolean } {
  const { value, own } = held(mapping.plain, mapping.place, "columns");
  return { value: isFields(value) ? value : {}, own };
}

/** What decides which columns land and by which names, the defaults included. */
function stream(mapping: Mapping) {
  const { plain, place } = mapping;
  const keys = ["naming", "select", "columns"].map((key) => [key, held(plain, place, key).value ?? null]);
  return readStream(Object.fromEntries(keys.filter(([, value]) => value !== null)) as Plain);
}

/** Makes changes of `columns`: on the stream's own, or on a copy of what it has from the defaults. */
function onColumns(mapping: Mapping, ops: readonly Op[]): Op[] {
  const path = columnsPath(mapping.place);
  const { value, own } = columns(mapping);
  const after = changedBy(value, ops) as Fields;
  if (!own && Object.keys(value).length > 0) {
    return ops.length === 0 ? [] : [{ op: "set", path, value: after }];
  }
  if (Object.keys(after).length === 0) {
    return Object.keys(value).length === 0 ? [] : [{ op: "remove", path }];
  }
  return ops.map((op) => ({ ...op, path: [...path, ...op.path] }));
}

/** Whether a column needs no entry: it passes by its own name. */
function passes(mapping: Mapping, target: string): boolean {
  return mapping.names.namesake(target, stream(mapping).naming ?? "keep") !== undefined;
}

/** An entry's keys after a change; an entry that says nothing goes, where the column passes without. */
function entryOps(
  mapping: Mapping,
  target: string,
  change: Partial<Record<keyof ColumnConfig, Plain | undefined>>,
): Op[] {
  const { value } = columns(mapping);
  const known = value[target];
  const before = isFields(known) ? known : {};
  const entries = Object.entries<Plain | undefined>(change);
  const gone = entries.filter(([key, item]) => item === undefined && key in before).map(([key]) => key);
  const fresh = entries.filter((entry): entry is [string, Plain] => entry[1] !== undefined);
  const set = fresh.filter(([key, item]) => JSON.stringify(before[key]) !== JSON.stringify(item));
  const left = Object.keys(before).length - gone.length + set.filter(([key]) => !(key in before)).length;
  if (left === 0) {
    if (!(target in value)) {
      return [];
    }
    if (passes(mapping, target)) {
      return [{ op: "remove", path: [target] }];
    }
  }
  if (!isFields(known)) {
    return set.length === 0 ? [] : [{ op: "set", path: [target], value: Object.fromEntries(set) }];
  }
  if (left === 0) {
    return [{ op: "set", path: [target], value: {} }];
  }
  return [
    ...gone.map((key): Op => ({ op: "remove", path: [target, key] })),
    ...set.map(([key, item]): Op => ({ op: "set", path: [target, key], value: item })),
  ];
}

const change = (mapping: Mapping, target: string, keys: Parameters<typeof entryOps>[2]) =>
  onColumns(mapping, entryOps(mapping, target, keys));

/** Lets a target column come from a source column. */
export function connect(mapping: Mapping, source: string, target: string): Op[] {
  const from = mapping.names.find(source);
  const own = mapping.names.namesake(target, stream(mapping).naming ?? "keep");
  const entry =
    own !== undefined && own === from
      ? { from: undefined, expr: undefined }
      : { from: source, expr: undefined };
  return [...change(mapping, target, entry), ...(own === from ? takeIn(mapping, source) : [])];
}

/** Takes a target column away, and what would pass by its name. */
export function disconnect(mapping: Mapping, target: string): Op[] {
  const { value } = columns(mapping);
  const entry = value[target];
  const config = isFields(entry) ? entry : undefined;
  const removed = config ? onColumns(mapping, [{ op: "remove", path: [target] }]) : [];
  const from = typeof config?.from === "string" ? config.from : undefined;
  if (from === undefined && typeof config?.expr === "string") {
    return removed;
  }
  const column =
    from === undefined
      ? mapping.names.namesake(target, stream(mapping).naming ?? "keep")
      : mapping.names.find(from);
  const name = column === undefined ? undefined : mapping.names.columns[column]?.name;
  if (name === undefined || isReadElsewhere(value, target, name)) {
    return removed;
  }
  return [...removed, ...leaveOut(mapping, name)];
}

function isReadElsewhere(value: Fields, target: string, source: string): boolean {
  return Object.entries(value).some(
    ([name, entry]) =>
      name !== target && isFields(entry) && (entry.from ?? name) === source && !("expr" in entry),
  );
}

/** Computes a target column. */
export function setExpression(mapping: Mapping, target: string, text: string): Op[] {
  return change(mapping, target, { expr: text, from: undefined });
}

/** Turns a column that is taken over into one that is computed. Its source does not begin to land beside it. */
export function toExpression(mapping: Mapping, target: string, source: string): Op[] {
  const ops = setExpression(mapping, target, asIdentifier(source));
  const after = { ...mapping, plain: changedBy(mapping.plain, ops) };
  const joins = landsByItself(after, source) && !landsByItself(mapping, source);
  return joins ? [...ops, ...leaveOut(mapping, source)] : ops;
}

/** Whether a source column lands without an entry that says so. */
function landsByItself(mapping: Mapping, source: string): boolean {
  const { names } = mapping;
  const column = names.find(source);
  return layOut(names.columns, stream(mapping), names).slots.some(
    ({ origin, config }) => !config && origin.kind === "source" && origin.column === column,
  );
}

export function setType(mapping: Mapping, target: string, type: string | undefined): Op[] {
  return change(mapping, target, {
    type,
    native: undefined,
    ...(type === undefined && { allow_lossy: undefined }),
  });
}

export function setMask(mapping: Mapping, target: string, mask: Mask | undefined): Op[] {
  return change(mapping, target, { mask: mask });
}

export function setConsent(mapping: Mapping, target: string, allow: boolean): Op[] {
  return change(mapping, target, { allow_lossy: allow ? true : undefined });
}

/** Gives a target column another name. */
export function renameColumn(mapping: Mapping, target: string, to: string): Op[] {
  const { value } = columns(mapping);
  const entry = value[target];
  if (to === target || to === "" || to in value) {
    return [];
  }
  const namesake = mapping.names.namesake(target, stream(mapping).naming ?? "keep");
  const from = namesake === undefined ? undefined : mapping.names.columns[namesake]?.name;
  if (!isFields(entry)) {
    return from === undefined ? [] : onColumns(mapping, [{ op: "set", path: [to], value: { from } }]);
  }
  const named: Op[] = [{ op: "rename", path: [target], to }];
  const moved =
    !("from" in entry) && !("expr" in entry) && from !== undefined && passesAs(mapping, to) !== namesake;
  // The entry is written anew where it has to say its source: a name and a key of one entry cannot be changed at once.
  if (moved) {
    return onColumns(mapping, [
      { op: "remove", path: [target] },
      { op: "set", path: [to], value: { from, ...entry } },
    ]);
  }
  return onColumns(mapping, named);
}

const passesAs = (mapping: Mapping, target: string) =>
  mapping.names.namesake(target, stream(mapping).naming ?? "keep");

/** Keeps a source column from passing by its own name. */
export function leaveOut(mapping: Mapping, source: string): Op[] {
  const { select } = stream(mapping);
  const path = [...streamPath(mapping.place), "select"];
  const own = held(mapping.plain, mapping.place, "select").own;
  if (!select) {
    return [{ op: "set", path, value: ["*", `-${source}`] }];
  }
  if (select.includes(`-${source}`)) {
    return [];
  }
  const named = select.indexOf(source);
  const starred = select.includes("*");
  if (named < 0 && !starred) {
    return [];
  }
  const after = [...select.filter((_, index) => index !== named), ...(starred ? [`-${source}`] : [])];
  if (after.length === 0) {
    return [];
  }
  if (!own) {
    return [{ op: "set", path, value: after }];
  }
  return [
    ...(named >= 0 ? [{ op: "remove" as const, path: [...path, named] }] : []),
    ...(starred ? [{ op: "set" as const, path: [...path, after.length - 1], value: `-${source}` }] : []),
  ];
}

/** Lets a source column that was left out pass again. */
export function takeIn(mapping: Mapping, source: string): Op[] {
  const { select } = stream(mapping);
  const path = [...streamPath(mapping.place), "select"];
  const { own } = held(mapping.plain, mapping.place, "select");
  if (!select) {
    return [];
  }
  const out = select.indexOf(`-${source}`);
  if (out >= 0) {
    const after = select.filter((_, index) => index !== out);
    if (!own) {
      return [{ op: "set", path, value: after }];
    }
    return [{ op: "remove", path: after.length === 1 && after[0] === "*" ? path : [...path, out] }];
  }
  if (select.includes("*") || select.includes(source)) {
    return [];
  }
  return own
    ? [{ op: "set", path: [...path, select.length], value: source }]
    : [{ op: "set", path, value: [...select, source] }];
}
