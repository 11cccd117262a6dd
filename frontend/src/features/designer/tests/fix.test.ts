import { describe, expect, it } from "vitest";
import type { TargetRow } from "../canvas/model";
import { edited } from "../document/edit";
import { parse } from "../document/parse";
import { Names } from "../mapping/names";
import { fixOf } from "../state/fix";

const NAMES = new Names(["customer_id", "Total Gross"].map((name) => ({ name, type: "string" })));

/** The column `net` of a file, with the fix that is offered applied. */
function mended(column: string, row: Partial<TargetRow>): string | undefined {
  const text = `syncs:\n  s:\n    streams:\n      orders:\n        columns:\n          net: ${column}\n`;
  const read = parse(text);
  if (!read.ok) {
    throw new Error(read.problem.why);
  }
  const mapping = {
    plain: read.source.plain,
    place: { sync: "s", stream: "orders" },
    names: NAMES,
  };
  const fix = fixOf(mapping, { name: "net", key: false, loss: "none", ...row });
  return fix && edited(read.source, fix.ops)?.text.split("net: ")[1]?.trim();
}

describe("the fix of a column", () => {
  it("writes the column that an expression meant", () => {
    const text = "custmer_id || 'x'";
    const origin = { kind: "expression" as const, text, columns: [] };
    expect(mended(`{ expr: "${text}" }`, { origin })).toBe(`{ expr: "customer_id || 'x'" }`);
  });

  it("takes the column that `from` meant", () => {
    const origin = { kind: "unknown", why: "custmer_id" } as const;
    expect(mended("{ from: custmer_id }", { origin })).toBe("{ from: customer_id }");
  });

  it("leaves a cast out that no value survives", () => {
    const row = {
      origin: { kind: "source", column: 0 },
      config: { from: "customer_id", type: "date" },
      loss: "impossible",
    } as const;
    expect(mended("{ from: customer_id, type: date }", row)).toBe("{ from: customer_id }");
  });

  it("is none where nothing is wrong, or nothing can be guessed", () => {
    const text = "customer_id";
    expect(
      mended(`{ expr: ${text} }`, { origin: { kind: "expression", text, columns: [0] } }),
    ).toBeUndefined();
    expect(mended("{ from: xyzzy }", { origin: { kind: "unknown", why: "xyzzy" } })).toBeUndefined();
  });
});
