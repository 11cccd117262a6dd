// How many frames a second the designer scrolls a stream of 1,000 columns with, in Chromium.
//
//   node tests/web/designer-frames.mjs [--chromium PATH]
//
// Builds the fixtures of frontend/ as the interface is built, scrolls down and up by the wheel, once a frame, and prints one line of
// JSON. It ends with 1 below 55 frames a second.
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const FRONTEND = fileURLToPath(new URL("../../frontend/", import.meta.url));
const FIXTURE = "src/features/designer/fixtures/fixture.html";
const LEAST = 55;
const SECONDS = 6;

/** A package of the front end: this script lies outside of it. */
async function load(name) {
  const module = await import(pathToFileURL(createRequire(`${FRONTEND}package.json`).resolve(name)).href);
  return "default" in module ? { ...module.default, ...module } : module;
}

const vite = await load("vite");
const { chromium } = await load("playwright-core");
const at = process.argv.indexOf("--chromium");
const executablePath = at < 0 ? "/usr/bin/chromium" : process.argv[at + 1];
const outDir = await mkdtemp(join(tmpdir(), "designer-"));
let server;
let browser;
try {
  const build = { outDir, emptyOutDir: true, rollupOptions: { input: `${FRONTEND}${FIXTURE}` } };
  await vite.build({ root: FRONTEND, logLevel: "error", build });
  server = await vite.preview({ root: FRONTEND, logLevel: "error", build: { outDir }, preview: { port: 0 } });
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(`${server.resolvedUrls.local[0]}${FIXTURE}?fixture=wide&theme=light`);
  await page.waitForSelector("[data-side=target]", { timeout: 60_000 });
  await page.waitForTimeout(1500);
  const measured = await page.evaluate(scroll, SECONDS);
  const rows = await page.locator("[data-side]").count();
  console.log(JSON.stringify({ columns: 1000, ...measured, rowsInPage: rows }));
  process.exitCode = measured.framesPerSecond >= LEAST && measured.reached > 20_000 ? 0 : 1;
} finally {
  await browser?.close();
  await server?.close();
  await rm(outDir, { recursive: true, force: true });
}

/** Runs in the page: one wheel event a frame, 90 px each, back at the end of the table. */
function scroll(seconds) {
  const canvas = document.querySelector("[data-canvas]");
  const world = canvas.querySelector(".canvas-world");
  const offset = () => -new DOMMatrix(getComputedStyle(world).transform).f;
  return new Promise((resolve) => {
    const times = [];
    let direction = 1;
    let reached = 0;
    let moved = 0;
    let last;
    const begun = performance.now();
    const step = (now) => {
      const y = offset();
      if (last !== undefined && y !== last) moved += 1;
      if (y === last) direction = -direction;
      last = y;
      reached = Math.max(reached, y);
      times.push(now);
      const event = new WheelEvent("wheel", { deltaY: 90 * direction, bubbles: true, cancelable: true });
      canvas.dispatchEvent(event);
      if (performance.now() - begun < seconds * 1000) {
        requestAnimationFrame(step);
        return;
      }
      const gaps = times.slice(1).map((time, index) => time - times[index]);
      gaps.sort((one, other) => one - other);
      const all = times[times.length - 1] - times[0];
      resolve({
        framesPerSecond: Math.round((10_000 * gaps.length) / all) / 10,
        slowestOfHundred: Math.round(gaps[Math.floor(gaps.length * 0.99)] * 10) / 10,
        slowest: Math.round(gaps[gaps.length - 1] * 10) / 10,
        frames: gaps.length,
        moved,
        reached: Math.round(reached),
      });
    };
    requestAnimationFrame(step);
  });
}
