/** The known name that a mistyped one is nearest to. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const low = name.toLowerCase();
  const most = 1 + Math.floor(name.length / 3);
  let best: { name: string; distance: number } | undefined;
  for (const other of known) {
    if (Math.abs(other.length - name.length) > most) {
      continue;
    }
    const distance = editDistance(low, other.toLowerCase());
    if (distance <= most && distance < (best?.distance ?? Infinity)) {
      best = { name: other, distance };
    }
  }
  return best?.name;
}

/** Insertions, removals, replacements and swaps of neighbours that lead from one text to the other. */
export function editDistance(one: string, other: string): number {
  const width = other.length + 1;
  let before = new Uint16Array(width);
  let last = Uint16Array.from({ length: width }, (_, at) => at);
  for (let i = 1; i <= one.length; i += 1) {
    const row = new Uint16Array(width);
    row[0] = i;
    for (let j = 1; j < width; j += 1) {
      const cost = one[i - 1] === other[j - 1] ? 0 : 1;
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) {
        least = Math.min(least, (before[j - 2] ?? 0) + 1);
      }
      row[j] = least;
    }
    before = last;
    last = row;
  }
  return last[other.length] ?? 0;
}
