/** The model's types as words, their families and what a cast between two of them does: the engine's own rules (`transform::cast::fit`). */

/** A column of a source or of a target, as discovery tells it. */
export interface Column {
  name: string;
  type: string;
  /** The system's own word for it. */
  native?: string;
  nullable?: boolean;
}

export type Family = "num" | "text" | "time" | "bool" | "nest" | "id";

export const TYPES = [
  "bool",
  "int16",
  "int32",
  "int64",
  "float32",
  "float64",
  "decimal",
  "string",
  "binary",
  "date",
  "time",
  "timestamp",
  "timestamptz",
  "interval",
  "uuid",
  "json",
] as const;

const INTEGERS = new Set(["int16", "int32", "int64"]);
const FLOATS = new Set(["float32", "float64"]);

/** `decimal(10,2)` as `decimal`, `list<int64>` as `list`. */
export function base(type: string): string {
  return type.replace(/[(<].*$/, "").trim();
}

export function family(type: string): Family {
  const word = base(type);
  if (INTEGERS.has(word) || FLOATS.has(word) || word === "decimal") {
    return "num";
  }
  if (word === "date" || word === "time" || word === "interval" || word.startsWith("timestamp")) {
    return "time";
  }
  if (word === "bool") {
    return "bool";
  }
  if (word === "json" || word === "list") {
    return "nest";
  }
  return word === "uuid" || word === "binary" ? "id" : "text";
}

/** What stands in a type's glyph. */
export function glyph(type: string): string {
  const word = base(type);
  if (INTEGERS.has(word)) {
    return "123";
  }
  if (FLOATS.has(word)) {
    return "1.0";
  }
  const known: Record<string, string> = {
    decimal: ".00",
    bool: "T/F",
    date: "Day",
    time: "h:m",
    timestamp: "h:m",
    timestamptz: "h:m",
    interval: "h:m",
    json: "{ }",
    list: "[ ]",
    uuid: "ID",
    binary: "01",
  };
  return known[word] ?? "Abc";
}

export function isType(text: string): boolean {
  const decimal = /^decimal\((\d+),(\d+)\)$/.exec(text);
  if (decimal) {
    const [precision, scale] = [Number(decimal[1]), Number(decimal[2])];
    return precision >= 1 && precision <= 76 && scale <= precision;
  }
  const list = /^list<(.+)>$/.exec(text);
  return list ? isType(list[1] ?? "") : (TYPES as readonly string[]).includes(text);
}

/** What can be said of a cast before any value is seen. */
export type Fit = "same" | "exact" | "lossy" | "none";

const isNumber = (word: string) => INTEGERS.has(word) || FLOATS.has(word) || word === "decimal";

export function fit(from: string, to: string): Fit {
  if (from === to) {
    return "same";
  }
  const [a, b] = [base(from), base(to)];
  if ((a === "int16" && FLOATS.has(b)) || (b === "float64" && (a === "int32" || a === "float32"))) {
    return "exact";
  }
  if (FLOATS.has(b) && isNumber(a)) {
    return "lossy";
  }
  if (a.startsWith("timestamp") && (b === "date" || b === "time")) {
    return "lossy";
  }
  if (a === "list" && b === "list") {
    return fit(from.slice(5, -1), to.slice(5, -1));
  }
  if (a === "string" && b === "list") {
    return "none";
  }
  if (b === "string" || b === "json" || a === "string") {
    return "exact";
  }
  if (isNumber(a) && isNumber(b)) {
    return "exact";
  }
  const pairs = [
    "date:timestamp",
    "date:timestamptz",
    "timestamp:timestamptz",
    "timestamptz:timestamp",
    "uuid:binary",
    "binary:uuid",
  ];
  if (pairs.includes(`${a}:${b}`)) {
    return "exact";
  }
  return (a === "bool" && INTEGERS.has(b)) || (INTEGERS.has(a) && b === "bool") ? "exact" : "none";
}
