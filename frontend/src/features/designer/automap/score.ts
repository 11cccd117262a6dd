/** How sure it is that a source column belongs to a target column, and why. */
import type { Column } from "../mapping/types";
import { base, family, fit } from "../mapping/types";
import { editDistance } from "../expression/nearest";
import { meaning, words } from "./words";

/** Why two columns belong together; the words for it stand in `words/designer.ts`. */
export type Reason =
  "same_name" | "same_letters" | "prefix" | "same_meaning" | "shared_words" | "similar_name";

export interface Score {
  /** 0 to 100. */
  percent: number;
  reason: Reason;
}

/** A column with what is compared of its name, made once. */
export interface Named {
  column: Column;
  at: number;
  /** Lower case, without what separates words. */
  letters: string;
  words: string[];
  meanings: string[];
}

export function named(column: Column, at: number): Named {
  const own = words(column.name);
  return { column, at, letters: own.join(""), words: own, meanings: own.map(meaning) };
}

/** By names alone; `undefined` where they have nothing to do with each other. */
export function byName(source: Named, target: Named): Score | undefined {
  if (source.column.name === target.column.name) {
    return { percent: 100, reason: "same_name" };
  }
  if (source.letters === target.letters) {
    return { percent: 98, reason: "same_letters" };
  }
  const [longer, shorter] = source.words.length > target.words.length ? [source, target] : [target, source];
  const tail =
    longer.words.slice(longer.words.length - shorter.words.length).join(" ") === shorter.words.join(" ");
  if (tail && shorter.letters.length > 2) {
    return { percent: shorter.words.length > 1 ? 90 : 80, reason: "prefix" };
  }
  if (source.meanings.join(" ") === target.meanings.join(" ")) {
    return { percent: 86, reason: "same_meaning" };
  }
  const shared = overlap(source.meanings, target.meanings);
  if (shared >= 0.5) {
    return { percent: Math.round(50 + 40 * shared), reason: "shared_words" };
  }
  return similar(source.letters, target.letters);
}

/** The share of words that both have, rare ones and common ones alike. */
function overlap(one: readonly string[], other: readonly string[]): number {
  const both = one.filter((word) => other.includes(word)).length;
  return both === 0 ? 0 : (2 * both) / (one.length + other.length);
}

function similar(one: string, other: string): Score | undefined {
  const most = Math.max(one.length, other.length);
  if (Math.min(one.length, other.length) < 4 || Math.abs(one.length - other.length) > most / 3) {
    return undefined;
  }
  const likeness = 1 - editDistance(one, other) / most;
  return likeness < 0.7 ? undefined : { percent: Math.round(100 * likeness - 8), reason: "similar_name" };
}

/** A score held against the types of both ends. */
export function withTypes(score: Score, source: Column, target: Column): Score | undefined {
  const found = fit(source.type, target.type);
  if (found === "none") {
    return undefined;
  }
  const apart =
    base(source.type) === base(target.type) ? 0 : family(source.type) === family(target.type) ? 2 : 12;
  const percent = score.percent - apart - (found === "lossy" ? 10 : 0);
  return percent < 50 ? undefined : { ...score, percent };
}
