import { describe, expect, it } from "vitest";
import { eventReader } from "./events";

const whole = 'id: 1\nevent: run\ndata: {"a":\ndata: 1}\n\n: a comment\n\nid: 2\r\ndata: b\r\n\r\n';
const read = [
  { id: "1", event: "run", data: '{"a":\n1}' },
  { id: "2", event: "message", data: "b" },
];

describe("a stream of events", () => {
  it("is read as a whole", () => {
    expect(eventReader()(whole)).toEqual(read);
  });

  it("is read the same in any two pieces", () => {
    for (let cut = 0; cut <= whole.length; cut += 1) {
      const events = eventReader();
      expect([...events(whole.slice(0, cut)), ...events(whole.slice(cut))], `cut at ${cut}`).toEqual(read);
    }
  });

  it("is read character by character", () => {
    const events = eventReader();
    expect(whole.split("").flatMap((piece) => events(piece))).toEqual(read);
  });

  it("tells no event that is not over", () => {
    expect(eventReader()("data: a\n")).toEqual([]);
  });
});
