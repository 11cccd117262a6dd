import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Keys, Place } from "./values";
import { emptiedBy, mergedFile, withValues } from "./write-values";

const PLAIN = `# The shop.
version: 1
connections:
  shop: # where it comes from
    connector: postgres
    host: db # this one
  lake: { connector: sqlite, path: ./lake.db } # and to

# What runs.
syncs:
  s: { source: shop, destination: lake, streams: { orders: } }
`;

const PROD = `  prod: # the real one
    connections:
      # by the network team
      shop: { host: prod-db,port: 5433 }   # two keys
      lake:
        path: /var/lake.db
`;

const DEV = `  dev:
    connections:
      shop:
        host: dev-db
        tls:
          mode: disable
          ca_file: dev.pem # ours
`;

const ENVIRONMENTS = PLAIN.replace("# What", `environments:\n${PROD}${DEV}\n# What`);
const after = (text: string, environment: string, keys: object, connection = "shop") =>
  withValues(text, { environment, connection }, keys as Keys);

describe("an overlay in a file's text", () => {
  it("begins the environments behind the connections, and takes them along again", async () => {
    const keys = { host: "prod-db", password: "secret://shop/password-prod", tls: { mode: "verify-full" } };
    const added = await after(PLAIN, "prod", keys);
    expect(added).toBe(
      PLAIN.replace(
        "\n# What",
        `
environments:
  prod:
    connections:
      shop:
        host: prod-db
        password: secret://shop/password-prod
        tls:
          mode: verify-full

# What`,
      ),
    );
    expect(await after(added, "prod", {})).toBe(PLAIN);
  });

  it.each([
    ["no connection has an empty line behind it", PLAIN.replace("\n\n#", "\n#")],
    ["lines end as on Windows", PLAIN.replaceAll("\n", "\r\n")],
    ["the connections are last", `syncs:\n  s: {}\nconnections:\n  shop:\n    connector: postgres\n`],
    ["a comment ends the connections", PLAIN.replace("\n\n# What", "\n    # user: later\n\n# What")],
    [
      "the connections stand in braces",
      "version: 1\nconnections: { shop: { connector: postgres } }\nsyncs: {}\n",
    ],
    [
      "a block ends the connections",
      "connections:\n  shop:\n    connector: x\n    note: |\n      two\n      lines\n\nsyncs: {}\n",
    ],
  ])("is added and removed without a trace where %s", async (_, text) => {
    const added = await after(text, "prod", { host: "prod-db" });
    expect(parse(added)).toEqual({
      ...(parse(text) as object),
      environments: { prod: { connections: { shop: { host: "prod-db" } } } },
    });
    for (const line of text.split("\n")) {
      expect(added).toContain(line);
    }
    expect(added.indexOf("environments:")).toBeGreaterThan(added.indexOf("later"));
    expect(await after(added, "prod", {})).toBe(text);
  });

  it("is added to JSON as JSON", async () => {
    const text =
      '{\n  "version": 1,\n  "connections": { "shop": { "connector": "postgres" } },\n  "syncs": {}\n}\n';
    const added = await after(text, "prod", { host: "prod-db" });
    expect(JSON.parse(added)).toMatchObject({
      environments: { prod: { connections: { shop: { host: "prod-db" } } } },
    });
    expect(JSON.parse(await after(added, "prod", {}))).toEqual(JSON.parse(text));
  });

  it("is added beside others", async () => {
    expect(await after(ENVIRONMENTS, "test", { host: "test-db" })).toBe(
      ENVIRONMENTS.replace(DEV, `${DEV}  test:\n    connections:\n      shop:\n        host: test-db\n`),
    );
    expect(await after(ENVIRONMENTS, "dev", { path: "dev.db" }, "lake")).toBe(
      ENVIRONMENTS.replace(DEV, `${DEV}      lake:\n        path: dev.db\n`),
    );
  });

  it.each([
    ["one key", "prod", { host: "other", port: 5433 }, "prod-db", "other"],
    ["a new one", "prod", { host: "prod-db", port: 5433, user: "me" }, "port: 5433", "port: 5433, user: me"],
    ["one less", "prod", { port: 5433 }, "host: prod-db,", ""],
    [
      "a nested one",
      "dev",
      { host: "dev-db", tls: { mode: "require", ca_file: "dev.pem" } },
      "disable",
      "require",
    ],
    [
      "a nested one less",
      "dev",
      { host: "dev-db", tls: { ca_file: "dev.pem" } },
      "          mode: disable\n",
      "",
    ],
    ["no nested one", "dev", { host: "dev-db" }, / {8}tls:\n.*\n.*\n/, ""],
    ["nothing", "prod", { host: "prod-db", port: 5433 }, "", ""],
  ])("is edited: %s, and the rest stays", async (_, environment, keys, from, to) => {
    expect(await after(ENVIRONMENTS, environment, keys)).toBe(ENVIRONMENTS.replace(from, to));
  });

  it("goes alone where others are left", async () => {
    expect(await after(ENVIRONMENTS, "prod", {})).toBe(ENVIRONMENTS.replace(/ {6}shop: \{.*\n/, ""));
  });

  it("takes an environment along that it leaves empty, and the last one takes the key", async () => {
    expect(await after(ENVIRONMENTS, "dev", {})).toBe(ENVIRONMENTS.replace(DEV, ""));
    const last = await after(await after(ENVIRONMENTS, "dev", {}), "prod", {}, "lake");
    expect(await after(last, "prod", {})).toBe(PLAIN);
  });

  it("leaves an environment that was empty before", async () => {
    const text = ENVIRONMENTS.replace("environments:\n", "environments:\n  edge: {}\n").replace(PROD, "");
    expect(await after(text, "dev", {})).toBe(text.replace(DEV, ""));
    expect(await after(text, "edge", { host: "edge-db" })).toBe(
      text.replace("edge: {}", "edge:\n    connections:\n      shop:\n        host: edge-db"),
    );
  });

  it.each(["*", "!x", "1", "null", "eu: prod", "constructor", "__proto__", "#"])(
    "has any name: %s",
    async (environment) => {
      const added = await after(ENVIRONMENTS, environment, { host: "x" });
      expect(Object.keys((parse(added) as { environments: object }).environments)).toContain(environment);
      expect(await after(added, environment, {})).toBe(ENVIRONMENTS);
    },
  );

  it("is refused where the file cannot be read", async () => {
    await expect(after("connections: [", "prod", { host: "x" })).rejects.toThrow();
  });
});

describe("a connection's own values in a file's text", () => {
  const shop = (text: string, keys: object) => withValues(text, { connection: "shop" }, keys as Keys);
  const lake = (text: string, keys: object) => withValues(text, { connection: "lake" }, keys as Keys);
  const [SHOP, LAKE] = [
    { connector: "postgres", host: "db" },
    { connector: "sqlite", path: "./lake.db" },
  ];

  it.each([PLAIN, ENVIRONMENTS, PLAIN.replaceAll("\n", "\r\n"), `${PLAIN}\n\n`])(
    "stay to the byte where nothing changes",
    async (text) => {
      expect(await shop(text, SHOP)).toBe(text);
      expect(await lake(text, LAKE)).toBe(text);
    },
  );

  it.each([
    ["one key", { ...SHOP, host: "other" }, "host: db #", "host: other #"],
    ["a new one", { ...SHOP, port: 5433 }, "host: db # this one", "host: db # this one\n    port: 5433"],
    ["one less", { connector: "postgres" }, "    host: db # this one\n", ""],
    [
      "a nested one",
      { ...SHOP, tls: { mode: "require" } },
      "db # this one",
      "db # this one\n    tls:\n      mode: require",
    ],
  ])("are edited: %s, and the rest stays", async (_, keys, from, to) => {
    for (const text of [PLAIN, ENVIRONMENTS]) {
      expect(await shop(text, keys)).toBe(text.replace(from, to));
      const windows = (unix: string) => unix.replaceAll("\n", "\r\n");
      expect(await shop(windows(text), keys)).toBe(windows(text.replace(from, to)));
    }
  });

  it("are edited in braces and in JSON", async () => {
    expect(await lake(ENVIRONMENTS, { ...LAKE, path: "x.db", wal: true })).toBe(
      ENVIRONMENTS.replace("path: ./lake.db }", "path: x.db, wal: true }"),
    );
    const json = JSON.stringify(parse(PLAIN), null, 2);
    expect(await shop(json, { ...SHOP, host: "other" })).toBe(json.replace('"db"', '"other"'));
  });

  it("go with what is laid over them, and with environments that are empty then", async () => {
    const LINE = /^ {2}lake: .*\n/m;
    expect(await lake(PLAIN, {})).toBe(PLAIN.replace(LINE, ""));
    expect(await lake(ENVIRONMENTS, {})).toBe(
      ENVIRONMENTS.replace(LINE, "").replace("      lake:\n        path: /var/lake.db\n", ""),
    );
    const text = ENVIRONMENTS.replace("environments:\n", "environments:\n  edge: {}\n");
    expect(await shop(text, {})).toBe(
      text
        .replace(/ {2}shop: # where(.*\n){3}/, "")
        .replace(/ {6}shop: \{.*\n/, "")
        .replace(DEV, ""),
    );
  });

  it("go with the environments where those are of nothing else", async () => {
    const text = await after(
      await after(PLAIN, "prod", { path: "a.db" }, "lake"),
      "dev",
      { path: "b" },
      "lake",
    );
    expect(await lake(text, {})).toBe(PLAIN.replace(/^ {2}lake: .*\n/m, ""));
  });

  it("leave a mapping where they were the last: a key without a value is no file", async () => {
    const text =
      "version: 1\nconnections: # all of them\n  lake:\n    connector: sqlite # ours\n\nsyncs: {}\n";
    const none = await lake(text, {});
    expect(none).toBe("version: 1\nconnections: {} # all of them\n\nsyncs: {}\n");
    expect(await lake(none, { connector: "sqlite" })).toBe(text.replace(" # ours", ""));
  });

  it("are nothing to take out where they are not there", async () => {
    expect(await withValues(ENVIRONMENTS, { connection: "toString" }, {})).toBe(ENVIRONMENTS);
  });
});

describe("an environment of which nothing would be left", () => {
  const kept = (text: string, place: Place) => withValues(text, place, {}, true);

  it.each([
    [{ environment: "prod", connection: "shop" }, []],
    [{ environment: "dev", connection: "shop" }, ["dev"]],
    [{ connection: "shop" }, ["dev"]],
    [{ connection: "lake" }, []],
  ])("is told of %j", (place, names) => {
    expect(emptiedBy(parse(ENVIRONMENTS) as never, place)).toEqual(names);
  });

  it("stays where it is to be kept, with its comments", async () => {
    expect(await kept(ENVIRONMENTS, { environment: "dev", connection: "shop" })).toBe(
      ENVIRONMENTS.replace(DEV, "  dev: {}\n"),
    );
    const alone = ENVIRONMENTS.replace(DEV, "").replace(/ {6}lake:\n.*\n/, "");
    expect(await kept(alone, { environment: "prod", connection: "shop" })).toBe(
      alone.replace(PROD.replace(/ {6}lake:\n.*\n/, ""), "  prod: {} # the real one\n"),
    );
    expect(parse(await kept(ENVIRONMENTS, { connection: "shop" }))).toMatchObject({
      connections: { lake: {} },
      environments: { dev: {}, prod: { connections: { lake: { path: "/var/lake.db" } } } },
    });
  });

  it("is not left behind where it has more: that stays", async () => {
    const place = { environment: "prod", connection: "shop" };
    expect(await kept(ENVIRONMENTS, place)).toBe(await withValues(ENVIRONMENTS, place, {}));
  });
});

describe("a file that is tested as an environment sees it", () => {
  it("has the merged connection, and nothing that is laid over it", () => {
    const file = parse(ENVIRONMENTS) as never;
    const place = { environment: "prod", connection: "shop" };
    expect(JSON.parse(mergedFile(file, place, { host: "prod-db", port: 6000 }))).toEqual({
      ...(file as object),
      connections: {
        shop: { connector: "postgres", host: "prod-db", port: 6000 },
        lake: { connector: "sqlite", path: "./lake.db" },
      },
      environments: {
        prod: { connections: { shop: {}, lake: { path: "/var/lake.db" } } },
        dev: { connections: { shop: {} } },
      },
    });
  });

  it("has the connection's own values as they were typed, and nothing that is laid over them", () => {
    const file = parse(ENVIRONMENTS) as never;
    const merged = mergedFile(file, { connection: "shop" }, { connector: "postgres", port: 6000 });
    expect(JSON.parse(merged)).toMatchObject({
      connections: { shop: { connector: "postgres", port: 6000 }, lake: { path: "./lake.db" } },
      environments: {
        prod: { connections: { shop: {}, lake: { path: "/var/lake.db" } } },
        dev: { connections: { shop: {} } },
      },
    });
    expect((JSON.parse(merged) as { connections: { shop: object } }).connections.shop).not.toHaveProperty(
      "host",
    );
  });
});
