// Pictures of every screen, light and dark, 1280x800 and 1920x1080, into docs/images.

import { chromium } from "@playwright/test";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { startAgent } from "./agent.mjs";
import { furnish, PASSWORD, runToEnd, SHOP } from "./furniture.mjs";
import { launch } from "./playwright.config.mjs";
import { screens } from "./screens.mjs";

const images = process.env.IMAGES ?? path.resolve(import.meta.dirname, "../../docs/images");
const only = process.argv.slice(2);
const SIZES = [
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
];

const agent = await startAgent();
const browser = await chromium.launch(launch);
try {
  const ask = await furnish(agent, { clicks: 3_000_000 });
  for (let round = 0; round < 9; round += 1) {
    await runToEnd(ask, "shop", "shop-to-warehouse");
    await runToEnd(ask, "marketing", "ads-spend");
  }
  const done = await runToEnd(ask, "shop", "shop-to-warehouse");
  const failed = await runToEnd(ask, "marketing", "newsletter");
  await ask("PUT", "/projects/shop", {
    file: SHOP.replace("*/15", "*/10").replace("keep_last: 4", "keep_last: 3"),
    expected_version: 1,
  });
  await ask("PUT", "/projects/shop/secrets/warehouse%2Fpassword", { value: "never shown" });
  await ask("POST", "/tokens", { name: "ci", role: "editor", project: "shop", expires_in_days: 90 });
  await ask("POST", "/users", {
    name: "otto",
    password: PASSWORD,
    roles: [{ role: "operator", project: "shop" }],
  });
  await mkdir(images, { recursive: true });
  for (const theme of ["light", "dark"]) {
    const context = await browser.newContext({
      viewport: SIZES[0],
      colorScheme: theme,
      timezoneId: "Europe/Berlin",
    });
    const page = await context.newPage();
    await signIn(page);
    let running = await start(ask);
    for (const screen of screens({ done: done.id, failed: failed.id, running })) {
      if (only.length > 0 && !only.includes(screen.name)) {
        continue;
      }
      if (["home", "run-live"].includes(screen.name)) {
        running = await startAnew(ask, running);
        screen.path = screen.path.replace(/[0-9a-f-]{36}/, running);
      }
      await page.goto(agent.url + screen.path);
      await page.waitForSelector(screen.ready);
      await screen.open?.(page);
      // Live figures need a while to be a line.
      await page.waitForTimeout(["home", "run-live"].includes(screen.name) ? 6_000 : 600);
      for (const size of SIZES) {
        await page.setViewportSize(size);
        await page.waitForTimeout(250);
        await page.screenshot({ path: path.join(images, `${screen.name}-${theme}-${size.width}.png`) });
      }
      await page.setViewportSize(SIZES[0]);
    }
    await context.close();
  }
} finally {
  await browser.close();
  await agent.stop();
}

async function start(ask) {
  const { run } = await ask("POST", "/projects/events/syncs/events-to-lake/runs", {});
  return run;
}

/** A run that has just begun, once the one before is over. */
async function startAnew(ask, before) {
  while (!(await ask("GET", `/runs/${before}`)).finished_at) {
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return start(ask);
}

async function signIn(page) {
  await page.goto(agent.url);
  await page.waitForSelector("text=Sign in");
  if (only.length === 0 || only.includes("sign-in")) {
    const theme = await page.evaluate(() => document.documentElement.dataset.theme);
    for (const size of SIZES) {
      await page.setViewportSize(size);
      await page.screenshot({ path: path.join(images, `sign-in-${theme}-${size.width}.png`) });
    }
    await page.setViewportSize(SIZES[0]);
  }
  await page.getByLabel("Name").fill("ada");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { name: "Home" }).waitFor();
}
