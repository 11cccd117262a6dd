/**
 * Changes of a file's text. Each is spliced into the text, read again and held against what was asked; where the text has no place
 * for it, the library's own writer takes over, which keeps comments and order but not every space.
 */
import { parse, type Source } from "./parse";
import { at, changed, same } from "./plain";
import { isFields } from "./read";
import { nested, type Op, type Splice, Splicer } from "./splice";
import type { Path, Plain } from "./sync-file";

/** Makes all changes, or none: `undefined` where one cannot be made. */
export function edited(source: Source, ops: readonly Op[]): Source | undefined {
  const asked = together(ops, source.plain);
  if (asked.length === 0) {
    return source;
  }
  return atOnce(source, asked) ?? inTurn(source, asked);
}

/** All changes in one reading of the text, where they do not touch each other. */
function atOnce(source: Source, ops: readonly Op[]): Source | undefined {
  const splicer = new Splicer(source);
  const splices: Splice[] = [];
  let want: Plain = source.plain;
  for (const op of ops) {
    const splice = splicer.of(op);
    if (splice === undefined) {
      return undefined;
    }
    splices.push(splice);
    want = changed(want, op);
  }
  const text = spliced(source.text, splices);
  return text === undefined ? undefined : accepted(text, want);
}

function inTurn(source: Source, ops: readonly Op[]): Source | undefined {
  let now: Source | undefined = source;
  for (const op of ops) {
    if (now === undefined) {
      return undefined;
    }
    now = (ops.length > 1 ? atOnce(now, [op]) : undefined) ?? rewritten(now, op);
  }
  return now;
}

function accepted(text: string, want: Plain): Source | undefined {
  const read = parse(text);
  return read.ok && same(read.source.plain, want) ? read.source : undefined;
}

/** The text with all splices; `undefined` where two overlap. Those at one place follow in their order. */
function spliced(text: string, splices: readonly Splice[]): string | undefined {
  const ordered = splices.toSorted((one, other) => one.at - other.at);
  let out = "";
  let done = 0;
  for (const { at: start, remove, insert } of ordered) {
    if (start < done) {
      return undefined;
    }
    out += text.slice(done, start) + insert;
    done = start + remove;
  }
  return out + text.slice(done);
}

/** By the library's writer. */
function rewritten(source: Source, op: Op): Source | undefined {
  const read = parse(source.text);
  if (!read.ok) {
    return undefined;
  }
  const { doc } = read.source;
  const want = changed(source.plain, op);
  const parent = at(source.plain, op.path.slice(0, -1));
  if (op.op === "set") {
    doc.setIn(op.path, doc.createNode(op.value));
  } else if (op.op === "remove") {
    doc.deleteIn(op.path);
  } else if (isFields(parent)) {
    doc.setIn(op.path.slice(0, -1), doc.createNode(at(want, op.path.slice(0, -1))));
  }
  return accepted(doc.toString({ lineWidth: 0 }), want);
}

/** Puts what is set below one parent that is not there into one change, which makes that parent. */
function together(ops: readonly Op[], plain: Plain): Op[] {
  const made = new Map<string, Op & { op: "set" }>();
  const out: Op[] = [];
  for (const op of ops) {
    const missing = op.op === "set" ? firstMissing(plain, op.path) : undefined;
    if (op.op !== "set" || missing === undefined || missing.length === op.path.length) {
      out.push(op);
      continue;
    }
    const name = JSON.stringify(missing);
    const known = made.get(name);
    const rest = op.path.slice(missing.length);
    if (known) {
      known.value = changed(known.value, { op: "set", path: rest, value: op.value });
    } else {
      const fresh = { op: "set" as const, path: missing, value: nested(rest, op.value) };
      made.set(name, fresh);
      out.push(fresh);
    }
  }
  return out;
}

/** The shortest beginning of a path that leads nowhere. */
function firstMissing(plain: Plain, path: Path): Path | undefined {
  for (let length = 1; length <= path.length; length += 1) {
    const found = at(plain, path.slice(0, length));
    if (found === undefined || found === null) {
      return path.slice(0, length);
    }
  }
  return undefined;
}
