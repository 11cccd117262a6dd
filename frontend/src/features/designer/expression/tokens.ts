/** The pieces of an SQL expression, as far as names, calls, texts and brackets can be told apart. */

export interface Token {
  kind: "word" | "quoted" | "text" | "number" | "mark" | "comment" | "open";
  text: string;
  from: number;
  to: number;
}

const PIECES =
  /(?<comment>--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<text>'(?:[^']|'')*')|(?<quoted>"(?:[^"]|"")*")|(?<open>['"][\s\S]*$)|(?<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?)|(?<word>[\p{L}_][\p{L}\p{N}_$]*)|(?<mark>[^\s])/giu;

/** `open` is a text or a name whose quote is not closed. */
export function tokens(text: string): Token[] {
  return Array.from(text.matchAll(PIECES), (found) => {
    const kinds = ["comment", "text", "quoted", "open", "number", "word", "mark"] as const;
    const kind = kinds.find((name) => found.groups?.[name] !== undefined) ?? "mark";
    return { kind, text: found[0], from: found.index, to: found.index + found[0].length };
  });
}

/** The name in double quotes. */
export function unquoted(text: string): string {
  return text.slice(1, -1).replaceAll('""', '"');
}
