import { defineConfig } from "@playwright/test";

/** Debian's own browser; none is downloaded. */
export const launch = {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
};

export default defineConfig({
  testDir: ".",
  // One agent for all tests of a file, which go on from one another.
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: "list",
  use: { launchOptions: launch, viewport: { width: 1280, height: 800 }, trace: "retain-on-failure" },
});
