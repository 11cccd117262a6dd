import { describe, expect, it } from "vitest";

import * as column from "../document/column-edits";
import { edited } from "../document/edit";
import { parse } from "../document/parse";
import type { Op } from "../document/splice";
import { setTrigger } from "../document/stream-edits";
import { Names } from "../mapping/names";

const NAMES = new Names(
  ["id", "customer_id", "first_name", "email", "internal_note"].map((name) => ({ name, type: "string" })),
);
const PLACE = { sync: "s", stream: "public.orders" };

const HEAD = `version: 1
# the shop
syncs:
  s:
    source: shop # read only
    destination: lake
    streams:
      public.orders:   # orders
`;

function after(text: string, make: (mapping: column.Mapping) => Op[]): string {
  const read = parse(HEAD + text);
  if (!read.ok) {
    throw new Error(read.problem.why);
  }
  const done = edited(read.source, make({ plain: read.source.plain, place: PLACE, names: NAMES }));
  if (!done?.text.startsWith(HEAD)) {
    return done?.text ?? "refused";
  }
  return done.text.slice(HEAD.length);
}

describe("edits of a mapping", () => {
  it("connects by an entry of its own where names differ", () => {
    expect(after("", (m) => column.connect(m, "customer_id", "client_id"))).toBe(`        columns:
          client_id: { from: customer_id }
`);
  });

  it("changes one key and nothing else, in the quotes that it had", () => {
    const text = `        columns:
          # who it is
          email:     { mask: 'hash' }   # joins still work
          client_id: { from: "customer_id",type: int64 }
`;
    expect(after(text, (m) => column.connect(m, "id", "client_id"))).toBe(
      text.replace('"customer_id"', '"id"'),
    );
    expect(after(text, (m) => column.setMask(m, "email", "redact"))).toBe(text.replace("'hash'", "'redact'"));
    expect(after(text, (m) => column.setType(m, "client_id", undefined))).toBe(
      text.replace(",type: int64", ""),
    );
    expect(after(text, (m) => column.setConsent(m, "client_id", true))).toBe(
      text.replace("int64 }", "int64, allow_lossy: true }"),
    );
  });

  it("drops an entry that says nothing any longer, and the key with the last one", () => {
    const text = `        into: orders
        columns:
          email: { mask: hash } # private
`;
    expect(after(text, (m) => column.setMask(m, "email", undefined))).toBe("        into: orders\n");
  });

  it("leaves the source column out when a wire is taken away, and takes it in when it is connected again", () => {
    const out = after("", (m) => column.disconnect(m, "email"));
    expect(out).toBe('        select: ["*", -email]\n');
    expect(after(out, (m) => column.disconnect(m, "id"))).toBe('        select: ["*", -email, -id]\n');
    expect(after(`        into: orders\n${out}`, (m) => column.connect(m, "email", "email"))).toBe(
      "        into: orders\n",
    );
  });

  it("writes long expressions as lines", () => {
    expect(after("", (m) => column.setExpression(m, "full", "case\n  when true then first_name\nend")))
      .toBe(`        columns:
          full:
            expr: |-
              case
                when true then first_name
              end
`);
  });

  it("computes a column without letting its source land beside it, unless it did before", () => {
    const compute = (m: column.Mapping) => column.toExpression(m, "client_id", "customer_id");
    const wired = "        columns:\n          client_id: { from: customer_id }\n";
    const computed = wired.replace("from", "expr");
    expect(after(wired, compute)).toBe(`${computed}        select: ["*", -customer_id]\n`);
    for (const [before, stays] of [
      // Left out already, never chosen, or chosen by its name and so landing as it is, too.
      ['        select: ["*", -customer_id]\n', true],
      ["        select: [id]\n", true],
      ["        select: [id, customer_id]\n", true],
      ['        select: ["*", -email]\n', false],
    ] as const) {
      const select = stays ? before : before.replace("]", ", -customer_id]");
      expect(after(before + wired, compute)).toBe(select + computed);
    }
    for (const other of ["customer_id: { mask: hash }", "second: { from: customer_id }"]) {
      expect(after(`${wired}          ${other}\n`, compute)).toBe(`${computed}          ${other}\n`);
    }
    expect(after("", (m) => column.toExpression(m, "email", "email"))).toBe(
      "        columns:\n          email: { expr: email }\n",
    );
  });

  it("renames in place, and says the source where the name said it", () => {
    const text = `        columns:
          email: { mask: hash } # private
          client_id: { from: customer_id }
`;
    expect(after(text, (m) => column.renameColumn(m, "client_id", "customer"))).toBe(
      text.replace("client_id:", "customer:"),
    );
    expect(after(text, (m) => column.renameColumn(m, "email", "mail"))).toContain(
      "mail: { from: email, mask: hash }",
    );
  });

  it("makes columns of the defaults the stream's own before it changes them", () => {
    const read = parse(`syncs:
  s:
    defaults:
      columns: { email: { mask: hash } }
    streams:
      public.orders: {}
`);
    if (!read.ok) {
      throw new Error(read.problem.why);
    }
    const done = edited(
      read.source,
      column.setType({ plain: read.source.plain, place: PLACE, names: NAMES }, "id", "int64"),
    );
    expect(done?.text).toContain("columns: { email: { mask: hash } }\n");
    expect(done?.text).toContain(`      public.orders:
        columns:
          email: { mask: hash }
          id: { type: int64 }
`);
  });

  it("edits JSON as JSON", () => {
    const text = `{
  "version": 1,
  "syncs": {
    "s": {
      "source": "a",
      "streams": { "public.orders": { "into": "orders" } }
    }
  }
}
`;
    const read = parse(text);
    if (!read.ok) {
      throw new Error(read.problem.why);
    }
    const done = edited(
      read.source,
      column.setMask({ plain: read.source.plain, place: PLACE, names: NAMES }, "email", "hash"),
    );
    expect(done?.text).toBe(
      text.replace('"into": "orders"', '"into": "orders", "columns": { "email": { "mask": "hash" } }'),
    );
    expect(JSON.parse(done?.text ?? "")).toBeTruthy();
  });
});

describe("a schedule", () => {
  it("has one trigger", () => {
    const read = parse(
      'syncs:\n  s:\n    schedule: { cron: "0 * * * *", timezone: Europe/Berlin, overlap: skip }\n',
    );
    if (!read.ok) {
      throw new Error(read.problem.why);
    }
    const every = edited(read.source, setTrigger(read.source.plain, "s", { key: "every", value: "15m" }));
    expect(every?.text).toBe("syncs:\n  s:\n    schedule: { overlap: skip, every: 15m }\n");
  });
});
