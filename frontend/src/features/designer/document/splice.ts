/**
 * One change of a file as a change of its text: what stands elsewhere stays as it is, byte for byte. A splice that cannot be found, or
 * would not say what was asked, is for [`edit`](./edit.ts) to notice.
 */
import {
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  Scalar,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";

import type { Source } from "./parse";
import { behindColon, inline, key as keyText, type Place, scalar } from "./render";
import type { Path, Plain } from "./sync-file";

export interface Splice {
  at: number;
  remove: number;
  insert: string;
}

/** A change of plain data. A missing parent is made; an index one past the end adds an item. */
export type Op =
  | { op: "set"; path: Path; value: Plain }
  | { op: "remove"; path: Path }
  | { op: "rename"; path: Path; to: string };

type Collection = YAMLMap | YAMLSeq;
type Item = Pair | Node;

/** What a collection is the value of. */
interface Owner {
  within: Collection;
  item: Item;
}

const isPair = (item: Item): item is Pair => !isNode(item);

/** The name of a key as the file means it. */
export function keyName(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

function items(collection: Collection): Item[] {
  return collection.items as Item[];
}

function place(collection: Collection, segment: string | number): number {
  if (isSeq(collection)) {
    return typeof segment === "number" && segment < collection.items.length ? segment : -1;
  }
  return items(collection).findIndex((item) => isPair(item) && keyName(item) === String(segment));
}

function valueOf(item: Item): Node | null {
  return isPair(item) ? ((item.value ?? null) as Node | null) : item;
}

function startOf(item: Item): number {
  const node = isPair(item) ? (item.key as Node) : item;
  return node.range?.[0] ?? -1;
}

/** Where a node's text ends: without the comments and empty lines behind it. */
export function endOf(node: Node): number {
  if (isCollection(node) && node.flow !== true) {
    const last = (node.items as Item[]).at(-1);
    if (last !== undefined) {
      return itemEnd(last);
    }
  }
  return node.range?.[1] ?? -1;
}

function itemEnd(item: Item): number {
  const value = valueOf(item);
  if (value?.range) {
    return endOf(value);
  }
  return isPair(item) ? ((item.key as Node).range?.[1] ?? -1) : -1;
}

export class Splicer {
  private readonly eol: string;
  private readonly json: boolean;

  constructor(private readonly source: Source) {
    this.eol = source.text.includes("\r\n") ? "\r\n" : "\n";
    this.json = /^\s*\{\s*("|\}|$)/.test(source.text);
  }

  /** The splice that makes a change; `undefined` where the text has no place for it. */
  of(op: Op): Splice | undefined {
    const { contents } = this.source.doc;
    if (!isMap(contents)) {
      return op.op === "set" ? this.whole(op) : undefined;
    }
    let collection: Collection = contents;
    let owner: Owner | undefined;
    for (const [depth, segment] of op.path.entries()) {
      const at = place(collection, segment);
      const rest = op.path.slice(depth + 1);
      const item = items(collection)[at];
      if (item === undefined) {
        return op.op === "set"
          ? this.add(collection, String(segment), nested(rest, op.value), owner)
          : undefined;
      }
      if (rest.length === 0) {
        if (op.op === "remove") {
          const emptied = collection.items.length === 1 && collection.flow !== true;
          if (owner && emptied) {
            return this.replace(owner.within, owner.item, isSeq(collection) ? [] : {});
          }
          return this.remove(collection, at);
        }
        if (op.op === "rename") {
          return this.rename(collection, item, op.to);
        }
        return this.replace(collection, item, op.value);
      }
      const value = valueOf(item);
      if (isCollection(value)) {
        owner = { within: collection, item };
        collection = value;
      } else {
        return op.op === "set" ? this.replace(collection, item, nested(rest, op.value)) : undefined;
      }
    }
    return undefined;
  }

  private place(flow: boolean, indent: number): Place {
    return { flow, json: this.json, indent, eol: this.eol };
  }

  /** Writes into a file that says nothing yet. */
  private whole({ path, value }: { path: Path; value: Plain }): Splice {
    const { text } = this.source;
    const fresh = behindColon(nested(path, value), this.place(false, 0)).trimStart();
    const gap = text === "" || text.endsWith("\n") ? "" : this.eol;
    return { at: text.length, remove: 0, insert: `${gap}${fresh}${this.eol}` };
  }

  private columnOf(offset: number): number {
    return offset - (this.source.text.lastIndexOf("\n", offset - 1) + 1);
  }

  /** Where the line ends in which something ends, before its line break. */
  private lineEnd(end: number): number {
    const { text } = this.source;
    const found = text.indexOf("\n", end > 0 && text[end - 1] === "\n" ? end - 1 : end);
    const at = found < 0 ? text.length : found;
    return text[at - 1] === "\r" ? at - 1 : at;
  }

  private replace(within: Collection, item: Item, value: Plain): Splice | undefined {
    const old = valueOf(item);
    const flow = within.flow === true;
    const indent = this.columnOf(startOf(item)) + 2;
    if (isPair(item)) {
      const keyEnd = (item.key as Node).range?.[1];
      if (keyEnd === undefined) {
        return undefined;
      }
      const colon = this.source.text.indexOf(":", keyEnd);
      if (colon < 0) {
        return undefined;
      }
      const onOneLine =
        old !== null && isScalar(old) && !isBlock(old) && old.range && old.range[1] > old.range[0];
      if (onOneLine && !this.isLong(value, flow)) {
        const [start, end] = old.range as [number, number, number];
        const text =
          typeof value === "object" && value !== null ? inline(value, this.place(flow, indent)) : undefined;
        return {
          at: start,
          remove: end - start,
          insert: text ?? scalar(value, this.place(flow, indent), old.type),
        };
      }
      let end = old === null ? colon + 1 : Math.max(endOf(old), colon + 1);
      while (end > colon + 1 && /\s/.test(this.source.text[end - 1] ?? "")) {
        end -= 1;
      }
      const fresh = behindColon(value, this.place(flow, indent));
      if (old === null || end === colon + 1) {
        return this.behind(colon + 1, fresh);
      }
      const wasBlock = isCollection(old) && old.flow !== true;
      if (wasBlock !== fresh.startsWith(this.eol)) {
        // Lines become one, or one becomes lines: a comment behind the key stays behind it.
        const { text } = this.source;
        const stop = this.lineEnd(end);
        const insert = wasBlock
          ? fresh + text.slice(colon + 1, this.lineEnd(colon))
          : text.slice(end, stop) + fresh;
        return { at: colon + 1, remove: stop - colon - 1, insert };
      }
      return { at: colon + 1, remove: end - colon - 1, insert: fresh };
    }
    if (old?.range === null || old?.range === undefined) {
      return undefined;
    }
    const start = old.range[0];
    const end = endOf(old);
    const style = isScalar(old) ? old.type : undefined;
    const text =
      typeof value === "object" && value !== null
        ? inline(value, this.place(flow, indent))
        : scalar(value, this.place(flow, indent), style);
    return { at: start, remove: end - start, insert: text };
  }

  /** Behind a colon that has no value: before a comment on its line where it is one line, else below it. */
  private behind(colonEnd: number, fresh: string): Splice {
    const at = fresh.startsWith(this.eol) ? this.lineEnd(colonEnd) : colonEnd;
    return { at, remove: 0, insert: fresh };
  }

  private isLong(value: Plain, flow: boolean): boolean {
    if (typeof value === "string") {
      return !flow && value.includes("\n");
    }
    return typeof value === "object" && value !== null && !flow;
  }

  private add(collection: Collection, name: string, value: Plain, owner?: Owner): Splice | undefined {
    const all = items(collection);
    const last = all.at(-1);
    const range = collection.range;
    if (last === undefined) {
      if (!range) {
        return undefined;
      }
      const inBlock = owner !== undefined && owner.within.flow !== true && !this.json && isMap(collection);
      if (inBlock) {
        return this.replace(owner.within, owner.item, { [name]: value });
      }
      const within = this.place(true, 0);
      const entry = isSeq(collection)
        ? inline(value, within)
        : `${keyText(name, within)}: ${inline(value, within)}`;
      const [open, close] = isSeq(collection) ? ["[", "]"] : ["{ ", " }"];
      return { at: range[0], remove: range[1] - range[0], insert: `${open}${entry}${close}` };
    }
    const end = itemEnd(last);
    const start = startOf(last);
    if (end < 0 || start < 0) {
      return undefined;
    }
    if (collection.flow === true) {
      const within = this.place(true, 0);
      const entry = isSeq(collection)
        ? inline(value, within)
        : `${keyText(name, within)}: ${inline(value, within)}`;
      const lineStart = start - this.columnOf(start);
      const lead = this.source.text.slice(lineStart, start);
      const gap = /^\s+$/.test(lead) ? this.eol + lead : " ";
      return { at: end, remove: 0, insert: `,${gap}${entry}` };
    }
    const indent = this.columnOf(start);
    const within = this.place(false, indent + 2);
    const at = this.lineEnd(end);
    if (isSeq(collection)) {
      const lineStart = start - indent;
      const lead = this.source.text.slice(lineStart, start);
      return /^\s*- +$/.test(lead)
        ? { at, remove: 0, insert: `${this.eol}${lead}${inline(value, within)}` }
        : undefined;
    }
    const lead = this.source.text.slice(start - indent, start);
    if (!/^ *$/.test(lead)) {
      return undefined;
    }
    return {
      at,
      remove: 0,
      insert: `${this.eol}${lead}${keyText(name, within)}:${behindColon(value, within)}`,
    };
  }

  private rename(collection: Collection, item: Item, to: string): Splice | undefined {
    if (!isPair(item)) {
      return undefined;
    }
    const range = (item.key as Node).range;
    if (!range) {
      return undefined;
    }
    return {
      at: range[0],
      remove: range[1] - range[0],
      insert: keyText(to, this.place(collection.flow === true, 0)),
    };
  }

  private remove(collection: Collection, at: number): Splice | undefined {
    const all = items(collection);
    const item = all[at];
    if (item === undefined) {
      return undefined;
    }
    const start = startOf(item);
    const end = itemEnd(item);
    if (start < 0 || end < 0 || !collection.range) {
      return undefined;
    }
    const { text } = this.source;
    if (collection.flow === true) {
      const next = all[at + 1];
      const before = all[at - 1];
      if (next !== undefined) {
        return { at: start, remove: startOf(next) - start, insert: "" };
      }
      if (before !== undefined) {
        return { at: itemEnd(before), remove: end - itemEnd(before), insert: "" };
      }
      return {
        at: collection.range[0],
        remove: collection.range[1] - collection.range[0],
        insert: isSeq(collection) ? "[]" : "{}",
      };
    }
    const lineStart = start - this.columnOf(start);
    if (!/^\s*(- +)?$/.test(text.slice(lineStart, start))) {
      return undefined;
    }
    if (all.length === 1) {
      return undefined;
    }
    const stop = this.lineEnd(end);
    const next = text.startsWith(this.eol, stop) ? stop + this.eol.length : stop;
    return { at: lineStart, remove: next - lineStart, insert: "" };
  }
}

function isBlock(node: Scalar): boolean {
  return node.type === Scalar.BLOCK_FOLDED || node.type === Scalar.BLOCK_LITERAL;
}

/** A value within the mappings that lead to it. */
export function nested(path: Path, value: Plain): Plain {
  return path.reduceRight<Plain>(
    (inner, segment) => (typeof segment === "number" ? [inner] : { [segment]: inner }),
    value,
  );
}
