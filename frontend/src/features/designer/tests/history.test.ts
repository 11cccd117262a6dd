import { describe, expect, it } from "vitest";

import * as columnEdits from "../document/column-edits";
import { type Action, between, type History, isSaved, opened, reduce } from "../document/history";
import { readSyncFile } from "../document/read";
import type { Op } from "../document/splice";
import * as streamEdits from "../document/stream-edits";
import { Random, someColumns, someFile } from "../fixtures/random";
import { Names } from "../mapping/names";

const PLACE = { sync: "s", stream: "public.orders" };

/** Any edit that the designer makes, by chance. */
function someEdit(random: Random, names: Names, history: History): Action {
  const { plain } = history.source;
  const mapping = { plain, place: PLACE, names };
  const known = readSyncFile(plain).syncs[0]?.streams.find((entry) => entry.name === PLACE.stream)?.all
    .columns;
  const source = random.of(names.columns).name;
  const target =
    random.chance(0.6) && known && known.size > 0
      ? random.of([...known.keys()])
      : random.of([source, "t_1", "t 2", "№"]);
  const edits: (() => readonly Op[])[] = [
    () => columnEdits.connect(mapping, source, target),
    () => columnEdits.disconnect(mapping, target),
    () =>
      columnEdits.setExpression(
        mapping,
        target,
        random.of(["upper('a: b')", "case\n  when 1 then 2\nend", "'it''s' # x", "a -- b"]),
      ),
    () => columnEdits.toExpression(mapping, target, source),
    () => columnEdits.setType(mapping, target, random.of(["decimal(10,2)", "string", undefined])),
    () =>
      columnEdits.setMask(
        mapping,
        target,
        random.of(["hash", "null", { partial: { keep_last: 2 } }, undefined]),
      ),
    () => columnEdits.setConsent(mapping, target, random.chance(0.6)),
    () => columnEdits.renameColumn(mapping, target, `r_${String(random.below(9))}`),
    () => columnEdits.leaveOut(mapping, source),
    () => columnEdits.takeIn(mapping, source),
    () => streamEdits.setKey(plain, PLACE, "where", random.of(["a > 1", "x = 'y: #'", undefined])),
    () => streamEdits.setKey(plain, PLACE, "mode", random.of(["incremental", "full_refresh", undefined])),
    () => streamEdits.setKey(plain, PLACE, "primary_key", random.of([[source], ["a", "b c"], undefined])),
    () => streamEdits.setKey(plain, PLACE, "undo", random.of([{ keep: "7d" }, undefined])),
    () => streamEdits.setKey(plain, PLACE, "max_rejects", random.below(100)),
    () =>
      streamEdits.setTrigger(
        plain,
        "s",
        random.of([{ key: "every", value: "15m" }, { key: "cron", value: "0 * * * *" }, undefined]),
      ),
    () => streamEdits.setSchedule(plain, "s", "paused", random.of([true, undefined])),
    () =>
      streamEdits.addStream(plain, {
        sync: "s",
        stream: random.of(["public.new", '"a.b".c', "!public.tmp_*"]),
      }),
    () => streamEdits.removeStream(plain, { sync: "s", stream: random.of(["public.new", "public.other"]) }),
  ];
  if (random.chance(0.08)) {
    const at = random.below(history.text.length);
    return {
      kind: "type",
      text: history.text.slice(0, at) + random.of(["\n", "x", "[", '"', "#"]) + history.text.slice(at),
    };
  }
  const group = random.chance(0.2) ? "typing" : undefined;
  return { kind: "edit", label: "edit", ops: random.of(edits)(), ...(group !== undefined && { group }) };
}

describe("every edit can be undone", () => {
  it("all undone is the first text byte for byte, all redone the last one", () => {
    let steps = 0;
    let refused = 0;
    for (let seed = 1; seed <= 150; seed += 1) {
      const random = new Random(seed * 7919);
      const names = new Names(someColumns(random));
      const first = opened(someFile(random, names.columns));
      expect(first.problem, first.text).toBeUndefined();
      let history = first;
      const texts = [first.text];
      for (let edit = 0; edit < 25; edit += 1) {
        const action = someEdit(random, names, history);
        const after = reduce(history, action);
        if (action.kind === "edit" && action.ops.length > 0 && after === history && !history.problem) {
          refused += 1;
        }
        if (after.past.length > history.past.length) {
          texts.push(after.text);
        } else if (after !== history) {
          texts[texts.length - 1] = after.text;
        }
        history = after;
      }
      steps += history.past.length;
      const last = history;
      for (let text = texts.pop(); text !== undefined; text = texts.pop()) {
        expect(history.text).toBe(text);
        if (history.past.length > 0) {
          history = reduce(history, { kind: "undo" });
        }
      }
      expect(history.text).toBe(first.text);
      expect(history.source.plain).toEqual(first.source.plain);
      expect(isSaved(history)).toBe(true);
      while (history.future.length > 0) {
        history = reduce(history, { kind: "redo" });
      }
      expect(history.text).toBe(last.text);
      expect(history.problem).toEqual(last.problem);
    }
    expect(steps).toBeGreaterThan(1000);
    expect(refused).toBe(0);
  }, 60_000);

  it("an edit after an undo drops what could be redone", () => {
    let history = opened("version: 1\nsyncs: {}\n");
    history = reduce(history, {
      kind: "edit",
      label: "a",
      ops: [{ op: "set", path: ["project"], value: "one" }],
    });
    history = reduce(history, { kind: "undo" });
    history = reduce(history, {
      kind: "edit",
      label: "b",
      ops: [{ op: "set", path: ["project"], value: "two" }],
    });
    expect(history.future).toEqual([]);
    expect(history.text).toBe("version: 1\nsyncs: {}\nproject: two\n");
  });

  it("typing in one field is one step", () => {
    let history = opened("version: 1\n");
    for (const text of ["a", "ab", "abc"]) {
      history = reduce(history, {
        kind: "edit",
        label: "x",
        group: "expr",
        ops: [{ op: "set", path: ["project"], value: text }],
      });
    }
    expect(history.past.length).toBe(1);
    expect(reduce(history, { kind: "undo" }).text).toBe("version: 1\n");
  });

  it("keeps the last good state beside a text that cannot be read, and says where", () => {
    const history = reduce(opened("version: 1\nproject: shop\n"), {
      kind: "type",
      text: "version: 1\nproject: [shop\n",
    });
    expect(history.problem?.line).toBeGreaterThanOrEqual(2);
    expect(readSyncFile(history.source.plain).project).toBe("shop");
    expect(
      reduce(history, { kind: "edit", label: "", ops: [{ op: "set", path: ["project"], value: "x" }] }),
    ).toBe(history);
    const mended = reduce(history, { kind: "type", text: "version: 1\nproject: lake\n" });
    expect(mended.problem).toBeUndefined();
    expect(readSyncFile(mended.source.plain).project).toBe("lake");
  });
});

describe("between", () => {
  it.each([
    ["abc", "abc", 0, ""],
    ["aaa", "aa", 1, ""],
    ["aa", "aaa", 0, "a"],
    ["a x c", "a y c", 1, "y"],
    ["", "new", 0, "new"],
  ])("%s to %s", (before, after, remove, insert) => {
    const found = between(before, after);
    expect([found.remove, found.insert]).toEqual([remove, insert]);
    expect(before.slice(0, found.at) + insert + before.slice(found.at + remove)).toBe(after);
  });
});
