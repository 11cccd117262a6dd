/** From text to a document with places. Aliases and tags are refused, as the engine refuses them. */
import { type Document, isAlias, isCollection, isPair, isScalar, LineCounter, parseDocument } from "yaml";

import type { Plain } from "./sync-file";

/** Where a text cannot be read, and why. Lines and characters count from 1. */
export interface Problem {
  line: number;
  character: number;
  offset: number;
  why: string;
}

/** A text that can be read. */
export interface Source {
  readonly text: string;
  readonly doc: Document.Parsed;
  readonly plain: Plain;
}

export type Parsed = { ok: true; source: Source } | { ok: false; problem: Problem };

export function parse(text: string): Parsed {
  const lines = new LineCounter();
  // The library compares each key with all before it, which is a third of its time with a thousand columns: `refusedIn` looks itself.
  const doc = parseDocument(text, { lineCounter: lines, version: "1.2", merge: false, uniqueKeys: false });
  const failed = (offset: number, why: string): Parsed => {
    const { line, col } = lines.linePos(offset);
    return { ok: false, problem: { line: Math.max(line, 1), character: Math.max(col, 1), offset, why } };
  };
  const error = doc.errors[0];
  if (error) {
    return failed(error.pos[0], firstLine(error.message));
  }
  const refused = refusedIn(doc.contents);
  if (refused) {
    return failed(refused.offset, refused.why);
  }
  const plain = (doc.toJS() ?? {}) as Plain;
  if (typeof plain !== "object" || plain === null || Array.isArray(plain)) {
    return failed(0, "a sync file is a mapping that begins with `version: 1`");
  }
  return { ok: true, source: { text, doc, plain } };
}

/** What the library takes and the engine refuses. */
interface Refused {
  offset: number;
  why: string;
}

/** The first alias, or key that stands twice in its mapping. */
function refusedIn(node: unknown): Refused | undefined {
  if (isAlias(node)) {
    return { offset: node.range?.[0] ?? 0, why: "aliases are not supported" };
  }
  if (!isCollection(node)) {
    return undefined;
  }
  const keys = new Set<unknown>();
  for (const item of node.items) {
    if (isPair(item) && isScalar(item.key)) {
      if (keys.has(item.key.value)) {
        return { offset: item.key.range?.[0] ?? 0, why: "Map keys must be unique" };
      }
      keys.add(item.key.value);
    }
    const refused = isPair(item) ? (refusedIn(item.key) ?? refusedIn(item.value)) : refusedIn(item);
    if (refused) {
      return refused;
    }
  }
  return undefined;
}

/** The library adds the place and an excerpt to its message; the place is told by itself. */
function firstLine(message: string): string {
  return (message.split("\n")[0] ?? message).replace(/ at line \d+, column \d+:?$/, "");
}
