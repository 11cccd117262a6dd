/** What source and target hold: streams with their columns. */
import type { Column } from "../mapping/types";

/** A table, file or object as discovery tells it. */
export interface StreamSpec {
  stream: string;
  columns: Column[];
  primaryKey: string[];
  rows?: number;
}

export interface Catalog {
  /** Changes when a connection may hold something else than before. */
  edition: (connection: string) => string;
  /** The names of what a connection holds. */
  list: (connection: string, signal: AbortSignal) => Promise<string[]>;
  /** One stream; nothing where the connection holds none of that name. */
  find: (connection: string, stream: string, signal: AbortSignal) => Promise<StreamSpec | undefined>;
}

/** Reads what the `discover` job tells; numbers come as texts. */
export function readSpecs(result: unknown): StreamSpec[] {
  const streams = list(field(result, "streams"));
  return streams.map((found) => {
    const rows = Number(field(found, "estimated_rows") ?? NaN);
    return {
      stream: text(field(found, "stream")),
      primaryKey: list(field(found, "primary_key")).map(text),
      columns: list(field(found, "columns")).map((column) => ({
        name: text(field(column, "name")),
        type: text(field(column, "type")),
        native: text(field(column, "native")),
        nullable: field(column, "nullable") !== false,
      })),
      ...(Number.isFinite(rows) && { rows }),
    };
  });
}

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string => (typeof value === "string" ? value : "");

export { field, text };
