import { describe, expect, it } from "vitest";
import { fieldsOf, isWrong, partsOf, valueOf, type Field } from "./fields";

const form = {
  required: ["path"],
  properties: {
    path: { type: "string", description: "The root folder.\nMore about it." },
    port: { type: ["integer", "null"], minimum: 1, maximum: 65535 },
    password: { anyOf: [{ $ref: "#/$defs/Secret" }, { type: "null" }], description: "The user's password." },
    header: { type: ["boolean", "null"], description: "CSV: whether the first row holds names." },
    tls: { anyOf: [{ $ref: "#/$defs/Tls" }, { type: "null" }] },
    size: { anyOf: [{ type: "integer" }, { type: "string" }] },
    columns: { type: "object", additionalProperties: { type: "string" } },
    host: { type: "string" },
  },
  $defs: {
    Secret: { type: "string", writeOnly: true },
    Mode: { oneOf: [{ const: "disable", description: "Never." }, { const: "require" }] },
    Tls: {
      type: "object",
      properties: {
        mode: { anyOf: [{ $ref: "#/$defs/Mode" }, { type: "null" }] },
        ca_file: { type: "string" },
      },
    },
  },
};

const fields = fieldsOf(form);
const field = (path: string): Field => {
  const found = fields.find((one) => one.path.join(".") === path);
  if (!found) {
    throw new Error(`the form has no ${path}`);
  }
  return found;
};

describe("the fields of a form", () => {
  it("are read with their kinds", () => {
    expect(fields.map(({ path, kind }) => `${path.join(".")} ${kind}`)).toEqual([
      "path text",
      "port number",
      "password secret",
      "header boolean",
      "tls.mode choice",
      "tls.ca_file text",
      "size text",
      "columns map",
      "host text",
    ]);
    expect(field("tls.mode")).toMatchObject({
      name: "TLS mode",
      choices: [
        { value: "disable", help: "Never." },
        { value: "require", help: "" },
      ],
    });
    expect(field("path")).toMatchObject({ help: "The root folder.", required: true });
  });

  it("that few need are advanced", () => {
    expect(fields.filter((one) => one.advanced).map((one) => one.path.join("."))).toEqual([
      "header",
      "tls.mode",
      "tls.ca_file",
    ]);
  });

  it("become values of the file", () => {
    expect(valueOf(field("port"), "5432")).toBe(5432);
    expect(valueOf(field("header"), "false")).toBe(false);
    expect(valueOf(field("columns"), "id: int64\nname: string\n\n")).toEqual({ id: "int64", name: "string" });
    expect(valueOf(field("path"), " ")).toBeUndefined();
  });

  it("are checked", () => {
    expect(isWrong(field("port"), "54x2")).toBe(true);
    expect(isWrong(field("port"), "70000")).toBe(true);
    expect(isWrong(field("port"), "5432")).toBe(false);
  });

  it("are filled by an address", () => {
    expect(partsOf("postgres://reader:p%40ss@db.example.net:5433/shop", fields)).toEqual({
      typed: { host: "db.example.net", port: "5433" },
      password: "p@ss",
    });
    expect(partsOf("not an address", fields)).toBeUndefined();
  });
});
