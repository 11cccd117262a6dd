// All screens, and how one knows that a screen is there.

import { SHOP } from "./furniture.mjs";

/**
 * @typedef {import("@playwright/test").Page} Page
 * @typedef {{ name: string, path: string, ready: string, signedIn?: boolean, open?: (page: Page) => Promise<void> }} Screen
 */

/**
 * `ids` are of runs: one that went well, one that failed, one that goes on.
 * @returns {Screen[]}
 */
export function screens(ids) {
  return [
    { name: "home", path: "/", ready: "text=Last 24 hours" },
    { name: "projects", path: "/projects", ready: "role=link[name='shop'] >> nth=-1" },
    { name: "project", path: "/projects/shop", ready: "role=link[name='shop-to-warehouse'] >> nth=-1" },
    { name: "versions", path: "/projects/shop?tab=versions", ready: "text=holds now" },
    { name: "secrets", path: "/projects/shop?tab=secrets", ready: "text=Set a secret" },
    { name: "version", path: "/projects/shop/versions/2", ready: "text=shop-to-warehouse" },
    { name: "sync", path: "/projects/shop/syncs/shop-to-warehouse", ready: "text=Next runs" },
    {
      name: "designer",
      path: "/projects/shop/designer/shop-to-warehouse",
      ready: "role=button[name=/^Save/]",
    },
    { name: "plan", path: "/projects/shop/syncs/shop-to-warehouse/plan", ready: "text=orders.csv" },
    { name: "verify", path: "/projects/shop/syncs/shop-to-warehouse/verify", ready: "text=Target rows" },
    {
      name: "compare",
      path: "/projects/shop/syncs/shop-to-warehouse/compare",
      ready: "text=Processor time",
    },
    { name: "push", path: "/push", ready: "text=Paste or open a sync file" },
    { name: "push-again", path: "/projects/shop/push", ready: "text=Nothing changes" },
    { name: "connections", path: "/connections", ready: "role=link[name='warehouse']" },
    { name: "connection", path: "/connections/shop/warehouse", ready: "text=Test again" },
    {
      name: "connection-edit",
      path: "/connections/shop/warehouse",
      ready: "text=Test again",
      open: async (page) => {
        await page.getByRole("region", { name: "Settings" }).getByRole("button", { name: "Edit" }).click();
        await page.getByRole("button", { name: "Save connection" }).waitFor();
      },
    },
    {
      name: "environment",
      path: "/connections/shop/warehouse",
      ready: "text=Test again",
      open: async (page) => {
        await page.getByRole("button", { name: "Add an environment" }).click();
        await page.getByRole("button", { name: "Save environment" }).waitFor();
      },
    },
    {
      name: "new-connection",
      path: "/connections/new?connector=postgres",
      ready: "text=New PostgreSQL connection",
    },
    { name: "runs", path: "/runs", ready: "text=How long the newest runs took" },
    { name: "run", path: `/runs/${ids.done}`, ready: "text=orders.csv" },
    {
      name: "rejects",
      path: `/runs/${ids.done}`,
      ready: "text=orders.csv",
      open: async (page) => {
        await page.getByRole("tab", { name: "Rejects" }).click();
        await page.getByText("Nothing of this run is kept").waitFor();
      },
    },
    { name: "run-failed", path: `/runs/${ids.failed}`, ready: "text=Remedy" },
    ...(ids.running
      ? [{ name: "run-live", path: `/runs/${ids.running}`, ready: "text=Rows per second" }]
      : []),
    { name: "users", path: "/admin/users", ready: "text=vera" },
    { name: "tokens", path: "/admin/tokens", ready: "role=button[name='Make a token']" },
    { name: "fleet", path: "/admin/fleet", ready: "text=Queues" },
    { name: "audit", path: "/admin/audit", ready: "text=127.0.0.1 >> nth=0" },
    { name: "settings", path: "/settings", ready: "text=Appearance" },
    {
      name: "palette",
      path: "/projects",
      ready: "role=link[name='shop'] >> nth=-1",
      open: async (page) => {
        await page.keyboard.press("Control+k");
        await page.keyboard.type("sh");
      },
    },
    {
      name: "keys",
      path: "/runs",
      ready: "text=How long the newest runs took",
      open: (page) => page.keyboard.press("?"),
    },
  ];
}

const designer = (sync) => `/projects/store/designer/${sync}`;
const target = (page, column) =>
  page.getByRole("listbox", { name: "Target columns" }).getByRole("option", { name: column }).click();
