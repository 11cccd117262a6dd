// Pictures of every screen, light and dark, 1280x800 and 1920x1080, into docs/images. Names of screens picture those alone.

import { chromium } from "@playwright/test";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { startAgent } from "./agent.mjs";
import { firstAdmin, furnish, PASSWORD, runToEnd, SHOP } from "./furniture.mjs";
import { hang } from "./gallery.mjs";
import { launch } from "./playwright.config.mjs";
import { withPalette } from "./png.mjs";
import { beginnings, pictures, screens } from "./screens.mjs";

const images = process.env.IMAGES ?? path.resolve(import.meta.dirname, "../../docs/images");
const only = process.argv.slice(2);
const SIZES = [
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
];
/** Live figures need a while to be a line. */
const LIVE = ["home", "run-live"];

const agent = await startAgent();
const browser = await chromium.launch(launch);
try {
  await mkdir(images, { recursive: true });
  const { ask, ids } = await settle();
  const all = new Map([...screens(ids), ...pictures(ids)].map((screen) => [screen.name, screen]));
  for (const theme of ["light", "dark"]) {
    await begin(theme);
    await picture(theme, agent, [...all.values()], ask);
  }
} finally {
  await browser.close();
  await agent.stop();
}

/** An agent that nobody has worked with. */
async function begin(theme) {
  const fresh = await startAgent();
  const ask = await firstAdmin(fresh);
  await picture(
    theme,
    fresh,
    beginnings(() => ask("PUT", "/projects/shop", { file: SHOP })),
  );
  await fresh.stop();
}

/** A team's agent as it is after some days' work. */
async function settle() {
  const ask = await furnish(agent, { clicks: 1000 });
  const ids = await hang(ask, agent.files, { entries: 3_000_000 });
  for (let round = 0; round < 9; round += 1) {
    await runToEnd(ask, "shop", "shop-to-warehouse");
    await runToEnd(ask, "marketing", "ads-spend");
  }
  await runToEnd(ask, "marketing", "newsletter");
  const done = await runToEnd(ask, "shop", "shop-to-warehouse");
  await ask("PUT", "/projects/shop", {
    file: SHOP.replace("*/15 * * * *", "0 3 * * *").replace("keep: 7d", "keep: 14d"),
    expected_version: 1,
  });
  // What a verify finds.
  const products = path.join(agent.files, "shop/products.csv");
  const prices = await readFile(products, "utf8");
  await writeFile(products, `${prices.replace("Product 7,7.90", "Product 7,6.50")}P-401,Product 401,12.90\n`);
  await ask("PUT", "/projects/shop/secrets/warehouse%2Fpassword", { value: "never shown" });
  await ask("POST", "/tokens", { name: "ci", role: "editor", project: "shop", expires_in_days: 90 });
  await ask("POST", "/tokens", { name: "monitoring", role: "viewer", expires_in_days: 365 });
  for (const [name, role, project] of [
    ["otto", "operator", "shop"],
    ["edda", "editor", "store"],
  ]) {
    await ask("POST", "/users", { name, password: PASSWORD, roles: [{ role, project }] });
  }
  return { ask, ids: { done: done.id, running: done.id, ...ids } };
}

/** Pictures screens of an agent in a theme, in their order. */
async function picture(theme, { url }, all, ask) {
  const wanted = all.filter(({ name }) => only.length === 0 || only.includes(name));
  if (wanted.length === 0) {
    return;
  }
  const context = await browser.newContext({
    viewport: SIZES[0],
    colorScheme: theme,
    reducedMotion: "reduce",
    timezoneId: "Europe/Berlin",
  });
  const page = await context.newPage();
  for (const screen of wanted) {
    const live = LIVE.includes(screen.name);
    const running = live && (await start(ask));
    if (screen.signedIn !== false && !(await context.cookies()).length) {
      await signIn(page, url);
    }
    try {
      await take(
        page,
        theme,
        screen,
        screen.name === "run-live" ? `${url}/runs/${running}` : url + screen.path,
      );
    } catch (error) {
      console.error(`${screen.name}, ${theme}: ${error.message}`);
      process.exitCode = 1;
    }
    if (live) {
      await ask("POST", `/runs/${running}/cancel`);
    }
  }
  await context.close();
}

/** Takes a screen's pictures, once it shows what it is to show. */
async function take(page, theme, screen, address) {
  await page.setViewportSize(SIZES[0]);
  await page.goto(address);
  await page.waitForSelector(screen.ready);
  await screen.open?.(page);
  await page.waitForTimeout(LIVE.includes(screen.name) ? 9_000 : 600);
  for (const size of SIZES) {
    await page.setViewportSize(size);
    await page.waitForTimeout(250);
    const file = path.join(images, `${screen.name}-${theme}-${size.width}.png`);
    await writeFile(file, withPalette(await page.screenshot()));
  }
}

/** A run that has just begun, once the one before is over. */
async function start(ask) {
  for (;;) {
    const { items } = await ask("GET", "/runs?project=finance&sync=ledger-to-lake");
    if (items.every((run) => run.finished_at)) {
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return (await ask("POST", "/projects/finance/syncs/ledger-to-lake/runs", {})).run;
}

async function signIn(page, url) {
  await page.goto(url);
  await page.getByLabel("Name").fill("ada");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { name: "Home" }).waitFor();
}
