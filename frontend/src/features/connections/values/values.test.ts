import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { baseOf, environmentsOf, laidOver, overlaysOf, pathOf, valuesOf, withKey } from "./values";

const file = parse(`
connections:
  shop: { connector: postgres, host: db, tls: { mode: require, ca_file: ca.pem } }
environments:
  prod: { connections: { shop: { host: prod-db, tls: { mode: disable } } } }
  constructor: { connections: { lake: { path: other.db } } }
  bare:
`) as never;

describe("what environments lay over a connection", () => {
  it("is told by environment", () => {
    expect(environmentsOf(file)).toEqual(["prod", "constructor", "bare"]);
    expect(overlaysOf(file, "shop")).toEqual([
      { environment: "prod", keys: { host: "prod-db", tls: { mode: "disable" } } },
    ]);
    expect(overlaysOf(file, "constructor")).toEqual([]);
    expect(valuesOf(file, { environment: "toString", connection: "shop" })).toEqual({});
  });

  it("takes the place of keys, and merges with mappings", () => {
    const place = { environment: "prod", connection: "shop" };
    expect(laidOver(baseOf(file, place), valuesOf(file, place))).toEqual({
      connector: "postgres",
      host: "prod-db",
      tls: { mode: "disable", ca_file: "ca.pem" },
    });
    expect(laidOver({ list: [1, 2], tls: { mode: "a" } }, { list: [3], tls: "no" })).toEqual({
      list: [3],
      tls: "no",
    });
  });

  it("has nothing below a connection's own values", () => {
    expect(pathOf({ connection: "shop" })).toEqual(["connections", "shop"]);
    expect(baseOf(file, { connection: "shop" })).toBeUndefined();
    expect(valuesOf(file, { connection: "shop" })).toMatchObject({ connector: "postgres", host: "db" });
    expect(valuesOf(file, { connection: "constructor" })).toEqual({});
  });

  it.each([
    ["a key", { host: "a" }, ["port"], 5, { host: "a", port: 5 }],
    ["a key in its place", { host: "a", port: 1 }, ["host"], "b", { host: "b", port: 1 }],
    ["a nested key", {}, ["tls", "mode"], "disable", { tls: { mode: "disable" } }],
    ["a mapping in the place of a text", { tls: "x" }, ["tls", "mode"], "y", { tls: { mode: "y" } }],
    ["nothing", { host: "a", port: 1 }, ["port"], undefined, { host: "a" }],
    ["nothing where nothing is", { host: "a" }, ["tls", "mode"], undefined, { host: "a" }],
    [
      "nothing, and the mapping goes",
      { host: "a", tls: { mode: "x" } },
      ["tls", "mode"],
      undefined,
      { host: "a" },
    ],
    [
      "nothing, and the mapping stays",
      { tls: { mode: "x", ca_file: "y" } },
      ["tls", "mode"],
      undefined,
      { tls: { ca_file: "y" } },
    ],
  ])("is given %s", (_, before, path, value, after) => {
    expect(JSON.stringify(withKey(before, path, value))).toBe(JSON.stringify(after));
  });
});
