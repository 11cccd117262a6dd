import { describe, expect, it } from "vitest";

import { propose } from "../automap/propose";
import { Random } from "../fixtures/random";

const text = (name: string) => ({ name, type: "string" });

function table(sources: string[], targets: string[]): string[] {
  return propose(sources.map(text), targets.map(text)).map(
    ({ source, target, percent, reason }) => `${source} > ${target} ${String(percent)} ${reason}`,
  );
}

describe("auto-map", () => {
  it("finds names in other spellings", () => {
    expect(table(["CustomerID", "EMAIL", "first-name"], ["customer_id", "email", "firstName"])).toEqual([
      "CustomerID > customer_id 98 same_letters",
      "EMAIL > email 98 same_letters",
      "first-name > firstName 98 same_letters",
    ]);
  });

  it("finds names behind a prefix, other words for the same, and slips", () => {
    expect(table(["ord_total_gross"], ["total_gross"])).toEqual(["ord_total_gross > total_gross 90 prefix"]);
    expect(table(["sales_channel"], ["channel"])).toEqual(["sales_channel > channel 80 prefix"]);
    expect(table(["customer_id"], ["client_id"])).toEqual(["customer_id > client_id 86 same_meaning"]);
    expect(table(["recieved"], ["received"])).toEqual(["recieved > received 80 similar_name"]);
  });

  it("gives each column once, to the surest", () => {
    expect(table(["customer_id", "client_id"], ["client_id"])).toEqual([
      "client_id > client_id 100 same_name",
    ]);
  });

  it("proposes nothing that has nothing to do with it, or that cannot be cast", () => {
    expect(table(["created"], ["weight"])).toEqual([]);
    expect(propose([{ name: "at", type: "json" }], [{ name: "at", type: "date" }])).toEqual([]);
  });

  it("is less sure where types differ", () => {
    const found = (type: string) =>
      propose([{ name: "placed", type: "timestamp" }], [{ name: "placed", type }])[0]?.percent;
    expect([found("timestamp"), found("timestamptz"), found("date"), found("string")]).toEqual([
      100, 98, 88, 88,
    ]);
  });

  it("maps a thousand columns to a thousand in less than 50 ms", () => {
    const random = new Random(1);
    const parts = [
      "order",
      "customer",
      "invoice",
      "ship",
      "bill",
      "line",
      "tax",
      "net",
      "gross",
      "unit",
      "stock",
      "return",
    ];
    const name = (at: number) => `${random.of(parts)}_${random.of(parts)}_${String(at)}`;
    const sources = Array.from({ length: 1000 }, (_, at) => text(name(at)));
    const targets = sources
      .map(({ name: own }) => text(own.replace(/_(\w)/g, (_, c: string) => c.toUpperCase())))
      .reverse();
    propose(sources, targets);
    const times = Array.from({ length: 5 }, () => {
      const begun = performance.now();
      expect(propose(sources, targets).length).toBe(1000);
      return performance.now() - begun;
    });
    const hard = sources.map(({ name: own }, at) => text(`x${own.replace(/\d+$/, String(999 - at))}y`));
    const begun = performance.now();
    propose(sources, hard);
    const unlike = performance.now() - begun;
    expect(Math.min(...times)).toBeLessThan(50);
    expect(unlike).toBeLessThan(50);
  });
});
