/** New text of a sync file: scalars and collections as they stand in a block, in braces or in JSON. */
import { Scalar, stringify } from "yaml";

import type { Plain } from "./sync-file";

/** Where a value is to stand. */
export interface Place {
  /** In braces or brackets, on one line. */
  flow: boolean;
  /** In a file that is JSON. */
  json: boolean;
  /** Spaces before the keys of a collection that begins on the next line. */
  indent: number;
  /** The line's end. */
  eol: string;
}

const plainOptions = { lineWidth: 0, version: "1.2" } as const;

/** A scalar on one line. `style` keeps the quotes that it had. */
export function scalar(value: Plain, place: Place, style?: Scalar.Type | null): string {
  if (place.json || (typeof value === "string" && /[\n\r\t\p{Cc}]/u.test(value))) {
    return JSON.stringify(value);
  }
  const kept =
    style === Scalar.QUOTE_DOUBLE || style === Scalar.QUOTE_SINGLE ? { defaultStringType: style } : {};
  const options = { ...plainOptions, ...kept };
  if (!place.flow) {
    return stringify(value, options).trimEnd();
  }
  return stringify([value], { ...options, collectionStyle: "flow" })
    .trim()
    .slice(1, -1)
    .trim();
}

/** A key as it stands before its colon. */
export function key(name: string, place: Place): string {
  if (place.json) {
    return JSON.stringify(name);
  }
  const text = stringify(
    { [name]: 0 },
    { ...plainOptions, collectionStyle: place.flow ? "flow" : "block" },
  ).trim();
  const bare = place.flow ? text.slice(1, -1).trim() : text;
  return bare.slice(0, bare.lastIndexOf(":")).trimEnd();
}

/** A whole value on one line. */
export function inline(value: Plain, place: Place): string {
  const within = { ...place, flow: true };
  if (Array.isArray(value)) {
    return `[${value.map((item) => inline(item, within)).join(", ")}]`;
  }
  if (typeof value !== "object" || value === null) {
    return scalar(value, place);
  }
  const pairs = Object.entries(value).map(([name, item]) => `${key(name, within)}: ${inline(item, within)}`);
  return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
}

/** Several lines as they are, if they can stand as a block; `undefined` where only quotes keep them. */
function literal(value: string, place: Place): string | undefined {
  const readable = !/[^\n\P{Cc}]/u.test(value) && !/^\s|\n\s*$/.test(value) && value.includes("\n");
  if (!readable || place.flow || place.json) {
    return undefined;
  }
  const lines = value.split("\n").map((line) => (line === "" ? "" : " ".repeat(place.indent) + line));
  return `|-${place.eol}${lines.join(place.eol)}`;
}

/** What stands behind a colon, the space or the line's end before it included. */
export function behindColon(value: Plain, place: Place): string {
  if (typeof value === "string") {
    return ` ${literal(value, place) ?? scalar(value, place)}`;
  }
  const nested =
    typeof value === "object" && value !== null && !Array.isArray(value) && !place.flow && !place.json;
  if (!nested || isShort(value)) {
    return ` ${inline(value, place)}`;
  }
  const deeper = { ...place, indent: place.indent + 2 };
  const lines = Object.entries(value).map(
    ([name, item]) => `${" ".repeat(place.indent)}${key(name, place)}:${behindColon(item, deeper)}`,
  );
  return place.eol + lines.join(place.eol);
}

const BRACED = new Set(
  "from expr type native mask allow_lossy partial keep_first keep_last keep cron every at after timezone misfire overlap paused".split(
    " ",
  ),
);

/** Whether a mapping is read best in braces on one line, as a column or a schedule usually stands. */
function isShort(value: Record<string, Plain>): boolean {
  const long = Object.values(value).some(
    (item) => typeof item === "string" && (item.includes("\n") || item.length > 60),
  );
  return !long && Object.keys(value).every((name) => BRACED.has(name));
}
