import { describe, expect, it } from "vitest";

import { check } from "../expression/check";
import { FUNCTIONS } from "../expression/functions";
import { inputs } from "../expression/inputs";
import { nearest } from "../expression/nearest";
import { Names, snake } from "../mapping/names";
import { fit, glyph, isType } from "../mapping/types";

const NAMES = new Names(
  ["total_gross", "vat_rate", "Odd Name", "case", "date"].map((name) => ({ name, type: "string" })),
);
const found = (text: string) => inputs(text, NAMES).map((at) => NAMES.columns[at]?.name);
const faults = (text: string) =>
  check(text, NAMES).map((fault) => [fault.what, fault.meant ?? fault.name].filter(Boolean).join(" "));

describe("inputs", () => {
  it.each([
    ["cast(replace(total_gross, ',', '.') as decimal(12,2)) / (1 + vat_rate)", ["total_gross", "vat_rate"]],
    ["TOTAL_GROSS || 'vat_rate'", ["total_gross"]],
    ['"Odd Name" -- vat_rate', ["Odd Name"]],
    ['"total_GROSS"', []],
    ["case when \"case\" = 'x' then 1 end", ["case"]],
    ["date", ["date"]],
    ["vat_rate(1)", []],
  ])("%s", (text, want) => {
    expect(found(text)).toEqual(want);
  });
});

describe("what is wrong with an expression", () => {
  it.each([
    ["cast(total_gross as double precision)", []],
    ["vat_rate::timestamp with time zone", []],
    ["extract(year from date) + interval '1 day'", []],
    ["total_gros * 2", ["unknown_column total_gross"]],
    ["upper(total_gross", ["open_bracket"]],
    ["upper(total_gross))", ["closing_bracket"]],
    ["'open", ["open_quote"]],
    ["  ", ["empty"]],
    ["t.total_gross", ["dotted t"]],
  ])("%s", (text, want) => {
    expect(faults(text)).toEqual(want);
  });
});

describe("names and types", () => {
  it("knows functions", () => {
    expect(FUNCTIONS.length).toBeGreaterThan(140);
    expect(FUNCTIONS.find((known) => known.name === "replace")?.takes).toBe("text, part, by");
  });

  it.each([
    ["CustomerID", "customer_id"],
    ["HTTPServer", "http_server"],
    ["Total (EUR)", "total_eur"],
    ["_x", "x"],
    ["address2Line", "address2_line"],
    ["***", "***"],
  ])("snake case of %s", (name, want) => {
    expect(snake(name)).toBe(want);
  });

  it.each([
    ["int16", "float32", "exact"],
    ["int64", "float64", "lossy"],
    ["timestamp", "date", "lossy"],
    ["timestamptz", "timestamp", "exact"],
    ["json", "date", "none"],
    ["string", "list<int64>", "none"],
    ["list<int64>", "list<float64>", "lossy"],
    ["bool", "int32", "exact"],
    ["date", "int32", "none"],
  ])("%s to %s", (from, to, want) => {
    expect(fit(from, to)).toBe(want);
  });

  it("reads types", () => {
    expect(["decimal(10,2)", "list<int64>", "decimal"].map(isType)).toEqual([true, true, true]);
    expect(["decimal(10,12)", "list<text>", "varchar"].map(isType)).toEqual([false, false, false]);
    expect(["int32", "decimal(1,0)", "list<x>", "char"].map(glyph)).toEqual(["123", ".00", "[ ]", "Abc"]);
  });

  it("guesses what was meant", () => {
    expect(nearest("toatl_gross", ["total_gross", "vat_rate"])).toBe("total_gross");
    expect(nearest("zzz", ["total_gross"])).toBeUndefined();
  });
});
