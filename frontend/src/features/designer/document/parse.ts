/** From text to a document with places. Aliases and tags are refused, as the engine refuses them. */
import { type Document, LineCounter, parseDocument, visit } from "yaml";

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
  const doc = parseDocument(text, { lineCounter: lines, version: "1.2", merge: false });
  const failed = (offset: number, why: string): Parsed => {
    const { line, col } = lines.linePos(offset);
    return { ok: false, problem: { line: Math.max(line, 1), character: Math.max(col, 1), offset, why } };
  };
  const error = doc.errors[0];
  if (error) {
    return failed(error.pos[0], firstLine(error.message));
  }
  let alias: number | undefined;
  visit(doc, {
    Alias(_, node) {
      alias = node.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  if (alias !== undefined) {
    return failed(alias, "aliases are not supported");
  }
  const plain = (doc.toJS() ?? {}) as Plain;
  if (typeof plain !== "object" || plain === null || Array.isArray(plain)) {
    return failed(0, "a sync file is a mapping that begins with `version: 1`");
  }
  return { ok: true, source: { text, doc, plain } };
}

/** The library adds the place and an excerpt to its message; the place is told by itself. */
function firstLine(message: string): string {
  return (message.split("\n")[0] ?? message).replace(/ at line \d+, column \d+:?$/, "");
}
