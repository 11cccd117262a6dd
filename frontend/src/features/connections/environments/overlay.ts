/**
 * What environments lay over a connection, read from a file's plain data. An overlay is laid over a connection's own keys as the agent
 * does it: mappings under one key merge again, and all else takes the place of what was there.
 */
import { isFields } from "@/features/designer/document/read";
import type { Plain } from "@/features/designer/document/sync-file";

export type Keys = Readonly<Record<string, Plain>>;

/** One connection where one environment holds. */
export interface Place {
  environment: string;
  connection: string;
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

/** A connection's own keys. */
export const baseOf = (file: Plain, connection: string): Keys => keysAt(file, ["connections", connection]);

export const pathOf = ({ environment, connection }: Place): string[] => [
  "environments",
  environment,
  "connections",
  connection,
];

/** What an environment changes of a connection; nothing where it does not name it. */
export const overlayOf = (file: Plain, place: Place): Keys => keysAt(file, pathOf(place));

/** All that is laid over a connection, in the file's order. */
export const overlaysOf = (file: Plain, connection: string): Overlay[] =>
  environmentsOf(file).flatMap((environment) => {
    const place = { environment, connection };
    return valueAt(file, pathOf(place)) === undefined ? [] : [{ environment, keys: overlayOf(file, place) }];
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
