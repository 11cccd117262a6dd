// The console in a real browser against a real agent: from the first admin to a viewer who may only look.

import { AxeBuilder } from "@axe-core/playwright";
import { test as base, expect } from "@playwright/test";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { json, signedIn, startAgent } from "./agent.mjs";
import { EVENTS, MARKETING, NAUGHTY, PASSWORD, runToEnd, SHOP, writeFiles } from "./furniture.mjs";
import { screens } from "./screens.mjs";

/** One agent for the file. Its tests go on from one another, as somebody would. */
const test = base.extend({
  world: [
    async ({}, use) => {
      const agent = await startAgent();
      await writeFiles(agent.files, 3_000_000);
      await use(agent);
      await agent.stop();
    },
    { scope: "worker" },
  ],
  baseURL: ({ world }, use) => use(world.url),
  // Whatever a page's policy forbids, and whatever throws in a page, fails its test.
  page: async ({ page }, use) => {
    const wrong = [];
    await page.exposeFunction("forbidden", (what) => wrong.push(`forbidden by the policy: ${what}`));
    await page.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) =>
        window.forbidden(
          `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`,
        ),
      );
    });
    page.on("pageerror", (error) => wrong.push(`thrown in the page: ${error.message}`));
    page.on("dialog", (dialog) => wrong.push(`a dialog: ${dialog.message()}`));
    await use(page);
    expect(wrong).toEqual([]);
  },
});

test.describe.configure({ mode: "serial" });

const button = (page, name) => page.getByRole("button", { name, exact: true });
const heading = (page, name) => page.getByRole("heading", { name, exact: true });

/** Sessions by name: an account may be tried ten times in a quarter of an hour. */
const sessions = new Map();
let asked;

/** Asks the agent as the admin, beside the browser. */
const asAda = async (world) => (asked ??= await signedIn(world.url, "ada", PASSWORD));

async function signIn(page, name) {
  const known = sessions.get(name);
  if (known) {
    await page.context().addCookies(known);
    await page.goto("/");
  } else {
    await page.goto("/");
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("Password").fill(PASSWORD);
    await button(page, "Sign in").click();
  }
  await expect(heading(page, "Home")).toBeVisible();
  sessions.set(name, await page.context().cookies());
}

async function pushFile(page, file) {
  await page.goto("/push");
  await page.getByLabel("Sync file", { exact: true }).last().fill(file);
  await expect(heading(page, /What would change/)).toBeVisible();
  await page.getByRole("button", { name: /^Push version 1/ }).click();
}

test("the first admin signs in by the one-time token, and it is good no more", async ({ page, world }) => {
  await page.goto("/");
  await button(page, "Make the first admin").click();
  await page.getByLabel("One-time token").fill("0".repeat(64));
  await page.getByLabel("Name").fill("ada");
  await page.getByLabel("Password").fill(PASSWORD);
  await button(page, "Make the admin").click();
  await expect(page.getByText("agent.unauthenticated")).toBeVisible();
  await page.getByLabel("One-time token").fill(world.first);
  await button(page, "Make the admin").click();
  await expect(heading(page, "Home")).toBeVisible();
  await expect(page.getByText("Push your first sync file")).toBeVisible();
  const again = await fetch(
    `${world.url}/api/v1/first-admin`,
    json("POST", { token: world.first, name: "eve", password: PASSWORD }),
  );
  expect(again.status).toBe(401);
});

test("a wrong password says so, with its code and remedy", async ({ page }) => {
  await page.goto("/");
  await page.getByLabel("Name").fill("ada");
  await page.getByLabel("Password").fill("not the password");
  await button(page, "Sign in").click();
  const panel = page.getByRole("region", { name: "You are not signed in" });
  await expect(panel).toContainText("the name or the password is wrong");
  await expect(panel).toContainText("agent.unauthenticated");
  await expect(panel).toContainText("an admin can set another password");
});

test("a file is pushed once it is clear what it changes", async ({ page }) => {
  await signIn(page, "ada");
  await page.goto("/push");
  const file = page.getByRole("textbox", { name: "Sync file" });
  await file.fill(SHOP.replace("merge", "marge"));
  await expect(page.getByRole("region", { name: "This file cannot be pushed" })).toContainText(
    "config.invalid_value",
  );
  await expect(page.getByRole("button", { name: /^Push version/ })).toBeDisabled();
  await file.fill(SHOP);
  await expect(page.getByText(/sync shop-to-warehouse: 3 streams/)).toBeVisible();
  await page.getByRole("button", { name: /^Push version 1/ }).click();
  await expect(heading(page, "shop")).toBeVisible();
  await expect(page.getByText("Version 1, pushed")).toBeVisible();
  await pushFile(page, MARKETING);
  await expect(heading(page, "marketing")).toBeVisible();
  await pushFile(page, EVENTS);
  await expect(heading(page, "events")).toBeVisible();
});