const sampled = (page) => page.getByRole("region", { name: "Sample" }).getByRole("cell").first().waitFor();

/**
 * What is seen of them with the gallery's projects.
 * @returns {Screen[]}
 */
export function pictures(ids) {
  const orders = { path: designer("orders-to-analytics"), ready: "role=button[name=/^Save/]" };
  return [
    { ...orders, name: "designer", open: sampled },
    {
      ...orders,
      name: "designer-node",
      open: async (page) => {
        await target(page, /net_total/);
        await sampled(page);
      },
    },
    {
      ...orders,
      name: "designer-expression",
      open: async (page) => {
        await sampled(page);
        await target(page, /full_name/);
        await page.getByRole("textbox", { name: "Expression full_name" }).click();
        await page.keyboard.press("Control+End");
        await page.keyboard.type(" || ' ' || l");
        await page.getByRole("listbox", { name: "Completions" }).waitFor();
      },
    },
    {
      name: "designer-lossy",
      path: designer("refunds"),
      ready: "role=button[name=/^Save/]",
      open: (page) => target(page, /refunded_on/),
    },
    {
      ...orders,
      name: "designer-table",
      open: (page) => page.getByRole("radio", { name: "Table" }).click(),
    },
    {
      ...orders,
      name: "designer-yaml",
      open: (page) => page.getByRole("radio", { name: "YAML" }).click(),
    },
    {
      ...orders,
      name: "designer-settings",
      open: (page) => page.getByRole("button", { name: "Edit settings" }).click(),
    },
    { ...orders, name: "keys", open: (page) => page.keyboard.press("?") },
    { name: "plan", path: "/projects/events/syncs/events-to-lake/plan", ready: "text=CREATE TABLE" },
    { name: "plan-lossy", path: "/projects/store/syncs/refunds/plan", ready: "text=allow_lossy" },
    {
      name: "undo",
      path: `/runs/${ids.rejecting}`,
      ready: "text=orders.csv",
      open: async (page) => {
        await page.getByRole("button", { name: "Undo" }).click();
        await page.getByRole("button", { name: "Undo this run" }).waitFor();
      },
    },
    {
      name: "rejects",
      path: `/runs/${ids.rejecting}`,
      ready: "text=orders.csv",
      open: async (page) => {
        await page.getByRole("tab", { name: "Rejects" }).click();
        await page.getByText("This row could not land").first().click();
      },
    },
    {
      name: "push-again",
      path: "/projects/shop/push",
      ready: "text=Nothing changes",
      open: async (page) => {
        const file = SHOP.replace(
          "primary_key: [sku]",
          "primary_key: [sku]\n      prices.csv: { into: prices, write: overwrite }",
        );
        await page.getByRole("textbox", { name: "Sync file" }).fill(file);
        await page.getByText("prices.csv").last().waitFor();
      },
    },
    { name: "gallery", path: "/connections/new", ready: "text=Databases in a file" },
    {
      name: "connection-test",
      path: "/connections/new?connector=postgres&project=store",
      ready: "text=New PostgreSQL connection",
      open: async (page) => {
        await page.getByLabel("Paste a URL").fill("postgres://reader:secret@127.0.0.1:1/shop");
        await page.getByLabel("Name", { exact: true }).fill("shop-db");
        await page.getByText("Remedy").first().waitFor();
      },
    },
    {
      name: "connection",
      path: "/connections/store/till",
      ready: "text=Test again",
      open: async (page) => {
        await page.getByRole("button", { name: "Look" }).click();
        await page.getByText("refunds.csv").waitFor();
      },
    },
  ];
}

/**
 * A new agent, from its first admin to its first project, which `push` makes.
 * @returns {Screen[]}
 */
export function beginnings(push) {
  return [
    { name: "sign-in", path: "/", ready: "text=Sign in", signedIn: false },
    {
      name: "first-admin",
      path: "/",
      ready: "text=Sign in",
      signedIn: false,
      open: (page) => page.getByRole("button", { name: "Make the first admin" }).click(),
    },
    { name: "home-empty", path: "/", ready: "text=Push your first sync file" },
    { name: "projects-empty", path: "/projects", ready: "role=heading[name='Projects']" },
    {
      name: "home-first",
      path: "/",
      ready: "role=heading[name='Home']",
      open: async (page) => {
        await push();
        await page.reload();
        await page.getByText("Run your first sync").waitFor();
      },
    },
  ];
}
