/** Names that the form gives, and those that it takes. */
import { secretsOf } from "@/features/send/secrets-in";
import type { Plain } from "@/features/designer/document/sync-file";
import type { Field } from "../fields";
import { isSecretName, plain, secretNameOf } from "../secret-name";
import { pathOf, withKey, type Keys, type Place } from "./values";

/**
 * Whether an environment can be called that. A file takes any key; an agent's `environment`, which chooses one, takes no white space.
 */
export const isEnvironmentName = (name: string): boolean => /^\P{White_Space}+$/u.test(name);

const SECRET = "secret://";
const VARIABLE = /^\$\{[A-Za-z_]\w*\}$/;

/** Whether a value only says where the real one is, and so is no secret itself. */
export const isReference = (value: string): boolean => value.startsWith(SECRET) || VARIABLE.test(value);

/** What the form shows of a reference: a secret's name, or a variable as it is; `undefined` of what it cannot show. */
export function namedBy(reference: Plain): string | undefined {
  if (typeof reference !== "string" || !isReference(reference)) {
    return undefined;
  }
  return reference.startsWith(SECRET) ? reference.slice(SECRET.length) : reference;
}

export const isNamed = (name: string): boolean => isSecretName(name) || VARIABLE.test(name);

/** What the file gets for such a name. */
export const referenceTo = (name: string): string => (VARIABLE.test(name) ? name : SECRET + name);

/** The secrets that a file names besides that of a field at this place: a value given under one of them would hold there, too. */
export const namedElsewhere = (file: Plain, place: Place, field: Pick<Field, "path">): ReadonlySet<string> =>
  new Set(secretsOf(withKey(file as Keys, [...pathOf(place), ...field.path], undefined)));

/** The name that a secret gets by itself: its connection's, with the environment behind it where it is one's, and nobody else's. */
export function ownSecretName(
  { environment, connection }: Place,
  field: Pick<Field, "path">,
  taken: ReadonlySet<string>,
): string {
  const end = environment === undefined ? "" : `-${plain(environment) || "environment"}`;
  const named = secretNameOf(connection, field) + end;
  let name = named;
  for (let count = 2; taken.has(name); count += 1) {
    name = `${named}-${count}`;
  }
  return name;
}
