import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { afterEach, describe, expect, it } from "vitest";
import { ask } from "./ask";
import { Refusal } from "./refusal";

afterEach(clearMocks);

type Given = Record<string, unknown>;

const bytes = (text: string) => new TextEncoder().encode(text).buffer;

/** A shell whose body `7` has these pieces; answers what it was asked. */
function shell(pieces: string[], answer: Given = { status: 200, headers: [["content-type", "text/plain"]] }) {
  const asked: [string, Given][] = [];
  mockIPC((name, given) => {
    asked.push([name, given as Given]);
    return name === "ask" ? { body: 7, ...answer } : name === "pull" ? bytes(pieces.shift() ?? "") : null;
  });
  return asked;
}

const request = (init: RequestInit = {}) =>
  new Request("http://desktop.invalid/api/v1/runs?limit=2&name=a%2Fb", init);

describe("a request through the shell", () => {
  it("goes with its path, head and body to the agent", async () => {
    const asked = shell(["ok"]);
    await ask(request({ method: "PUT", headers: { "X-One": "1" }, body: "{}" }), "prod");
    expect(asked[0]).toEqual([
      "ask",
      {
        agent: "prod",
        method: "PUT",
        path: "/api/v1/runs?limit=2&name=a%2Fb",
        headers: expect.arrayContaining([["x-one", "1"]]) as unknown,
        body: "{}",
      },
    ]);
  });

  it("is answered with a body that is pulled as it is read", async () => {
    const asked = shell(["one ", "two"]);
    const response = await ask(request(), null);
    expect(asked.map(([name]) => name)).toEqual(["ask"]);
    expect(response.headers.get("content-type")).toBe("text/plain");
    expect(await response.text()).toBe("one two");
    expect(asked.map(([name]) => name)).toEqual(["ask", "pull", "pull", "pull"]);
  });

  it("leaves a body that nobody reads any more", async () => {
    const asked = shell(["one"]);
    const response = await ask(request(), null);
    await response.body?.cancel();
    expect(asked.at(-1)).toEqual(["leave", { body: 7 }]);
  });

  it("ends a body that is aborted, and leaves it once", async () => {
    const asked = shell(["one"]);
    const stop = new AbortController();
    const reader = (await ask(request({ signal: stop.signal }), null)).body?.getReader();
    await reader?.read();
    stop.abort();
    await expect(reader?.read()).rejects.toThrow(/abort/i);
    expect(asked.filter(([name]) => name === "leave")).toHaveLength(1);
  });

  it("leaves what answers after it was aborted", async () => {
    const asked: string[] = [];
    let answer: (value: unknown) => void = () => undefined;
    mockIPC((name) => {
      asked.push(name);
      return name === "ask" ? new Promise((resolve) => (answer = resolve)) : null;
    });
    const stop = new AbortController();
    const asking = ask(request({ signal: stop.signal }), null);
    await expect.poll(() => asked).toEqual(["ask"]);
    stop.abort();
    await expect(asking).rejects.toThrow(/abort/i);
    answer({ status: 200, headers: [], body: 7 });
    await expect.poll(() => asked).toEqual(["ask", "leave"]);
  });

  it("answers without a body", async () => {
    shell([], { status: 204, headers: [], body: null });
    const response = await ask(request({ method: "DELETE" }), null);
    expect([response.status, response.body]).toEqual([204, null]);
  });

  it("is refused with the shell's code, reason and remedy", async () => {
    mockIPC(() => {
      throw Object.assign({ code: "agent.unreachable", title: "Unreachable", detail: "nobody answers" });
    });
    const refused = await ask(request(), "prod").catch((thrown: unknown) => thrown);
    expect(refused).toBeInstanceOf(Refusal);
    expect(refused).toMatchObject({ code: "agent.unreachable", message: "nobody answers" });
  });
});
