/** Counts as people read them. */

export const count = (n: number) => n.toLocaleString("en");

/** Three significant digits with M, where space is short. */
export function short(n: number): string {
  if (n < 10_000) {
    return count(n);
  }
  if (n < 1_000_000) {
    return `${Number((n / 1000).toPrecision(3))} k`;
  }
  return `${(n / 1_000_000).toPrecision(3)} M`;
}
