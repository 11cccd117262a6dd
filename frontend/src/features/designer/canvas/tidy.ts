/**
 * Where the middle's items stand: each as near to the columns it joins as the others let it, none over another, in the order of what
 * they join. A pool of neighbours that want the same room shares it (isotonic regression by pooling of adjacent violators).
 */
import type { Middle } from "./nodes";
import { FIRST_ROW, rowMiddle } from "./space";

const GAP = 9;

/** The middle of each item, by its id. */
export function tidy(items: readonly Middle[]): Map<string, number> {
  const wanted = items.map((item) => ({ item, at: wants(item) }));
  wanted.sort((one, other) => one.at - other.at || (one.item.target ?? 0) - (other.item.target ?? 0));
  const offsets = new Float64Array(wanted.length);
  for (let i = 1; i < wanted.length; i += 1) {
    const [above, below] = [wanted[i - 1]?.item.height ?? 0, wanted[i]?.item.height ?? 0];
    offsets[i] = (offsets[i - 1] ?? 0) + (above + below) / 2 + GAP;
  }
  const pools: { sum: number; weight: number; count: number }[] = [];
  for (const [i, { at, item }] of wanted.entries()) {
    // A straight wire is worth more than a node that stands level.
    const own = item.kind === "lane" ? 20 : 1;
    let pool = { sum: own * (at - (offsets[i] ?? 0)), weight: own, count: 1 };
    for (
      let last = pools.at(-1);
      last && last.sum / last.weight > pool.sum / pool.weight;
      last = pools.at(-1)
    ) {
      pools.pop();
      pool = { sum: pool.sum + last.sum, weight: pool.weight + last.weight, count: pool.count + last.count };
    }
    pools.push(pool);
  }
  const least = FIRST_ROW + GAP + (wanted[0]?.item.height ?? 0) / 2 - 4;
  const places = new Map<string, number>();
  let i = 0;
  for (const { sum, weight, count } of pools) {
    for (let end = i + count; i < end; i += 1) {
      const item = wanted[i]?.item;
      if (item) {
        places.set(item.id, Math.round(Math.max(sum / weight, least) + (offsets[i] ?? 0)));
      }
    }
  }
  return places;
}

/** Nearer to what it reads than to what it fills: several wires come in, one goes out. */
function wants(item: Middle): number {
  const out = item.target === undefined ? undefined : rowMiddle(item.target);
  if (item.inputs.length === 0) {
    return out ?? 0;
  }
  const mean = item.inputs.reduce((sum, input) => sum + rowMiddle(input), 0) / item.inputs.length;
  return out === undefined ? mean : 0.75 * mean + 0.25 * out;
}
