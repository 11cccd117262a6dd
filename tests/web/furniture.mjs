// What the screens are shown with: a shop's exports into SQLite, runs that went well and that failed, and one that goes on.

import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { json, signedIn } from "./agent.mjs";

export const PASSWORD = "correct horse battery staple";
/** A value that would run in a page that takes data for HTML. */
export const NAUGHTY = '<img src=x onerror="window.naughty=1">';

export const SHOP = `# The shop's own exports, into a warehouse on this machine.
version: 1
project: shop

connections:
  exports:
    connector: files
    path: ./shop
    format: csv
  warehouse:
    connector: sqlite
    path: ./warehouse/shop.db # made by the first run

syncs:
  shop-to-warehouse:
    source: exports
    destination: warehouse
    schedule: { cron: "*/15 * * * *", timezone: Europe/Berlin }
    defaults: { mode: full_refresh, write: merge, undo: { keep: 7d } }
    streams:
      orders.csv:
        into: orders
        primary_key: [id]
        columns:
          net_total: { type: "decimal(12,2)" }
          customer: { from: customer_name }
      customers.csv:
        into: customers
        primary_key: [id]
        columns:
          email: { mask: { partial: { keep_last: 4 } } }
      products.csv:
        into: products
        primary_key: [sku]
`;

export const MARKETING = `version: 1
project: marketing

connections:
  campaigns:
    connector: files
    path: ./marketing
    format: csv
  reports:
    connector: sqlite
    path: ./warehouse/marketing.db

syncs:
  ads-spend:
    source: campaigns
    destination: reports
    schedule: { cron: "15 11 * * *", timezone: Europe/Berlin }
    streams:
      spend.csv: { into: spend, write: overwrite }
  newsletter:
    source: campaigns
    destination: reports
    schedule: { every: 6h }
    streams:
      opens.csv: { into: opens, write: overwrite }
      spend.csv: { into: newsletter_spend, write: overwrite }
`;

export const EVENTS = `version: 1
project: events

connections:
  raw:
    connector: files
    path: ./events
    format: csv
  lake:
    connector: sqlite
    path: ./warehouse/events.db

syncs:
  events-to-lake:
    source: raw
    destination: lake
    streams:
      clicks.csv: { into: clicks, write: overwrite }
      kinds.csv: { into: kinds, write: overwrite }
`;

const CITIES = ["Berlin", "Lagos", "Torino", "Brno", "Bergen"];
const NAMES = ["Mara Lindqvist", "Jonas Okafor", "Chiara Rossi", "Ingrid Solheim", "Mateus Prado"];
const lines = (head, rows, row) =>
  [head, ...Array.from({ length: rows }, (_, at) => row(at + 1))].join("\n") + "\n";
const day = (at) => String((at % 26) + 1).padStart(2, "0");

/** Writes the files that the projects read; `clicks` rows in the one that takes long. */
export async function writeFiles(files, clicks) {
  for (const folder of ["shop", "marketing", "events", "warehouse"]) {
    await mkdir(path.join(files, folder), { recursive: true });
  }
  const orders = (at) =>
    `${at},${at === 7 ? csv(NAUGHTY) : NAMES[at % 5]},${at % 90}.${at % 10}5,${at % 3 ? "paid" : "shipped"},2026-11-${day(at)}T12:00:00Z`;
  await writeFile(
    path.join(files, "shop/orders.csv"),
    lines("id,customer_name,net_total,status,placed_at", 20_000, orders),
  );
  await writeFile(
    path.join(files, "shop/customers.csv"),
    lines(
      "id,name,email,city",
      3_000,
      (at) => `${at},${NAMES[at % 5]} ${at},mail${at}@example.net,${CITIES[at % 5]}`,
    ),
  );
  await writeFile(
    path.join(files, "shop/products.csv"),
    lines("sku,name,price", 400, (at) => `P-${at},Product ${at},${at % 60}.90`),
  );
  await writeFile(
    path.join(files, "marketing/spend.csv"),
    lines("day,campaign,cost", 900, (at) => `2026-11-${day(at)},spring,${at % 40}.25`),
  );
  await writeFile(
    path.join(files, "events/kinds.csv"),
    lines("id,kind", 40, (at) => `${at},kind ${at}`),
  );
  await writeFile(
    path.join(files, "events/clicks.csv"),
    lines(
      "id,kind,at,place",
      clicks,
      (at) => `${at},${at % 40},2026-11-${day(at)}T08:00:00Z,a page with a long name ${at % 977}`,
    ),
  );
}

const csv = (text) => `"${text.replaceAll('"', '""')}"`;

/** Makes ada the first admin. Answers who asks as her. */
export async function firstAdmin({ url, first }) {
  await expectOk(
    fetch(`${url}/api/v1/first-admin`, json("POST", { token: first, name: "ada", password: PASSWORD })),
  );
  return signedIn(url, "ada", PASSWORD);
}

/** Makes the first admin and a viewer, and pushes the projects. Answers who asks as the admin. */
export async function furnish(agent, { clicks }) {
  await writeFiles(agent.files, clicks);
  const ask = await firstAdmin(agent);
  await ask("POST", "/users", { name: "vera", password: PASSWORD, roles: [{ role: "viewer" }] });
  for (const [project, file] of Object.entries({ shop: SHOP, marketing: MARKETING, events: EVENTS })) {
    await ask("PUT", `/projects/${project}`, { file });
  }
  return ask;
}

async function expectOk(asked) {
  const response = await asked;
  if (!response.ok) {
    throw new Error(`${response.status} ${await response.text()}`);
  }
}

/** Runs a sync, and waits for its end. */
export async function runToEnd(ask, project, sync) {
  const { run } = await ask("POST", `/projects/${project}/syncs/${sync}/runs`, {});
  for (;;) {
    const now = await ask("GET", `/runs/${run}`);
    if (["done", "partial", "failed", "cancelled"].includes(now.state)) {
      return now;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
