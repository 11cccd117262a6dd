import { describe, expect, it } from "vitest";

import { parse } from "../document/parse";

describe("what cannot be read", () => {
  it.each([
    [
      "a key that stands twice",
      "version: 1\nsyncs:\n  s: 1\n  t: 2\n  s: 3\n",
      [5, 3, "Map keys must be unique"],
    ],
    ["one in braces", "version: 1\nsyncs: { s: 1, s: 2 }\n", [2, 16, "Map keys must be unique"]],
    ["an alias", "version: &v 1\nsyncs: *v\n", [2, 8, "aliases are not supported"]],
    ["a list", "- version\n", [1, 1, "a sync file is a mapping that begins with `version: 1`"]],
  ])("is told with its place: %s", (_, text, [line, character, why]) => {
    const read = parse(text);
    expect(read.ok ? undefined : read.problem).toMatchObject({ line, character, why });
  });

  it("may stand in two mappings, or as a text and as a number", () => {
    expect(parse('a: { s: 1 }\nb: { s: 1 }\n1: x\n"1": y\n').ok).toBe(true);
  });
});