test("a sync is planned, run, watched and found in the history", async ({ page }) => {
  await signIn(page, "ada");
  await page.goto("/projects/shop/syncs/shop-to-warehouse/plan");
  await expect(page.getByText(/CREATE TABLE/).first()).toBeVisible();
  await expect(page.getByText("No column loses data")).toBeVisible();
  await page.getByRole("button", { name: /^Run this plan/ }).click();
  await expect(page.getByText("Done", { exact: true }).first()).toBeVisible();
  const row = page.getByRole("row", { name: /^orders\.csv/ });
  await expect(row).toContainText("20,000");
  await expect(page.getByText("it landed: 20000 rows read, 20000 committed")).toBeVisible();
  const name = await page.getByRole("heading", { name: /^Run / }).textContent();
  await page.keyboard.press("g");
  await page.keyboard.press("r");
  await expect(page.getByRole("link", { name: name.replace("Run ", "") })).toBeVisible();
  await page.getByRole("radio", { name: "Rows" }).click();
  await expect(
    page.getByRole("img", { name: "Rows that the newest runs wrote, 1 in all: up to 23,400" }),
  ).toBeVisible();
});

test("a run is watched as it goes on, and cancelled by its key", async ({ page }) => {
  await signIn(page, "ada");
  await page.goto("/projects/events/syncs/events-to-lake");
  await expect(page.getByRole("button", { name: /^Run/ })).toBeVisible();
  await page.keyboard.press("Control+Enter");
  await button(page, "View").click();
  await expect(page.getByRole("img", { name: /Rows per second\. Now [1-9]/ })).toBeVisible();
  await page.keyboard.press("Control+.");
  await expect(page.getByText("Cancelled", { exact: true }).first()).toBeVisible();
  await expect(page.getByRole("button", { name: /^Cancel/ })).toHaveCount(0);
});

test("a failure says code, cause, what was written and the remedy, and is retried", async ({
  page,
  world,
}) => {
  await signIn(page, "ada");
  await page.goto("/projects/marketing/syncs/newsletter");
  await page.getByRole("button", { name: /^Run/ }).click();
  await expect(page.getByRole("status")).toContainText("newsletter: Partialthere is no file");
  await button(page, "View").click();
  const panel = page.getByRole("region", { name: "opens.csv failed" });
  await expect(panel).toContainText("source.stream_not_found");
  await expect(panel).toContainText("Nothing of this attempt.");
  await expect(panel).toContainText("the folder holds");
  await page.goto("/");
  await expect(page.getByText(/there is no file/)).toBeVisible();
  await page.getByRole("link", { name: "Show run" }).click();
  await writeFile(path.join(world.files, "marketing/opens.csv"), "id\n1\n");
  await button(page, "Retry failed streams").click();
  await expect(page.getByText("retry of another run")).toBeVisible();
  await expect(page.getByText("Done", { exact: true }).first()).toBeVisible();
});

test("data is text: what would run as HTML does nothing", async ({ page, world }) => {
  await signIn(page, "ada");
  const orders = path.join(world.files, "shop/orders.csv");
  await writeFile(
    orders,
    `id,customer_name,net_total,status,placed_at\n7,"${NAUGHTY.replaceAll('"', '""')} and more",1.05,paid,2026-11-01T12:00:00Z\n`,
  );
  await page.goto("/projects/shop/syncs/shop-to-warehouse/verify");
  await expect(page.getByText("The target differs")).toBeVisible();
  await expect(page.getByText("onerror=").first()).toBeVisible();
  expect(await page.evaluate(() => window.naughty)).toBeUndefined();
  expect(await page.locator("main img").count()).toBe(0);
});

