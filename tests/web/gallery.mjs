// What the pictures show beside the tests' furniture: a mapping with all kinds of nodes, rows that are rejected, a run that fails, one
// that goes on for a while and knows how many rows come, and a project that was never run.

import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { runToEnd } from "./furniture.mjs";

const STORE = `version: 1
project: store

connections:
  till:
    connector: files
    path: ./store
    format: csv
  analytics:
    connector: sqlite
    path: ./warehouse/analytics.db

syncs:
  orders-to-analytics:
    source: till
    destination: analytics
    schedule: { cron: "30 6 * * *", timezone: Europe/Berlin }
    defaults: { mode: full_refresh, write: merge, on_error: reject, max_rejects: 100, undo: { keep: 7d } }
    streams:
      orders.csv:
        into: orders
        primary_key: [id]
        where: status <> 'draft'
        select: ["*", -internal_note, -first_name, -last_name]
        columns:
          client_id: { from: customer_id, type: string }
          full_name: { expr: "first_name || ' ' || last_name" }
          email: { mask: hash }
          # The till writes a decimal comma.
          net_total: { expr: "cast(replace(total_gross, ',', '.') as decimal(12,2))" }
          placed_on: { from: placed_at, type: date, allow_lossy: true }
      customers.csv:
        into: customers
        primary_key: [id]
        columns:
          email: { mask: { partial: { keep_last: 4 } } }
  refunds:
    source: till
    destination: analytics
    schedule: { after: orders-to-analytics }
    streams:
      refunds.csv:
        into: refunds
        columns:
          amount: { type: "decimal(10,2)" }
          refunded_on: { from: refunded_at, type: date }
`;

const CRM = `version: 1
project: crm

connections:
  mailbox:
    connector: files
    path: ./crm
    format: csv
  sales:
    connector: sqlite
    path: ./warehouse/sales.db

syncs:
  invoices:
    source: mailbox
    destination: sales
    schedule: { cron: "0 7 * * 1-5", timezone: Europe/Berlin }
    streams:
      invoices.csv:
        into: invoices
        write: overwrite
        columns:
          amount: { expr: "cast(amount as decimal(12,2))" }
  contacts:
    source: mailbox
    destination: sales
    streams:
      contacts.csv: { into: contacts, write: overwrite }
`;

const FINANCE = `version: 1
project: finance

connections:
  ledger:
    connector: sqlite
    path: ./warehouse/ledger.db
  lake:
    connector: sqlite
    path: ./warehouse/lake.db
  bookings:
    connector: files
    path: ./finance
    format: csv

syncs:
  ledger-to-lake:
    source: ledger
    destination: lake
    schedule: { every: 1h }
    streams:
      entries: { write: overwrite }
      postings: { write: overwrite }
      accounts: { write: overwrite }
  # Fills the ledger by its own database, which is quick.
  bookings:
    source: bookings
    destination: ledger
    streams:
      accounts.csv:
        into: accounts
        write: overwrite
        after_sql: |
          create table if not exists entries (id integer primary key, account integer, booked text, amount text, note text);
          create table if not exists postings (id integer primary key, entry integer, side text, amount text);
          with recursive n(i) as (select 1 union all select i + 1 from n where i < ENTRIES)
            insert into entries select i, i % 40, '2026-11-' || (10 + i % 20), i % 900 || '.50', 'booking ' || i from n;
          insert into postings select id, id, case id % 2 when 0 then 'debit' else 'credit' end, amount from entries
            where id <= ENTRIES / 4;
`;

const NAMES = [
  ["Mara", "Lindqvist"],
  ["Jonas", "Okafor"],
  ["Chiara", "Bellini"],
  ["Tomáš", "Dvořák"],
  ["Aylin", "Şahin"],
  ["Noor", "van Dijk"],
  ["Ana", "Kovačević"],
];
const STATES = ["paid", "shipped", "paid", "draft", "returned"];
const table = (head, rows, row) =>
  [head, ...Array.from({ length: rows }, (_, at) => row(at + 1).join(","))].join("\n") + "\n";
const day = (at) => `2026-11-${String((at % 26) + 1).padStart(2, "0")}`;

function order(at) {
  const [first, last] = NAMES[at % NAMES.length];
  // A few have a thousands separator, which no decimal has.
  const gross = at % 133 === 5 ? `1.${100 + at},00` : `${3 + ((at * 37) % 180)},${10 + (at % 90)}`;
  return [
    100_480 + at,
    4_000 + (at % 700),
    first,
    last,
    `${first.toLowerCase()}${at}@example.net`,
    STATES[at % STATES.length],
    `"${gross}"`,
    at % 9 === 0 ? "" : `${at % 12}.${at % 100}`,
    ["EUR", "EUR", "SEK", "CZK"][at % 4],
    ["web", "shop", "phone"][at % 3],
    `${day(at)}T${String(8 + (at % 12)).padStart(2, "0")}:15:00Z`,
    at % 50 === 0 ? "call back" : "",
  ];
}

const FILES = {
  "store/orders.csv": table(
    "id,customer_id,first_name,last_name,email,status,total_gross,discount,currency,channel,placed_at,internal_note",
    1200,
    order,
  ),
  "store/refunds.csv": table("id,order_id,amount,refunded_at", 120, (at) => [
    at,
    100_480 + at * 9,
    `${at % 40}.${at % 10}5`,
    `${day(at)}T09:30:00Z`,
  ]),
  "store/customers.csv": table("id,email,city", 700, (at) => [
    4_000 + at,
    `mail${at}@example.net`,
    ["Bergen", "Lagos", "Torino", "Brno"][at % 4],
  ]),
  "crm/invoices.csv": table("number,customer,amount", 300, (at) => [
    2_000 + at,
    4_000 + at,
    at === 212 ? "n/a" : `${at % 700}.20`,
  ]),
  "crm/contacts.csv": table("id,name", 60, (at) => [at, NAMES[at % NAMES.length].join(" ")]),
  "finance/accounts.csv": table("id,name", 40, (at) => [at, `Account ${1000 + at}`]),
};

/** Puts the projects there; answers the runs that are pictured. */
export async function hang(ask, files, { entries }) {
  for (const [name, text] of Object.entries(FILES)) {
    await mkdir(path.dirname(path.join(files, name)), { recursive: true });
    await writeFile(path.join(files, name), text);
  }
  for (const [project, file] of Object.entries({
    store: STORE,
    crm: CRM,
    finance: FINANCE.replaceAll("ENTRIES", entries),
  })) {
    await ask("PUT", `/projects/${project}`, { file });
  }
  await runToEnd(ask, "finance", "bookings");
  const rejecting = await runToEnd(ask, "store", "orders-to-analytics");
  const failed = await runToEnd(ask, "crm", "invoices");
  return { rejecting: rejecting.id, failed: failed.id };
}
