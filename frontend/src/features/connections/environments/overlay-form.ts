/**
 * An environment's form as data: what it shows of an overlay, and the overlay that what was typed makes of it. Invariant: a field that
 * nobody has touched changes nothing, whatever the file says there.
 */
import { isFields } from "@/features/designer/document/read";
import type { Plain } from "@/features/designer/document/sync-file";
import { words } from "@/words";
import type { SecretTyped } from "../field-control";
import { isWrong, keyOf, valueOf, type Field, type Typed } from "../fields";
import type { Sealed } from "../seal-and-push";
import { isSecretName } from "../secret-name";
import { fieldAt, leavesOf } from "./differences";
import { isNamed, namedBy, referenceTo } from "./names";
import { laidOver, valueAt, withKey, type Keys } from "./overlay";

const text = words.environments;

/** A field, with what it shows before it is touched. */
export interface Drawn {
  field: Field;
  /** What the environment has of its own; empty where it has nothing. */
  own: string;
  /** What the connection has. */
  base: string;
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
  taken: ReadonlySet<string>;
}

export interface OverlayEdit {
  /** What the environment has then. */
  after: Keys;
  sealed: readonly Sealed[];
  /** What is wrong, by the field's key. */
  wrong: Readonly<Record<string, string>>;
  /** Whether there is anything to save. */
  changes: boolean;
}

/** The fields that are drawn. One that cannot show what the file says is not, and neither is an address that nobody uses. */
export const drawnOf = (fields: readonly Field[], base: Keys, overlay: Keys): Drawn[] =>
  fields.flatMap((field) => {
    const [below, above] = [valueAt(base, field.path), valueAt(overlay, field.path)];
    const own = textOf(field, above);
    const isUnused =
      keyOf(field) === "url" && field.kind === "secret" && below === undefined && above === undefined;
    return own === undefined || isUnused ? [] : [{ field, own, base: baseText(field, below) }];
  });

/** The keys of an overlay that no field shows. */
export const undrawnOf = (overlay: Keys, drawn: readonly Drawn[]): string[] => {
  const fields = drawn.map(({ field }) => field);
  return leavesOf(overlay).flatMap(({ path }) => (fieldAt(path, fields) ? [] : [path.join(".")]));
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

/** The overlay that what was typed makes; a field that was emptied falls back to the connection's. */
export function editedOverlay(
  overlay: Keys,
  drawn: readonly Drawn[],
  { typed, secrets }: Touched,
  names: SecretNames,
): OverlayEdit {
  let after = overlay;
  const sealed: Sealed[] = [];
  const wrong: Record<string, string> = {};
  for (const { field, own } of drawn) {
    const key = keyOf(field);
    if (field.kind === "secret") {
      const secret = secrets[key];
      const name = nameShown(own, secret, names.own(field));
      const value = secret?.value ?? "";
      if (value === "" ? name !== "" && !isNamed(name) : !isSecretName(name)) {
        wrong[key] = text.secretBad;
      } else if (value !== "" && names.taken.has(name)) {
        wrong[key] = text.secretShared;
      } else if (value !== "") {
        sealed.push({ key, name, value });
      }
      if (name !== own) {
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
    after = withKey(after, field.path, valueOf(field, now) as Plain | undefined);
  }
  const changes = sealed.length > 0 || JSON.stringify(after) !== JSON.stringify(overlay);
  return { after, sealed, wrong, changes };
}

/** An overlay that names its secrets so. */
export const withSealed = (overlay: Keys, fields: readonly Field[], sealed: readonly Sealed[]): Keys =>
  sealed.reduce((now, { key, name }) => {
    const path = fields.find((field) => keyOf(field) === key)?.path;
    return path ? withKey(now, path, referenceTo(name)) : now;
  }, overlay);

/** Whether a connection has all that its connector asks for. */
export function suffices(fields: readonly Field[], base: Keys, over: Keys): boolean {
  const all = laidOver(base, over);
  return fields.every((field) => !field.required || valueAt(all, field.path) !== undefined);
}
