/** A connector's form, read from its JSON Schema. */
export type Field = {
  /** Its keys in the connection, from the outside in. */
  path: readonly string[];
  name: string;
  help: string;
  required: boolean;
  /** Behind `Advanced`: what few connections need. */
  advanced: boolean;
} & Kind;

type Kind =
  | { kind: "text" | "secret" | "boolean" | "list" | "map" }
  | { kind: "number"; least?: number; most?: number }
  | { kind: "choice"; choices: { value: string; help: string }[] };

interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  additionalProperties?: unknown;
  required?: string[];
  description?: string;
  writeOnly?: boolean;
  minimum?: number;
  maximum?: number;
  $defs?: Record<string, Schema>;
}

/** How many scalars stand before `Advanced`. */
const PLAIN = 6;

/** The fields of a form, in the schema's order; those of nested tables after one another. */
export function fieldsOf(form: unknown): Field[] {
  const root = form as Schema;
  return read(root, root.$defs ?? {}, [], false);
}

function read(
  schema: Schema,
  defs: Record<string, Schema>,
  path: readonly string[],
  advanced: boolean,
): Field[] {
  let plain = 0;
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]): Field[] => {
    const own = resolve(property, defs);
    const at = [...path, key];
    if (own.properties) {
      return read(own, defs, at, true);
    }
    const help = firstSentences(property.description ?? own.description ?? "");
    const required = schema.required?.includes(key) ?? false;
    // Help such as `CSV: …` says that it matters to some only.
    const isSpecial = /^[A-Z][\w ]*: /.test(help);
    plain += isSpecial ? 0 : 1;
    const hidden = advanced || (!required && (isSpecial || plain > PLAIN));
    return [{ path: at, name: nameOf(at), help, required, advanced: hidden, ...kindOf(own) }];
  });
}

/** What is meant: references followed, `null` left out. */
function resolve(schema: Schema, defs: Record<string, Schema>): Schema {
  if (schema.$ref !== undefined) {
    return resolve(defs[schema.$ref.replace("#/$defs/", "")] ?? {}, defs);
  }
  const others = schema.anyOf?.filter((one) => one.type !== "null");
  return others?.length === 1 && others[0] ? resolve(others[0], defs) : schema;
}

function kindOf(schema: Schema): Kind {
  const types = [schema.type ?? []].flat().filter((type) => type !== "null");
  if (schema.writeOnly) {
    return { kind: "secret" };
  }
  const choices = schema.oneOf?.flatMap((one) =>
    typeof one.const === "string" ? [{ value: one.const, help: one.description ?? "" }] : [],
  );
  if (choices && choices.length > 0) {
    return { kind: "choice", choices };
  }
  if (schema.enum) {
    return {
      kind: "choice",
      choices: schema.enum.filter((value) => typeof value === "string").map((value) => ({ value, help: "" })),
    };
  }
  if (types.length === 1 && (types[0] === "integer" || types[0] === "number")) {
    const { minimum, maximum } = schema;
    return {
      kind: "number",
      ...(minimum !== undefined && { least: minimum }),
      ...(maximum !== undefined && { most: maximum }),
    };
  }
  switch (types[0]) {
    case "boolean":
      return { kind: "boolean" };
    case "array":
      return { kind: "list" };
    case "object":
      return { kind: "map" };
    default:
      return { kind: "text" };
  }
}

/** `ssh.known_hosts` as `SSH known hosts`. */
function nameOf(path: readonly string[]): string {
  const words = path
    .flatMap((key) => key.split("_"))
    .map((word) => (["tls", "ssh", "ca", "url"].includes(word) ? word.toUpperCase() : word));
  const name = words.join(" ");
  return name.charAt(0).toUpperCase() + name.slice(1);
}

const firstSentences = (text: string): string => (text.split("\n")[0] ?? "").replaceAll("`", "");

/** What was typed, by the field's path joined with dots. */
export type Typed = Readonly<Record<string, string>>;

/** A secret that is to be sealed: the name that the file gets, and the value that it never gets. */
export interface SecretTyped {
  name: string;
  value: string;
}

export const keyOf = (field: Pick<Field, "path">): string => field.path.join(".");

/** The field that a path leads to, or into. */
export const fieldAt = (path: readonly string[], fields: readonly Field[]): Field | undefined =>
  fields.find((field) => field.path.every((key, at) => path[at] === key));

/** The value of the file for what was typed; `undefined` leaves the key out. */
export function valueOf(field: Field, typed: string): unknown {
  if (typed.trim() === "") {
    return undefined;
  }
  switch (field.kind) {
    case "number":
      return Number(typed);
    case "boolean":
      return typed === "true";
    case "list":
      return typed.split("\n").filter((line) => line !== "");
    case "map":
      return Object.fromEntries(
        typed.split("\n").flatMap((line) => {
          const colon = line.indexOf(":");
          return colon < 0 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]];
        }),
      );
    default:
      return typed;
  }
}

/** Whether what was typed cannot be the field's value. */
export function isWrong(field: Field, typed: string): boolean {
  if (field.kind !== "number" || typed.trim() === "") {
    return false;
  }
  const number = Number(typed);
  return (
    !Number.isInteger(number) || number < (field.least ?? -Infinity) || number > (field.most ?? Infinity)
  );
}

/** The fields of a pasted address that the form has: host, port, database, user; the password by itself. */
export function partsOf(
  address: string,
  fields: readonly Field[],
): { typed: Typed; password: string } | undefined {
  if (!URL.canParse(address)) {
    return undefined;
  }
  const url = new URL(address);
  const has = new Set(fields.map(keyOf));
  const parts: Record<string, string> = {
    host: url.hostname,
    port: url.port,
    database: decodeURIComponent(url.pathname.slice(1)),
    user: decodeURIComponent(url.username),
  };
  const typed = Object.fromEntries(
    Object.entries(parts).filter(([key, value]) => value !== "" && has.has(key)),
  );
  return { typed, password: decodeURIComponent(url.password) };
}
