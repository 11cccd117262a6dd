/** A line of two texts that are compared. */
export interface DiffLine {
  kind: "same" | "added" | "removed";
  text: string;
  /** Its number in the text after, or before where it was removed. */
  number: number;
}

/** Beyond so many lines that differ, a block is told as replaced. */
const MOST = 2000;

/** Compares two texts line by line: the longest common subsequence stays. */
export function lineDiff(before: string, after: string): DiffLine[] {
  const [a, b] = [before.split("\n"), after.split("\n")];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) {
    head += 1;
  }
  let tail = 0;
  while (
    tail < a.length - head &&
    tail < b.length - head &&
    a[a.length - 1 - tail] === b[b.length - 1 - tail]
  ) {
    tail += 1;
  }
  const same = (text: string, at: number): DiffLine => ({ kind: "same", text, number: at + 1 });
  return [
    ...b.slice(0, head).map(same),
    ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail), head),
    ...b.slice(b.length - tail).map((text, at) => same(text, b.length - tail + at)),
  ];
}

function middle(a: readonly string[], b: readonly string[], offset: number): DiffLine[] {
  const removed = (at: number): DiffLine => ({ kind: "removed", text: a[at] ?? "", number: offset + at + 1 });
  const added = (at: number): DiffLine => ({ kind: "added", text: b[at] ?? "", number: offset + at + 1 });
  if (a.length > MOST || b.length > MOST) {
    return [...a.map((_, at) => removed(at)), ...b.map((_, at) => added(at))];
  }
  const width = b.length + 1;
  // The length of what is common to the ends of both, from each pair of lines on.
  const common = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => common[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: "same", text: b[j] ?? "", number: offset + j + 1 });
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) {
      lines.push(removed(i));
      i += 1;
    } else {
      lines.push(added(j));
      j += 1;
    }
  }
  return lines;
}
