import { describe, expect, it } from "vitest";
import { edition } from "./agent-catalog";

describe("the edition of a connection", () => {
  const saved = { connections: { shop: { connector: "postgres", host: "a" } } };
  it("is empty while the project has it as it stands", () => {
    expect(edition(structuredClone(saved), saved, "shop")).toBe("");
    expect(edition(saved, saved, "gone")).toBe("");
  });

  it("changes with what the draft says", () => {
    const to = (host: string) => ({ connections: { shop: { connector: "postgres", host } } });
    const [b, c] = [edition(to("b"), saved, "shop"), edition(to("c"), saved, "shop")];
    expect(b).not.toBe("");
    expect(c).not.toBe(b);
    expect(edition(to("b"), { connections: {} }, "shop")).not.toBe("");
  });
});
