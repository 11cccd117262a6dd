import { describe, expect, it } from "vitest";
import { fieldsOf, keyOf } from "../fields";
import { words } from "@/words";
import { drawnOf, editedValues, suffices, undrawnOf, type Touched } from "./edit-values";

const fields = fieldsOf({
  required: ["host"],
  properties: {
    url: { type: "string", writeOnly: true },
    host: { type: "string" },
    port: { type: "integer", minimum: 1, maximum: 65535 },
    password: { type: "string", writeOnly: true },
    tls: {
      properties: {
        mode: { oneOf: [{ const: "disable" }, { const: "require" }] },
        ca_file: { type: "string" },
      },
    },
    words: { type: "array" },
    columns: { type: "object" },
    header: { type: "boolean" },
  },
});
const base = {
  connector: "postgres",
  host: "db",
  port: 5432,
  password: "secret://shop/password",
  tls: { mode: "require" },
};
const NOTHING: Touched = { typed: {}, secrets: {} };
const names = {
  own: (field: { path: readonly string[] }) => `shop/${field.path.join("/")}-prod`,
  taken: () => new Set(["shop/password"]),
};
const edited = (overlay: Record<string, never> | object, touched: Partial<Touched>) =>
  editedValues(overlay as never, drawnOf(fields, base, overlay as never), { ...NOTHING, ...touched }, names);

describe("the form of an environment", () => {
  it("shows what is the environment's own, and what the connection has", () => {
    const overlay = {
      host: "prod-db",
      password: "secret://shop-prod",
      header: false,
      words: ["a", "b"],
      columns: { id: "int64" },
    };
    expect(drawnOf(fields, base, overlay).map(({ field, own, base }) => [keyOf(field), own, base])).toEqual([
      ["host", "prod-db", "db"],
      ["port", "", "5432"],
      ["password", "shop-prod", "shop/password"],
      ["tls.mode", "", "require"],
      ["tls.ca_file", "", ""],
      ["words", "a\nb", ""],
      ["columns", "id: int64", ""],
      ["header", "false", ""],
    ]);
  });

  it("asks for an address only where one is used", () => {
    const hasUrl = (base: object, overlay: object) =>
      drawnOf(fields, base as never, overlay as never).some(({ field }) => keyOf(field) === "url");
    expect(hasUrl(base, {})).toBe(false);
    expect(hasUrl({ url: "${SHOP}" }, {})).toBe(true);
    expect(hasUrl(base, { url: "secret://shop-url" })).toBe(true);
  });

  it("does not draw what it cannot show, and says so", () => {
    const overlay = {
      max_streams: 2,
      host: "",
      port: 5433,
      password: "${PW:-hunter2}",
      words: ["two\nlines"],
      columns: { id: ["x"] },
    };
    const drawn = drawnOf(fields, base, overlay);
    expect(drawn.map(({ field }) => keyOf(field))).toEqual(["port", "tls.mode", "tls.ca_file", "header"]);
    expect(undrawnOf(overlay, drawn)).toEqual(["max_streams", "host", "password", "words", "columns.id"]);
    expect(JSON.stringify(drawn)).not.toContain("hunter2");
  });
});

describe("what was typed", () => {
  it("is laid over the connection where it was typed", () => {
    const typed = { host: "prod-db", port: "5433", "tls.mode": "disable", header: "true" };
    expect(edited({}, { typed })).toMatchObject({
      after: { host: "prod-db", port: 5433, tls: { mode: "disable" }, header: true },
      sealed: [],
      wrong: {},
      changes: true,
    });
  });

  it("changes nothing where nothing was touched, whatever the file says", () => {
    for (const overlay of [
      {},
      { port: "${PORT}", tls: { mode: "${MODE}" }, max_streams: 2 },
      { password: "hunter2", host: "", words: [1] },
    ]) {
      expect(edited(overlay, {})).toEqual({ after: overlay, sealed: [], wrong: {}, changes: false });
    }
    expect(edited({ port: "${PORT}" }, { typed: { port: "${PORT}", host: "" } })).toMatchObject({
      changes: false,
    });
  });

  it.each([
    [{ host: "prod-db", port: 5433 }, { host: "" }, { port: 5433 }],
    [{ host: "prod-db", tls: { mode: "disable" } }, { "tls.mode": "" }, { host: "prod-db" }],
    [{ tls: { mode: "disable", ca_file: "x" } }, { "tls.mode": "" }, { tls: { ca_file: "x" } }],
    [{ host: "prod-db", max_streams: 2 }, { host: "" }, { max_streams: 2 }],
    [{ host: "prod-db" }, { host: " " }, {}],
  ])("falls back where it was emptied: %j, %j", (overlay, typed, after) => {
    expect(edited(overlay, { typed: typed })).toMatchObject({
      after,
      changes: true,
    });
  });

  it.each([
    ["5x", { port: words.connections.notNumber }],
    ["70000", { port: words.connections.notNumber }],
    ["5433", {}],
  ])("is checked: port %s", (port, wrong) => {
    expect(edited({}, { typed: { port } }).wrong).toEqual(wrong);
  });
});

