/**
 * The values of a connection, its own and those that environments lay over them, read from a file's plain data. They are laid over as
 * the agent does it: mappings under one key merge again, and all else takes the place of what was there.
 */
import { isFields } from "@/features/designer/document/read";
import type { Plain } from "@/features/designer/document/sync-file";

export type Keys = Readonly<Record<string, Plain>>;

/** Where values of a connection stand: with an environment, or as its own. */
export interface Place {
  connection: string;
  environment?: string;
}

export interface Overlay {
  environment: string;
  keys: Keys;
}

/** A value's own entries; none of anything but a mapping. */
export const entriesOf = (value: Plain | undefined): [string, Plain][] =>
  isFields(value) ? Object.entries(value) : [];

/** What a path of keys leads to. Keys are a user's names, `constructor` among them. */
export function valueAt(value: Plain | undefined, path: readonly string[]): Plain | undefined {
  return path.reduce<Plain | undefined>(
    (found, key) => (isFields(found) && Object.hasOwn(found, key) ? found[key] : undefined),
    value,
  );
}

const keysAt = (file: Plain, path: readonly string[]): Keys => {
  const found = valueAt(file, path);
  return isFields(found) ? found : {};
};

/** The names of a file's environments, in its order. */
export const environmentsOf = (file: Plain): string[] => Object.keys(keysAt(file, ["environments"]));

export const pathOf = ({ environment, connection }: Place): string[] => [
  ...(environment === undefined ? [] : ["environments", environment]),
  "connections",
  connection,
];

/** The values that stand at a place; nothing where the file has none. */
export const valuesOf = (file: Plain, place: Place): Keys => keysAt(file, pathOf(place));

/** What an environment's values are laid over; a connection's own have nothing below them. */
export const baseOf = (file: Plain, { connection, environment }: Place): Keys | undefined =>
  environment === undefined ? undefined : valuesOf(file, { connection });

/** All that is laid over a connection, in the file's order. */
export const overlaysOf = (file: Plain, connection: string): Overlay[] =>
  environmentsOf(file).flatMap((environment) => {
    const place = { environment, connection };
    return valueAt(file, pathOf(place)) === undefined ? [] : [{ environment, keys: valuesOf(file, place) }];
  });

export function laidOver(base: Plain | undefined, over: Plain): Plain {
  if (!isFields(base) || !isFields(over)) {
    return over;
  }
  const own = Object.entries(base).map(([key, value]): [string, Plain] => [
    key,
    Object.hasOwn(over, key) ? laidOver(value, over[key] as Plain) : value,
  ]);
  const added = Object.entries(over).filter(([key]) => !Object.hasOwn(base, key));
  return Object.fromEntries([...own, ...added]);
}

/** All values of keys, those of nested mappings one by one. */
export function leavesOf(keys: Keys, before: readonly string[] = []): { path: string[]; value: Plain }[] {
  return Object.entries(keys).flatMap(([key, value]) => {
    const path = [...before, key];
    return isFields(value) && !isEmpty(value) ? leavesOf(value, path) : [{ path, value }];
  });
}

/** The keys after one was set, or taken away together with the mappings that it leaves empty. */
export function withKey(keys: Keys, [key, ...rest]: readonly string[], value: Plain | undefined): Keys {
  if (key === undefined) {
    return keys;
  }
  const now = valueAt(keys, [key]);
  const inner = isFields(now) ? now : {};
  const next = rest.length === 0 ? value : withKey(inner, rest, value);
  const isGone = next === undefined || (rest.length > 0 && value === undefined && isEmpty(next));
  if (isGone) {
    return Object.fromEntries(Object.entries(keys).filter(([other]) => other !== key));
  }
  return now === undefined
    ? Object.fromEntries([...Object.entries(keys), [key, next]])
    : Object.fromEntries(Object.entries(keys).map(([other, old]) => [other, other === key ? next : old]));
}

export const isEmpty = (value: Plain | Keys | undefined): boolean => entriesOf(value).length === 0;
