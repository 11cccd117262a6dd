/** Words of SQL that are no column's name where they stand without quotes. */
const RESERVED = new Set(
  "and as between case cast distinct else end escape false ilike in is like not null or similar then true try_cast when".split(
    " ",
  ),
);

export const KEYWORDS: readonly string[] = [...RESERVED].sort();

export function isReserved(word: string): boolean {
  return RESERVED.has(word.toLowerCase());
}
