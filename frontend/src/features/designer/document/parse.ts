/** From text to a document with places. Aliases and tags are refused, as the engine refuses them. */
import { type Document, isScalar, LineCounter, parseDocument, visit } from "yaml";

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
  // The library compares each key with all before it: a thousand columns take it longer than all the rest.
  const doc = parseDocument(text, { lineCounter: lines, version: "1.2", merge: false, uniqueKeys: false });
  const failed = (offset: number, why: string): Parsed => {
    const { line, col } = lines.linePos(offset);
    return { ok: false, problem: { line: Math.max(line, 1), character: Math.max(col, 1), offset, why } };
  };
  const error = doc.errors[0];
  if (error) {
    return failed(error.pos[0], firstLine(error.message));
  }
  const refused = refusedIn(doc);
  if (refused) {
    return failed(refused.offset, refused.why);
  }
  const plain = (doc.toJS() ?? {}) as Plain;
  if (typeof plain !== "object" || plain === null || Array.isArray(plain)) {
    return failed(0, "a sync file is a mapping that begins with `version: 1`");
  }
  return { ok: true, source: { text, doc, plain } };
}

/** The first alias, or key that stands twice in its mapping. */
function refusedIn(doc: Document.Parsed): { offset: number; why: string } | undefined {
  let refused: { offset: number; why: string } | undefined;
  visit(doc, {
    Alias(_, { range }) {
      refused = { offset: range?.[0] ?? 0, why: "aliases are not supported" };
      return visit.BREAK;
    },
    Map(_, { items }) {
      const known = new Set<unknown>();
      for (const { key } of items) {
        if (isScalar(key) && known.size === known.add(key.value).size) {
          refused = { offset: key.range?.[0] ?? 0, why: "Map keys must be unique" };
          return visit.BREAK;
        }
      }
      return undefined;
    },
  });
  return refused;
}

/** The library adds the place and an excerpt to its message; the place is told by itself. */
function firstLine(message: string): string {
  return (message.split("\n")[0] ?? message).replace(/ at line \d+, column \d+:?$/, "");
}
