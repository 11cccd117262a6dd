import { describe, expect, it } from "vitest";
import { lineDiff } from "./line-diff";

const shown = (before: string, after: string): string[] =>
  lineDiff(before, after).map(
    ({ kind, text, number }) => `${{ same: " ", added: "+", removed: "-" }[kind]}${number} ${text}`,
  );

describe("a diff of lines", () => {
  it("keeps what is common", () => {
    expect(shown("a\nb\nc\nd", "a\nx\nc\ny\nd")).toEqual([" 1 a", "-2 b", "+2 x", " 3 c", "+4 y", " 5 d"]);
  });

  it("is empty of changes for the same text", () => {
    expect(lineDiff("a\nb", "a\nb").every((line) => line.kind === "same")).toBe(true);
  });

  it("gives back both texts, whatever they are", () => {
    let seed = 7;
    const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
    const text = () =>
      Array.from({ length: 1 + Math.floor(random() * 12) }, () =>
        "abc".charAt(Math.floor(random() * 3)),
      ).join("\n");
    for (let round = 0; round < 300; round += 1) {
      const [before, after] = [text(), text()];
      const lines = lineDiff(before, after);
      const of = (kind: "added" | "removed") =>
        lines
          .filter((line) => line.kind === "same" || line.kind === kind)
          .map((line) => line.text)
          .join("\n");
      expect(of("removed")).toBe(before);
      expect(of("added")).toBe(after);
    }
  });
});
