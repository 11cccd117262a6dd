import { describe, expect, it } from "vitest";
import { fieldsOf } from "../fields";
import { differencesOf } from "./differences";

const fields = fieldsOf({
  properties: {
    url: { type: "string", writeOnly: true },
    host: { type: "string" },
    port: { type: "integer" },
    password: { type: "string", writeOnly: true },
    tls: { properties: { mode: { type: "string" }, ca_file: { type: "string" } } },
    columns: { type: "object", additionalProperties: { type: "string" } },
    words: { type: "array" },
  },
});
const base = {
  connector: "postgres",
  host: "db",
  password: "secret://shop/password",
  tls: { mode: "require" },
  columns: { id: "int64" },
};

describe("what an environment changes", () => {
  it.each([
    [{ host: "prod-db" }, ["host: db → prod-db"]],
    [{ port: 5433 }, ["port: undefined → 5433"]],
    [
      { tls: { mode: "disable", ca_file: "ca.pem" } },
      ["tls.mode: require → disable", "tls.ca_file: undefined → ca.pem"],
    ],
    [
      { columns: { id: "string" }, words: ["a", "b"] },
      ["columns.id: int64 → string", 'words: undefined → ["a","b"]'],
    ],
    [{ host: "" }, ["host: db → ''"]],
    [{ columns: {} }, ["columns: {…} → {}"]],
    [{ max_streams: 2 }, ["max_streams: undefined → 2"]],
    [{}, []],
  ])("%j", (overlay, told) => {
    expect(
      differencesOf(base, overlay, fields).map(({ key, base, here }) => `${key}: ${base} → ${here}`),
    ).toEqual(told);
  });

  it.each([
    ["secret://shop-prod", "secret://shop-prod"],
    ["${PROD_PASSWORD}", "${PROD_PASSWORD}"],
    ["${PROD_PASSWORD:-hunter2}", "set"],
    ["hunter2", "set"],
  ])("never shows a secret: %j", (value, here) => {
    expect(differencesOf(base, { password: value }, fields)).toEqual([
      { key: "password", base: "secret://shop/password", here },
    ]);
  });

  it("shows nothing of what no form knows", () => {
    expect(differencesOf({ token: "a" }, { token: "hunter2", host: "x" }, [])).toEqual([
      { key: "token", base: "set", here: "set" },
      { key: "host", base: undefined, here: "set" },
    ]);
    expect(JSON.stringify(differencesOf(base, { tls: { key: "hunter2" } }, fields))).not.toContain("hunter2");
  });
});
