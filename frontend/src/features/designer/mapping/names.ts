/** Finding columns by the names that users write: the engine's own rules (`transform::names`). */
import type { Column } from "./types";

/** Columns by their names, made once for a stream. */
export class Names {
  private readonly exact = new Map<string, number>();
  private readonly lower = new Map<string, number | "several">();
  private readonly snakes = new Map<string, number>();

  constructor(readonly columns: readonly Column[]) {
    for (const [at, { name }] of columns.entries()) {
      const low = name.toLowerCase();
      this.exact.set(name, at);
      this.lower.set(low, this.lower.has(low) ? "several" : at);
      const snaked = snake(name);
      if (!this.snakes.has(snaked)) {
        this.snakes.set(snaked, at);
      }
    }
  }

  /** The column spelled exactly so, else the only one that differs in case alone. */
  find(name: string): number | undefined {
    const alike = this.exact.get(name) ?? this.lower.get(name.toLowerCase());
    return alike === "several" ? undefined : alike;
  }

  exactly(name: string): number | undefined {
    return this.exact.get(name);
  }

  /** The column that a target's name means where nothing says where it comes from. */
  namesake(target: string, naming: "keep" | "snake"): number | undefined {
    return (
      this.exact.get(target) ??
      (naming === "snake" ? this.snakes.get(target) : undefined) ??
      this.find(target)
    );
  }
}

/** A name in snake case: `CustomerID` and `customer-id` become `customer_id`. */
export function snake(name: string): string {
  const chars = Array.from(name);
  let out = "";
  for (const [at, c] of chars.entries()) {
    if (!/[\p{L}\p{N}]/u.test(c)) {
      if (out !== "" && !out.endsWith("_")) {
        out += "_";
      }
      continue;
    }
    const [before, after] = [chars[at - 1] ?? "", chars[at + 1] ?? ""];
    const upper = /\p{Lu}/u;
    const starts =
      upper.test(c) && (/[\p{Ll}\p{N}]/u.test(before) || (upper.test(before) && /\p{Ll}/u.test(after)));
    if (starts && !out.endsWith("_")) {
      out += "_";
    }
    out += c.toLowerCase();
  }
  const trimmed = out.replace(/_+$/, "");
  return trimmed === "" ? name : trimmed;
}

/** A column's name as an expression has it: in double quotes where it is no plain word. */
export function asIdentifier(name: string): string {
  return /^[a-z_][a-z0-9_]*$/i.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
