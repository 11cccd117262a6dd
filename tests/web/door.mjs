// The console's pages where the agent was built without them: the built frontend under the agent's own policy, and `/api` behind it.

import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import http from "node:http";
import path from "node:path";

const dist = path.resolve(import.meta.dirname, "../../frontend/dist");

const FORMS = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** As the agent's front door says it. */
const policy = (nonce) =>
  `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data:; font-src 'self'; ` +
  "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/** Where the console is: at the agent itself if it has it, else at a door of ours in front of it. */
export async function openDoor(agent) {
  const front = await (await fetch(agent)).text();
  if (front.includes('id="root"')) {
    return { url: agent, close: async () => {} };
  }
  const server = http.createServer((request, response) => {
    const answer = request.url.startsWith("/api/") ? pass(agent, request, response) : give(request, response);
    answer.catch((error) => response.writeHead(502).end(String(error)));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${server.address().port}`, close };
}

async function give(request, response) {
  const { pathname } = new URL(request.url, "http://door");
  const form = FORMS[path.extname(pathname)];
  if (form) {
    const file = await readFile(path.join(dist, path.normalize(pathname)));
    response.writeHead(200, { "content-type": form }).end(file);
    return;
  }
  const nonce = randomBytes(16).toString("base64");
  const page = await readFile(path.join(dist, "index.html"), "utf8");
  response.writeHead(200, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": policy(nonce),
  });
  response.end(page.replace(/(<meta name="csp-nonce" content=")[^"]*/, `$1${nonce}`));
}

async function pass(agent, request, response) {
  const { hostname, port } = new URL(agent);
  const asked = http.request({
    hostname,
    port,
    path: request.url,
    method: request.method,
    headers: request.headers,
  });
  asked.on("response", (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  asked.on("error", () => response.destroy());
  response.on("close", () => asked.destroy());
  request.pipe(asked);
}
