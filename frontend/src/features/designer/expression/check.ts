/** What is wrong with an expression as far as its pieces tell. The agent has the last word: it parses and types it. */
import type { Names } from "../mapping/names";
import { nearest } from "./nearest";
import { type Token, tokens, unquoted } from "./tokens";
import { isReserved } from "./words";

export interface Fault {
  from: number;
  to: number;
  what: "empty" | "open_quote" | "open_bracket" | "closing_bracket" | "unknown_column" | "dotted";
  name?: string;
  /** What was meant, as far as it can be guessed. */
  meant?: string;
}

/** Words that stand before or behind others in forms such as `interval '1 day'`, `extract(year from x)` and `x at time zone 'UTC'`. */
const FORMS = new Set(
  `at both century date day days decimal dow doy epoch extract first following for from hour hours interval last leading microsecond
   millisecond minute minutes month months nanosecond nulls overlay placing position quarter second seconds substring time timestamp to
   trailing trim unknown week weeks with without year years zone`.split(/\s+/),
);

export function check(expression: string, names: Names): Fault[] {
  const all = tokens(expression).filter((token) => token.kind !== "comment");
  if (all.length === 0) {
    return [{ from: 0, to: expression.length, what: "empty" }];
  }
  return [...brackets(all), ...columns(all, names)].sort((one, other) => one.from - other.from);
}

function brackets(all: readonly Token[]): Fault[] {
  const faults: Fault[] = [];
  const open: Token[] = [];
  for (const token of all) {
    const { from, to } = token;
    if (token.kind === "open") {
      faults.push({ from, to, what: "open_quote" });
    }
    if (token.kind !== "mark") {
      continue;
    }
    if (token.text === "(" || token.text === "[") {
      open.push(token);
    }
    if (token.text !== ")" && token.text !== "]") {
      continue;
    }
    const begun = open.pop();
    if (begun?.text !== (token.text === ")" ? "(" : "[")) {
      faults.push({ from, to, what: "closing_bracket" });
    }
  }
  return [...faults, ...open.map(({ from, to }): Fault => ({ from, to, what: "open_bracket" }))];
}

function columns(all: readonly Token[], names: Names): Fault[] {
  const known = names.columns.map((column) => column.name);
  return all.flatMap((token, at): Fault[] => {
    const { from, to } = token;
    const next = all[at + 1]?.text;
    if (token.kind === "quoted") {
      const name = unquoted(token.text);
      return names.exactly(name) === undefined ? [unknown(from, to, name, known)] : [];
    }
    if (token.kind !== "word" || next === "(" || isReserved(token.text)) {
      return [];
    }
    if (names.find(token.text) !== undefined) {
      return [];
    }
    if (isTypeWord(all, at) || (FORMS.has(token.text.toLowerCase()) && !isAlone(all))) {
      return [];
    }
    if (next === ".") {
      return [{ from, to, what: "dotted", name: token.text }];
    }
    return [unknown(from, to, token.text, known)];
  });
}

function isAlone(all: readonly Token[]): boolean {
  return all.length === 1;
}

/** Whether a word names the type of a cast: behind `as` or `::`. */
function isTypeWord(all: readonly Token[], at: number): boolean {
  let before = at - 1;
  // `double precision`, `timestamp with time zone`
  while (all[before]?.kind === "word" && !isReserved(all[before]?.text ?? "")) {
    before -= 1;
  }
  const mark = all[before]?.text.toLowerCase();
  return mark === "as" || (mark === ":" && all[before - 1]?.text === ":");
}

function unknown(from: number, to: number, name: string, known: readonly string[]): Fault {
  const meant = nearest(name, known);
  return { from, to, what: "unknown_column", name, ...(meant !== undefined && { meant }) };
}
