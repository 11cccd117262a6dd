/**
 * The form of a connection's values as data: what it shows of them, and what those become that were typed. Invariant: a field that nobody
 * has touched changes nothing, whatever the file says there.
 */
import { isFields } from "@/features/designer/document/read";
import type { Plain } from "@/features/designer/document/sync-file";
import { words } from "@/words";
import { fieldAt, isWrong, keyOf, valueOf, type Field, type SecretTyped, type Typed } from "../fields";
import type { Sealed } from "../seal-and-push";
import { isSecretName } from "../secret-name";
import { isNamed, namedBy, referenceTo } from "./names";
import { laidOver, leavesOf, valueAt, withKey, type Keys } from "./values";

const text = words.environments;

/** A field, with what it shows before it is touched. */
export interface Drawn {
  field: Field;
  /** What stands at the place; empty where nothing does. */
  own: string;
  /** What holds where nothing is typed: what the connection has, under an environment's values. */
  base: string | undefined;
}

/** What was typed: nothing of fields that nobody has touched. */
export interface Touched {
  typed: Typed;
  secrets: Readonly<Record<string, SecretTyped>>;
}

/** How secrets are called here. */
export interface SecretNames {
  own: (field: Field) => string;
  /** Names of secrets that hold elsewhere, too. */
  taken: (field: Field) => ReadonlySet<string>;
}

export interface ValuesEdit {
  /** What stands at the place then. */
  after: Keys;
  sealed: readonly Sealed[];
  /** What is wrong, by the field's key. */
  wrong: Readonly<Record<string, string>>;
  /** Whether there is anything to save. */
  changes: boolean;
}

/** The fields that are drawn. One that cannot show what the file says is not, and neither is an address that nobody uses. */
export const drawnOf = (fields: readonly Field[], base: Keys | undefined, values: Keys): Drawn[] =>
  fields.flatMap((field) => {
    const [below, above] = [valueAt(base, field.path), valueAt(values, field.path)];
    const own = textOf(field, above);
    const isUnused =
      keyOf(field) === "url" && field.kind === "secret" && below === undefined && above === undefined;
    return own === undefined || isUnused ? [] : [{ field, own, base: base && baseText(field, below) }];
  });

/** The keys that no field shows, but for what the form is of. */
export const undrawnOf = (values: Keys, drawn: readonly Drawn[]): string[] => {
  const fields = drawn.map(({ field }) => field);
  return leavesOf(withKey(values, ["connector"], undefined)).flatMap(({ path }) =>
    fieldAt(path, fields) ? [] : [path.join(".")],
  );
};

/** A value as it is typed; `undefined` of one that a field of this kind cannot hold. */
export function textOf(field: Field, value: Plain | undefined): string | undefined {
  if (value === undefined) {
    return "";
  }
  if (field.kind === "secret") {
    return namedBy(value);
  }
  if (field.kind !== "list" && field.kind !== "map") {
    return typeof value === "object" || value === "" ? undefined : String(value);
  }
  const typed = linesOf(value)?.join("\n");
  const isKept = typed !== undefined && JSON.stringify(valueOf(field, typed)) === JSON.stringify(value);
  return isKept ? typed : undefined;
}

function linesOf(value: Plain): string[] | undefined {
  const lines = Array.isArray(value)
    ? value
    : isFields(value)
      ? Object.entries(value).map(([key, item]) => (typeof item === "string" ? `${key}: ${item}` : null))
      : [null];
  return lines.every((line) => typeof line === "string") ? lines : undefined;
}

const baseText = (field: Field, value: Plain | undefined): string =>
  textOf(field, value) ?? (field.kind === "secret" ? text.set : JSON.stringify(value));

/** The name that a secret's field shows: once a value is typed it has one of its own. */
export const nameShown = (own: string, touched: SecretTyped | undefined, fallback: string): string =>
  touched ? touched.name || (touched.value === "" ? "" : fallback) : own;

/** The values that what was typed makes; a field that was emptied falls back to the connection's, or is not set. */
export function editedValues(
  values: Keys,
  drawn: readonly Drawn[],
  { typed, secrets }: Touched,
  names: SecretNames,
): ValuesEdit {
  let after = values;
  const sealed: Sealed[] = [];
  const wrong: Record<string, string> = {};
  for (const { field, own, base } of drawn) {
    const key = keyOf(field);
    const isNeeded = field.required && base === undefined;
    if (field.kind === "secret") {
      const secret = secrets[key];
      const name = nameShown(own, secret, names.own(field));
      const value = secret?.value ?? "";
      if (value === "" ? name !== "" && !isNamed(name) : !isSecretName(name)) {
        wrong[key] = text.secretBad;
      } else if (value !== "" && (names.taken(field).has(name) || sealed.some((one) => one.name === name))) {
        wrong[key] = text.secretShared;
      } else if (value !== "") {
        sealed.push({ key, name, value });
      }
      if (name !== own) {
        if (name === "" && isNeeded) {
          wrong[key] = words.connections.needed;
        }
        after = withKey(after, field.path, name === "" ? undefined : referenceTo(name));
      }
      continue;
    }
    const now = typed[key] ?? own;
    if (now === own) {
      continue;
    }
    if (isWrong(field, now)) {
      wrong[key] = words.connections.notNumber;
    }
    if (isNeeded && own !== "" && now.trim() === "") {
      wrong[key] = words.connections.needed;
    }
    after = withKey(after, field.path, valueOf(field, now) as Plain | undefined);
  }
  const changes = sealed.length > 0 || JSON.stringify(after) !== JSON.stringify(values);
  return { after, sealed, wrong, changes };
}

/** Values that name their secrets so. */
export const withSealed = (values: Keys, fields: readonly Field[], sealed: readonly Sealed[]): Keys =>
  sealed.reduce((now, { key, name }) => {
    const path = fields.find((field) => keyOf(field) === key)?.path;
    return path ? withKey(now, path, referenceTo(name)) : now;
  }, values);

/** Whether a connection has all that its connector asks for. */
export function suffices(fields: readonly Field[], base: Keys | undefined, over: Keys): boolean {
  const all = laidOver(base, over);
  return fields.every((field) => !field.required || valueAt(all, field.path) !== undefined);
}
