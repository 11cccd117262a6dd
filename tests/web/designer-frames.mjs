// How many frames a second the designer scrolls and maps a stream of 1,000 columns with, in Chromium.
//
//   node tests/web/designer-frames.mjs [--chromium PATH]
//
// Builds the fixtures of frontend/ as the interface is built, scrolls down and up by the wheel, once a frame, then draws one wire after
// the other, and prints a line of JSON of each. It ends with 1 where one of them has less than 55 frames a second.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FRONTEND, load } from "./frontend.mjs";

const FIXTURE = "src/features/designer/fixtures/fixture.html";
const LEAST = 55;
const SECONDS = 6;

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
  await page.addInitScript({ content: `window.countFrames = ${countFrames}` });
  const open = async () => {
    await page.goto(`${server.resolvedUrls.local[0]}${FIXTURE}?fixture=wide&theme=light`);
    await page.waitForSelector("[data-side=target]", { timeout: 60_000 });
    await page.waitForTimeout(1500);
  };
  await open();
  const scrolled = await page.evaluate(scroll, SECONDS);
  const rows = await page.locator("[data-side]").count();
  console.log(JSON.stringify({ columns: 1000, scrolled, rowsInPage: rows }));
  await open();
  const mapped = await map(page);
  console.log(JSON.stringify({ columns: 1000, mapped }));
  const isFast = Math.min(scrolled.framesPerSecond, mapped.framesPerSecond) >= LEAST;
  process.exitCode = isFast && scrolled.reached > 20_000 && mapped.wires > 10 ? 0 : 1;
} finally {
  await browser?.close();
  await server?.close();
  await rm(outDir, { recursive: true, force: true });
}

/** Runs in the page: counts the frames of so many seconds, and does something in each. */
function countFrames(seconds, each = () => {}) {
  return new Promise((resolve) => {
    const times = [];
    const begun = performance.now();
    const step = (now) => {
      times.push(now);
      each();
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
      });
    };
    requestAnimationFrame(step);
  });
}

/** Runs in the page: one wheel event a frame, 90 px each, back at the end of the table. */
async function scroll(seconds) {
  const canvas = document.querySelector("[data-canvas]");
  const world = canvas.querySelector(".canvas-world");
  let direction = 1;
  let reached = 0;
  let moved = 0;
  let last;
  const counted = await window.countFrames(seconds, () => {
    const y = -new DOMMatrix(getComputedStyle(world).transform).f;
    if (last !== undefined && y !== last) moved += 1;
    if (y === last) direction = -direction;
    last = y;
    reached = Math.max(reached, y);
    canvas.dispatchEvent(
      new WheelEvent("wheel", { deltaY: 90 * direction, bubbles: true, cancelable: true }),
    );
  });
  return { ...counted, moved, reached: Math.round(reached) };
}

/** Draws wires from one column and another to a third, by the mouse, as long as frames are counted; each is one thing to undo. */
async function map(page) {
  const edge = async (side, at) => {
    const box = await page.locator(`[data-side=${side}]`).nth(at).boundingBox();
    return { x: side === "source" ? box.x + box.width : box.x, y: box.y + box.height / 2 };
  };
  const wire = async (column) => {
    const [from, first, last] = [
      await edge("source", column),
      await edge("target", 2),
      await edge("target", 10),
    ];
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    for (let part = 0; part <= 1; part += 1 / 16) {
      await page.mouse.move(first.x + 20, first.y + (last.y - first.y) * part);
    }
    await page.mouse.up();
  };
  // The inspector opens, and the canvas gives way.
  await wire(3);
  let over = false;
  const counted = page
    .evaluate((seconds) => window.countFrames(seconds), SECONDS)
    .finally(() => (over = true));
  while (!over) {
    await wire(2);
    await wire(4);
  }
  const undo = page.getByRole("button", { name: "Undo" });
  let wires = 0;
  for (; await undo.isEnabled(); wires += 1) {
    await undo.click();
  }
  return { ...(await counted), wires };
}
