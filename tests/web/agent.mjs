// An agent of its own: the real program in a temporary folder, on a free port, stopped at the end.

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

const root = path.resolve(import.meta.dirname, "../..");

/** The program: `SYNCAPP` names another one than the workspace's own. */
const program =
  process.env.SYNCAPP ??
  path.join(process.env.CARGO_TARGET_DIR ?? path.join(root, "target"), "debug/syncapp");

/** Starts it, and answers its address, its folder of files and the token that makes the first admin. */
export async function startAgent() {
  const home = await mkdtemp(path.join(tmpdir(), "syncapp-web-"));
  const files = path.join(home, "files");
  await mkdir(files);
  const env = {
    ...process.env,
    SYNCAPP_HOME: home,
    SYNCAPP_LISTEN: "127.0.0.1:0",
    SYNCAPP_REQUESTS_PER_MINUTE: "0",
    // No keyring is needed.
    SYNCAPP_MASTER_KEY: randomBytes(32).toString("base64"),
  };
  const agent = spawn(program, ["agent"], { env, stdio: ["ignore", "pipe", "pipe"] });
  const said = [];
  const heard = new Promise((resolve, reject) => {
    const known = {};
    const hear = (line) => {
      said.push(line);
      known.url ??= /listening on (http:\S+)/.exec(line)?.[1];
      known.first ??= /makes the first admin: (\S+)/.exec(line)?.[1];
      if (known.url && known.first) {
        resolve(known);
      }
    };
    createInterface(agent.stdout).on("line", hear);
    createInterface(agent.stderr).on("line", hear);
    agent.on("error", reject);
    agent.on("exit", (code) => reject(new Error(`the agent ended with ${code}:\n${said.join("\n")}`)));
  });
  const { url, first } = await heard;
  const stop = async () => {
    const gone = new Promise((resolve) => agent.once("exit", resolve));
    agent.kill("SIGTERM");
    await gone;
    await rm(home, { recursive: true, force: true });
  };
  return { url, first, files, stop };
}

/** Asks the agent as whoever signs in by name and password. */
export async function signedIn(url, name, password) {
  const session = await fetch(`${url}/api/v1/session`, json("POST", { name, password }));
  if (!session.ok) {
    throw new Error(`${name} is not signed in: ${await session.text()}`);
  }
  const { csrf_token } = await session.json();
  const cookie = session.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
  return async (method, place, body) => {
    const asked = json(method, body);
    Object.assign(asked.headers, { cookie, "x-csrf-token": csrf_token });
    const response = await fetch(`${url}/api/v1${place}`, asked);
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`${method} ${place}: ${response.status} ${text}`);
    }
    return text === "" ? undefined : JSON.parse(text);
  };
}

export const json = (method, body) => ({
  method,
  headers: { "content-type": "application/json" },
  ...(body !== undefined && { body: JSON.stringify(body) }),
});
