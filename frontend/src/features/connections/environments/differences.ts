/**
 * What an environment changes, as it may be shown. Invariant: a value is readable only if the connector's form knows its key and does
 * not call it secret; of all else only a reference is shown, or that it is set.
 */
import { isFields } from "@/features/designer/document/read";
import type { Plain } from "@/features/designer/document/sync-file";
import { words } from "@/words";
import { fieldAt, type Field } from "../fields";
import { isReference } from "../values/names";
import { isEmpty, leavesOf, valueAt, type Keys } from "../values/values";

const text = words.environments;

export interface Difference {
  /** With dots where it is nested. */
  key: string;
  /** What the connection has; nothing where it does not have the key. */
  base: string | undefined;
  /** What the environment has. */
  here: string;
}

/** The keys that an overlay changes, in its order. */
export const differencesOf = (base: Keys, overlay: Keys, fields: readonly Field[]): Difference[] =>
  leavesOf(overlay).map(({ path, value }) => {
    const readable = isReadable(path, fields);
    const own = valueAt(base, path);
    return {
      key: path.join("."),
      base: own === undefined ? undefined : shown(own, readable),
      here: shown(value, readable),
    };
  });

function isReadable(path: readonly string[], fields: readonly Field[]): boolean {
  const field = fieldAt(path, fields);
  return field ? field.kind !== "secret" : path.length === 1 && path[0] === "max_streams";
}

function shown(value: Plain, readable: boolean): string {
  if (typeof value === "string" && (isReference(value) || readable)) {
    return value === "" ? "''" : value;
  }
  // A mapping in the place of a value is no value that the form knows.
  return !readable ? text.set : isFields(value) && !isEmpty(value) ? "{…}" : JSON.stringify(value);
}
