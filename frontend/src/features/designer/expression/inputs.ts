/** The source columns that an expression reads. */
import type { Names } from "../mapping/names";
import { tokens, unquoted } from "./tokens";
import { isReserved } from "./words";

/** Their places, in the order in which they first stand. */
export function inputs(expression: string, names: Names): number[] {
  const found = new Set<number>();
  const all = tokens(expression).filter((token) => token.kind !== "comment");
  for (const [at, token] of all.entries()) {
    if (all[at + 1]?.text === "(" && token.kind === "word") {
      continue;
    }
    if (token.kind === "quoted") {
      const column = names.exactly(unquoted(token.text));
      if (column !== undefined) {
        found.add(column);
      }
    } else if (token.kind === "word" && !isReserved(token.text)) {
      const column = names.find(token.text);
      if (column !== undefined) {
        found.add(column);
      }
    }
  }
  return [...found];
}
