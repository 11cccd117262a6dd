/**
 * Where environments begin and end in a file's text: behind the connections, as the format is written, and without a second empty line
 * where they were. Each is read again before it is believed.
 */
import { isMap, isNode } from "yaml";
import { between } from "@/features/designer/document/history";
import { parse, type Source } from "@/features/designer/document/parse";
import { same } from "@/features/designer/document/plain";
import { behindColon } from "@/features/designer/document/render";
import { endOf, keyName, nested } from "@/features/designer/document/splice";
import type { Plain } from "@/features/designer/document/sync-file";
import { entriesOf, pathOf, type Keys, type Place } from "./values";

/** The text with a file's first environment; `undefined` where there are some, or no place behind the connections. */
export function withEnvironments({ text, doc, plain }: Source, place: Place, keys: Keys): string | undefined {
  const { contents } = doc;
  if (!isMap(contents) || contents.flow === true || contents.has("environments")) {
    return undefined;
  }
  const connections = contents.items.find((item) => keyName(item) === "connections");
  if (!isNode(connections?.key) || !isNode(connections.value)) {
    return undefined;
  }
  if (!/(^|\n)$/.test(text.slice(0, connections.key.range[0]))) {
    return undefined;
  }
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const at = linesEnd(text, endOf(connections.value));
  const value = nested(pathOf(place).slice(1), keys);
  const added = `environments:${behindColon(value, { flow: false, json: false, indent: 2, eol })}${eol}`;
  const before = text.slice(0, at);
  const gap = /^[ \t]*\r?\n/.test(text.slice(at)) ? eol : "";
  const want = entriesOf(plain);
  want.splice(want.findIndex(([key]) => key === "connections") + 1, 0, ["environments", value]);
  const next = `${before}${before.endsWith("\n") ? "" : eol}${gap}${added}${text.slice(at)}`;
  return says(next, Object.fromEntries(want)) ? next : undefined;
}

/** The end of the line in which something ends, and of the comments below that stand as deep as it does. */
function linesEnd(text: string, end: number): number {
  const isBehindLine = text[end - 1] === "\n";
  const line = isBehindLine ? end - 1 : text.indexOf("\n", end);
  let at = line < 0 ? text.length : line + 1;
  for (;;) {
    const [comment] = /^[ \t]+#.*(\n|$)/.exec(text.slice(at)) ?? [];
    if (comment === undefined) {
      return at;
    }
    at += comment.length;
  }
}

/** The text after something was taken out, with one empty line where two have met. */
export function withoutGap(before: Source, after: Source): string {
  const { at, insert } = between(before.text, after.text);
  const head = after.text.slice(0, at);
  const tail = after.text.slice(at);
  if (insert !== "" || !/\n[ \t]*\r?\n$/.test(head) || !/^([ \t]*\r?\n|$)/.test(tail)) {
    return after.text;
  }
  const next = tail === "" ? head.replace(/[ \t]*\r?\n$/, "") : head + tail.replace(/^[ \t]*\r?\n/, "");
  return says(next, after.plain) ? next : after.text;
}

function says(text: string, plain: Plain): boolean {
  const read = parse(text);
  return read.ok && same(read.source.plain, plain);
}
