import { describe, expect, it } from "vitest";
import type { Run } from "@/api/types";
import { endedSince } from "./run-notices";

const run = (id: string, state: Run["state"]) => ({ id, state }) as Run;

describe("runs that have ended", () => {
  it("are those that went on before", () => {
    const now = [run("a", "done"), run("b", "running"), run("c", "failed"), run("old", "done")];
    expect(endedSince(new Set(["a", "b", "c"]), now).map(({ id }) => id)).toEqual(["a", "c"]);
    expect(endedSince(new Set(), now)).toEqual([]);
  });
});
