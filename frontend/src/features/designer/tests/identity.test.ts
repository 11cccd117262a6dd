import { describe, expect, it } from "vitest";

import { canvasOf } from "../canvas/model";
import { write } from "../canvas/write";
import { edited } from "../document/edit";
import { parse, type Source } from "../document/parse";
import { readSyncFile } from "../document/read";
import { Random, someColumns, someFile } from "../fixtures/random";
import { Names } from "../mapping/names";

const PLACE = { sync: "s", stream: "public.orders" };
const FILES = 500;

function source(text: string): Source {
  const read = parse(text);
  if (!read.ok) {
    throw new Error(`${read.problem.why} in\n${text}`);
  }
  return read.source;
}

function canvas(file: Source, names: Names) {
  const stream = readSyncFile(file.plain).syncs[0]?.streams[0];
  if (!stream) {
    throw new Error("no stream");
  }
  return canvasOf(stream.all, { names });
}

const comments = (text: string) => [...text.matchAll(/# (?:note|remark) \d+/g)].map((found) => found[0]);

describe("canvas and file", () => {
  it(`are the same on ${String(FILES)} generated files`, () => {
    for (let seed = 1; seed <= FILES; seed += 1) {
      const random = new Random(seed);
      const columns = someColumns(random);
      const names = new Names(columns);
      const text = someFile(random, columns);
      const file = source(text);
      const drawn = canvas(file, names);

      // What the file says already is not written again: not a byte changes.
      expect(write(file.plain, PLACE, drawn), text).toEqual([]);

      // Written into a file that says nothing of the mapping, and read again, it is the same canvas.
      const bare = source(
        "version: 1\nsyncs:\n  s:\n    source: a\n    destination: b\n    streams:\n      public.orders:\n",
      );
      const written = edited(bare, write(bare.plain, PLACE, drawn));
      expect(written && withoutRest(canvas(written, names)), written?.text).toEqual(withoutRest(drawn));

      // Written over another file's mapping it is the same canvas again, and that file keeps its comments outside of what changed.
      const other = source(someFile(random, columns));
      const over = edited(other, write(other.plain, PLACE, drawn));
      expect(over && withoutRest(canvas(over, names)), `${other.text}\n-----\n${over?.text ?? ""}`).toEqual(
        withoutRest(drawn),
      );
      const back = over && edited(over, write(over.plain, PLACE, canvas(other, names)));
      expect(back && withoutRest(canvas(back, names))).toEqual(withoutRest(canvas(other, names)));
    }
  }, 60_000);

  it("keeps every comment where columns are only added or changed", () => {
    let kept = 0;
    for (let seed = 1; seed <= FILES; seed += 1) {
      const random = new Random(seed);
      const columns = someColumns(random);
      const names = new Names(columns);
      const file = source(someFile(random, columns));
      const drawn = canvas(file, names);
      const entries = [...drawn.entries.filter((entry) => entry !== "added"), "added"];
      const target = [
        ...drawn.target.map((row) => ({
          ...row,
          ...(row.config && { config: { ...row.config, mask: "redact" as const } }),
        })),
        {
          name: "added",
          key: false,
          loss: "none" as const,
          config: { from: columns[0]?.name ?? "", mask: "hash" as const },
        },
      ];
      const after = edited(file, write(file.plain, PLACE, { ...drawn, target, entries, filter: "true" }));
      expect(after, file.text).toBeDefined();
      expect(comments(after?.text ?? ""), `${file.text}\n------\n${after?.text ?? ""}`).toEqual(
        comments(file.text),
      );
      kept += comments(file.text).length;
    }
    expect(kept).toBeGreaterThan(1000);
  }, 60_000);
});

/** The order of entries that have no place of their own in the source may differ once they are written over others. */
function withoutRest(drawn: ReturnType<typeof canvas>) {
  const byName = (one: { name: string }, other: { name: string }) => (one.name < other.name ? -1 : 1);
  return { ...drawn, entries: [...drawn.entries].sort(), target: [...drawn.target].sort(byName) };
}
