/** A run of characters of a name, and whether it was searched for. */
export interface Piece {
  text: string;
  found: boolean;
}

/** Where each word of `query` is in `name`; `undefined` where one is not. Whatever begins a word counts before the rest. */
export function matches(name: string, query: string): { pieces: Piece[]; rank: number } | undefined {
  const lower = name.toLowerCase();
  const hits: [number, number][] = [];
  let rank = 0;
  for (const word of query.toLowerCase().split(/\s+/).filter(Boolean)) {
    const start = wordStart(lower, word);
    const at = start >= 0 ? start : lower.indexOf(word);
    if (at < 0) {
      return undefined;
    }
    rank += (start >= 0 ? 0 : 100) + at;
    hits.push([at, at + word.length]);
  }
  return { pieces: cut(name, hits), rank };
}

function wordStart(name: string, word: string): number {
  for (let at = name.indexOf(word); at >= 0; at = name.indexOf(word, at + 1)) {
    if (at === 0 || /[^\p{L}\p{N}]/u.test(name.charAt(at - 1))) {
      return at;
    }
  }
  return -1;
}

function cut(name: string, hits: [number, number][]): Piece[] {
  const pieces: Piece[] = [];
  let done = 0;
  for (const [from, to] of hits.sort(([a], [b]) => a - b)) {
    const begin = Math.max(from, done);
    if (begin >= to) {
      continue;
    }
    pieces.push(
      { text: name.slice(done, begin), found: false },
      { text: name.slice(begin, to), found: true },
    );
    done = to;
  }
  pieces.push({ text: name.slice(done), found: false });
  return pieces.filter((piece) => piece.text !== "");
}
