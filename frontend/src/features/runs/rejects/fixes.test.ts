import { describe, expect, it } from "vitest";
import { expressionsOf } from "./fixes";

describe("fixes of a rejected row", () => {
  it("are sent as expressions, and values never as code", () => {
    expect(
      expressionsOf({
        email: { kind: "value", text: "o'neil@example.net" },
        note: { kind: "value", text: "" },
        born: { kind: "null", text: "1900" },
        amount: { kind: "expression", text: " replace(amount, ',', '.') " },
        kept: { kind: "expression", text: "  " },
      }),
    ).toEqual({
      email: "'o''neil@example.net'",
      note: "''",
      born: "NULL",
      amount: "replace(amount, ',', '.')",
    });
  });
});