describe("a secret that was typed", () => {
  const secret = (overlay: object, name: string, value: string) =>
    edited(overlay, { secrets: { password: { name, value } } });

  it("is sealed under a name of the environment's own, and never stands in the file", () => {
    const found = secret({}, "", "hunter2");
    expect(found.after).toEqual({ password: "secret://shop/password-prod" });
    expect(found.sealed).toEqual([{ key: "password", name: "shop/password-prod", value: "hunter2" }]);
  });

  it("takes the name that it is given, and keeps the one that it has", () => {
    expect(secret({}, "prod/pw", "x")).toMatchObject({ after: { password: "secret://prod/pw" } });
    expect(secret({ password: "secret://shop-prod" }, "shop-prod", "x")).toMatchObject({
      after: { password: "secret://shop-prod" },
      sealed: [{ name: "shop-prod", value: "x" }],
      changes: true,
    });
  });

  it("may be named alone, and be a variable", () => {
    expect(secret({}, "prod/pw", "")).toMatchObject({ after: { password: "secret://prod/pw" }, sealed: [] });
    expect(secret({}, "${PW}", "")).toMatchObject({ after: { password: "${PW}" }, sealed: [], wrong: {} });
    expect(secret({}, "shop/password", "")).toMatchObject({
      after: { password: "secret://shop/password" },
      wrong: {},
    });
  });

  it("falls back where name and value were emptied", () => {
    expect(secret({ host: "x", password: "secret://shop-prod" }, "", "")).toMatchObject({
      after: { host: "x" },
      sealed: [],
      changes: true,
    });
  });

  it.each([
    ["shop/password", "x", words.environments.secretShared],
    ["two words", "x", words.environments.secretBad],
    ["../x", "", words.environments.secretBad],
    ["${PW}", "x", words.environments.secretBad],
  ])("is refused under the name %s", (name, value, why) => {
    const found = secret({}, name, value);
    expect(found.wrong).toEqual({ password: why });
    expect(found.sealed).toEqual([]);
  });
});

describe("a connection's own values", () => {
  const values = {
    ...base,
    password: "secret://shop-pw",
    max_streams: 4,
    words: [1],
    tls: { mode: "${MODE}" },
  };
  const drawn = drawnOf(fields, undefined, values);
  const own = (touched: Partial<Touched>) => editedValues(values, drawn, { ...NOTHING, ...touched }, names);

  it("are shown with nothing below them, but for what no form knows", () => {
    expect(drawn.map(({ field, own, base }) => [keyOf(field), own, base])).toEqual([
      ["host", "db", undefined],
      ["port", "5432", undefined],
      ["password", "shop-pw", undefined],
      ["tls.mode", "${MODE}", undefined],
      ["tls.ca_file", "", undefined],
      ["columns", "", undefined],
      ["header", "", undefined],
    ]);
    // `connector` is what the form is of.
    expect(undrawnOf(values, drawn)).toEqual(["max_streams", "words"]);
  });

  it("stay as they are where nothing was touched", () => {
    expect(own({})).toEqual({ after: values, sealed: [], wrong: {}, changes: false });
  });

  it("change where something was typed; what no form knows stays", () => {
    expect(own({ typed: { host: "other", port: "", "tls.mode": "", header: "false" } })).toEqual({
      after: {
        connector: "postgres",
        host: "other",
        password: "secret://shop-pw",
        max_streams: 4,
        words: [1],
        header: false,
      },
      sealed: [],
      wrong: {},
      changes: true,
    });
  });

  it.each(["", " "])("need what their connector asks for: host %j", (host) => {
    expect(own({ typed: { host } }).wrong).toEqual({ host: words.connections.needed });
    expect(edited(base, { typed: { host } }).wrong).toEqual({});
  });

  it("do not need what an environment gives", () => {
    const bare = { connector: "postgres", port: 5432 };
    const edit = editedValues(
      bare,
      drawnOf(fields, undefined, bare),
      { ...NOTHING, typed: { port: "1" } },
      names,
    );
    expect(edit).toMatchObject({ after: { ...bare, port: 1 }, wrong: {}, changes: true });
  });

  it("need a secret that their connector asks for", () => {
    const form = fieldsOf({
      required: ["token"],
      properties: { token: { type: "string", writeOnly: true } },
    });
    const api = { connector: "api", token: "secret://api" };
    const secret = (name: string, value: string) =>
      editedValues(
        api,
        drawnOf(form, undefined, api),
        { ...NOTHING, secrets: { token: { name, value } } },
        names,
      ).wrong;
    expect(secret("", "")).toEqual({ token: words.connections.needed });
    expect(secret("api", "x")).toEqual({});
  });

  it("keep the name of a secret whose value was typed, unless it is of others, too", () => {
    const typed = (secret: { name: string; value: string }) => own({ secrets: { password: secret } });
    expect(typed({ name: "shop-pw", value: "hunter2" })).toEqual({
      after: values,
      sealed: [{ key: "password", name: "shop-pw", value: "hunter2" }],
      wrong: {},
      changes: true,
    });
    expect(typed({ name: "shop/password", value: "hunter2" })).toMatchObject({
      sealed: [],
      wrong: { password: words.environments.secretShared },
    });
    const { password, ...rest } = values;
    expect(password).toBe("secret://shop-pw");
    expect(typed({ name: "", value: "" })).toMatchObject({ after: rest, sealed: [], wrong: {} });
  });

  it("seal no two values under one name", () => {
    const form = fieldsOf({
      properties: {
        password: { type: "string", writeOnly: true },
        ssh: { properties: { password: { type: "string", writeOnly: true } } },
      },
    });
    const both = { password: { name: "a", value: "1" }, "ssh.password": { name: "a", value: "2" } };
    expect(editedValues({}, drawnOf(form, undefined, {}), { typed: {}, secrets: both }, names)).toMatchObject(
      {
        sealed: [{ key: "password", name: "a", value: "1" }],
        wrong: { "ssh.password": words.environments.secretShared },
      },
    );
  });
});

describe("a connection with an environment's values", () => {
  it("suffices once it has what its connector asks for", () => {
    expect(suffices(fields, {}, {})).toBe(false);
    expect(suffices(fields, {}, { host: "x" })).toBe(true);
    expect(suffices(fields, base, {})).toBe(true);
  });
});
