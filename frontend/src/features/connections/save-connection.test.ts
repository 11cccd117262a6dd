import { describe, expect, it } from "vitest";
import { fieldsOf } from "./fields";
import { withConnection } from "./save-connection";

const text = `# The shop.
version: 1
connections:
  export: # where it comes from
    connector: files
    path: ./out # and to

# What runs.
syncs:
  flights:
    source: export
    destination: export
`;

const fields = fieldsOf({
  properties: {
    host: { type: "string" },
    port: { type: "integer" },
    password: { type: "string", writeOnly: true },
    tls: { properties: { mode: { type: "string" } } },
  },
});

describe("a connection that is saved", () => {
  it("is put into the file, and the rest stays", async () => {
    const file = { project: "shop", version: 1, text, connections: [], syncs: [] };
    const typed = { host: "db.example.net", port: "5432", "tls.mode": "verify-full" };
    const next = await withConnection(
      { file, name: "shop", connector: "postgres", fields, typed, secrets: {} },
      [{ key: "password", name: "shop/password", value: "never in the file" }],
    );
    expect(next).toBe(
      text.replace(
        "\n# What",
        `  shop:
    connector: postgres
    host: db.example.net
    port: 5432
    password: secret://shop/password
    tls:
      mode: verify-full

# What`,
      ),
    );
  });
});
