import { expect, test } from "vitest";
import { Problem } from "./problem";

test("a mistake in a screen is not taken for an agent that is away", () => {
  const away = [
    "Failed to fetch",
    "Load failed",
    "NetworkError when attempting to fetch resource.",
    "fetch failed",
  ];
  for (const message of away) {
    expect(Problem.from(new TypeError(message)).code).toBe("agent.unreachable");
  }
  const mistake = Problem.from(new TypeError("Cannot read properties of undefined (reading 'map')"));
  expect(mistake.code).not.toBe("agent.unreachable");
  expect(mistake.why).toContain("reading 'map'");
});