test("versions are compared and restored, and a push that somebody overtook is refused", async ({
  page,
  world,
}) => {
  await signIn(page, "ada");
  await page.goto("/projects/shop/push");
  const file = page.getByRole("textbox", { name: "Sync file" });
  await file.fill(SHOP.replace("*/15", "*/5"));
  await expect(page.getByText(/schedule/).first()).toBeVisible();
  const ask = await asAda(world);
  await ask("PUT", "/projects/shop", { file: SHOP.replace("*/15", "*/10"), expected_version: 1 });
  await page.getByRole("button", { name: /^Push version 2/ }).click();
  await expect(page.getByText("config.conflict")).toBeVisible();
  await button(page, "Look again").click();
  await page.getByRole("button", { name: /^Push version 3/ }).click();
  await expect(page.getByText("Version 3, pushed")).toBeVisible();
  await page.goto("/projects/shop/versions/1");
  await button(page, "Restore").click();
  await button(page, "Restore version 1").click();
  await expect(page.getByText("Version 4").first()).toBeVisible();
  await page.goto("/projects/shop/versions/3");
  await page.getByRole("radio", { name: "Changes to the version before" }).click();
  await expect(page.getByText(/cron: "\*\/5/)).toBeVisible();
});

test("a connection is added by its form, its secret goes to the vault, and the test shows the remedy", async ({
  page,
  world,
}) => {
  await signIn(page, "ada");
  await page.goto("/connections/new?connector=postgres&project=marketing");
  await page.getByLabel("Paste a URL").fill("postgres://reader:hunter2hunter2@127.0.0.1:1/shop");
  await expect(page.getByText("4 fields filled")).toBeVisible();
  await page.getByLabel("Name", { exact: true }).fill("shop-db");
  await button(page, "Save connection").click();
  await expect(heading(page, "shop-db")).toBeVisible();
  await expect(page.getByText("Not usable")).toBeVisible();
  await expect(page.getByText("Remedy").first()).toBeVisible();
  const ask = await asAda(world);
  const { file } = await ask("GET", "/projects/marketing/versions/2");
  expect(file).toContain("password: secret://shop-db/password");
  expect(file).not.toContain("hunter2");
  expect((await ask("GET", "/projects/marketing/secrets")).items.map((secret) => secret.name)).toEqual([
    "shop-db/password",
  ]);
});

test("an environment lays values and a secret of its own over a connection, whose own stay as they are", async ({
  page,
  world,
}) => {
  await signIn(page, "ada");
  const ask = await asAda(world);
  const newest = async () => {
    const { version } = await ask("GET", "/projects/marketing");
    return (await ask("GET", `/projects/marketing/versions/${version}`)).file;
  };
  const secrets = async () => (await ask("GET", "/projects/marketing/secrets")).items;
  const [file, [own]] = [await newest(), await secrets()];
  await page.goto("/connections/marketing/shop-db");
  const part = page.getByRole("region", { name: "Environments" });
  await expect(part).toContainText("an agent's environment says which holds there");
  await button(part, "Add an environment").click();
  const save = button(page, "Save environment");
  await expect(page.getByLabel("Environment", { exact: true })).toBeFocused();
  await page.getByLabel("Environment", { exact: true }).fill("prod eu");
  await page.getByLabel("Host", { exact: true }).fill("127.0.0.2");
  await expect(page.getByText("Is needed, without spaces.")).toBeVisible();
  await expect(save).toBeDisabled();
  await page.getByLabel("Environment", { exact: true }).fill("prod");
  await page.getByLabel("Password", { exact: true }).fill("hunter3hunter3");
  await page.getByLabel("Password", { exact: true }).blur();
  await expect(page.getByLabel("Password: Name of the secret")).toHaveValue("shop-db/password-prod");
  // What is tested is the connection with these values over it.
  await expect(page.getByText("no connection to 127.0.0.2:1").first()).toBeVisible();
  await passes(page, "environment-form");
  await save.click();
  await expect(button(part, "Edit prod")).toBeFocused();
  await expect(part).toContainText("secret://shop-db/password-prod");
  await passes(page, "environments");
  const overlay = `environments:
  prod:
    connections:
      shop-db:
        host: 127.0.0.2
        password: secret://shop-db/password-prod
`;
  expect(await newest()).toBe(file.replace("\nsyncs:", `\n${overlay}\nsyncs:`));
  const sealed = await secrets();
  expect(sealed.map(({ name }) => name)).toEqual(["shop-db/password", "shop-db/password-prod"]);
  expect(sealed[0]).toEqual(own);
  // A secret goes nowhere but where it was given for.
  await button(part, "Edit prod").click();
  await page.getByLabel("Port", { exact: true }).fill("2");
  await save.click();
  const refusal = page.getByRole("region", { name: "The environment was not saved" });
  await expect(refusal).toContainText("vault.secret_elsewhere");
  await page.getByLabel("Password", { exact: true }).fill("hunter3hunter3");
  await save.click();
  await expect(part.getByText("secret://shop-db/password-prod")).toBeVisible();
  expect(await newest()).toBe(file.replace("\nsyncs:", `\n${overlay}        port: 2\n\nsyncs:`));
  await button(part, "Remove prod").click();
  await button(page.getByRole("dialog"), "Remove").click();
  await expect(button(part, "Edit prod")).toHaveCount(0);
  await expect(button(part, "Add an environment")).toBeFocused();
  expect(await newest()).toBe(file);
});

test("a connection is edited and removed on its page, and the rest of the file stays", async ({
  page,
  world,
}) => {
  await signIn(page, "ada");
  const ask = await asAda(world);
  const newest = async () => {
    const { version } = await ask("GET", "/projects/marketing");
    return (await ask("GET", `/projects/marketing/versions/${version}`)).file;
  };
  const file = await newest();
  await page.goto("/connections/marketing/shop-db");
  const part = page.getByRole("region", { name: "Settings" });
  await expect(part.getByText("127.0.0.1", { exact: true })).toBeVisible();
  await expect(part.getByRole("button", { name: "Edit" })).toBeEnabled();
  await page.keyboard.press("e");
  const save = button(page, "Save connection");
  await expect(page.getByLabel("Host", { exact: true })).toBeFocused();
  await expect(page.getByLabel("Password: Name of the secret")).toHaveValue("shop-db/password");
  await expect(save).toBeDisabled();
  await page.getByLabel("Host", { exact: true }).fill("127.0.0.4");
  await page.getByLabel("Database", { exact: true }).fill("store");
  await page.getByLabel("Password", { exact: true }).fill("hunter4hunter4");
  await page.getByLabel("Password", { exact: true }).blur();
  await expect(page.getByText("no connection to 127.0.0.4:1").first()).toBeVisible();
  await passes(page, "connection-edit");
  await save.click();
  await expect(part.getByText("127.0.0.4", { exact: true })).toBeVisible();
  await expect(part.getByRole("button", { name: "Edit" })).toBeFocused();
  expect(await newest()).toBe(
    file.replace("host: 127.0.0.1", "host: 127.0.0.4").replace("database: shop", "database: store"),
  );
  // What a sync uses stays.
  await page.goto("/connections/marketing/reports");
  await expect(button(part, "Remove")).toHaveAttribute("aria-disabled", "true");
  await button(part, "Remove").hover();
  await expect(page.getByRole("tooltip")).toHaveText("Used by ads-spend, newsletter");
  await page.goto("/connections/marketing/shop-db");
  await button(part, "Remove").click();
  await button(page.getByRole("dialog"), "Remove").click();
  await expect(heading(page, "Connections")).toBeVisible();
  await expect(page.getByRole("link", { name: "shop-db" })).toHaveCount(0);
  expect(await newest()).toBe(file.replace(/ {2}shop-db:\n( {4}.*\n)+/, ""));
});

test("a viewer sees, and what the role forbids is dimmed with the reason, and refused", async ({
  page,
  world,
}) => {
  const ask = await asAda(world);
  await ask("POST", "/users", { name: "vera", password: PASSWORD, roles: [{ role: "viewer" }] });
  await signIn(page, "vera");
  await page.goto("/projects/shop/syncs/shop-to-warehouse");
  const run = page.getByRole("button", { name: /^Run/ });
  await expect(run).toHaveAttribute("aria-disabled", "true");
  await run.hover();
  await expect(page.getByRole("tooltip")).toHaveText("Needs the role Operator in shop");
  await run.click({ force: true });
  await page.keyboard.press("Control+Enter");
  await page.goto("/runs?project=shop&sync=shop-to-warehouse");
  // Whatever the schedule has started meanwhile, by hand there is the one run of before.
  await expect(page.getByRole("row", { name: /by hand/ })).toHaveCount(1);
  await page.goto("/admin/users");
  await expect(page.getByText("Only admins of all projects see this")).toBeVisible();
  await page.goto("/projects/shop?tab=secrets");
  await expect(page.getByText("Needs the role Editor in shop").first()).toBeVisible();
  const status = await page.evaluate(async () => {
    const { csrf_token } = await (await fetch("/api/v1/me")).json();
    const asked = {
      method: "POST",
      headers: { "x-csrf-token": csrf_token, "content-type": "application/json" },
      body: "{}",
    };
    return (await fetch("/api/v1/projects/shop/syncs/shop-to-warehouse/runs", asked)).status;
  });
  expect(status).toBe(403);
});

for (const theme of ["light", "dark"]) {
  test(`every screen passes axe in the ${theme} theme`, async ({ page, world }) => {
    test.setTimeout(240_000);
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    await page.goto("/");
    await expect(button(page, "Sign in")).toBeVisible();
    await passes(page, "sign-in");
    await signIn(page, "ada");
    const ask = await asAda(world);
    const done = await runToEnd(ask, "shop", "shop-to-warehouse");
    const failed = (await ask("GET", "/runs?state=partial")).items[0];
    const { run: running } = await ask("POST", "/projects/events/syncs/events-to-lake/runs", {});
    await page.goto(`/runs/${running}`);
    await page.waitForSelector("text=Rows per second");
    await passes(page, "run-live");
    for (const screen of screens({ done: done.id, failed: failed.id })) {
      await page.goto(screen.path);
      await page.waitForSelector(screen.ready);
      await screen.open?.(page);
      await passes(page, screen.name);
    }
  });
}

async function passes(page, name) {
  expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBeDefined();
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const told = serious.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} (${node.failureSummary})`).join(" | ")}`,
  );
  expect.soft(told, name).toEqual([]);
}
