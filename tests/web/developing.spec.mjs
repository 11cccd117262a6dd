// The front end as `make desktop` and `npm run dev` show it: what somebody changes is seen at once.

import { expect, test } from "@playwright/test";
import { startAgent } from "./agent.mjs";
import { FRONTEND, load } from "./frontend.mjs";
import { firstAdmin, PASSWORD } from "./furniture.mjs";

test("what somebody changes while developing is seen, and never an empty page", async ({ page }) => {
  const agent = await startAgent();
  process.env.SYNCAPP_AGENT = agent.url;
  const changes = new Map();
  // In place of an editor: the files stay as they are.
  const changing = {
    name: "changing",
    enforce: "pre",
    transform: (code, id) => {
      const change = changes.get(id);
      return change && code.replace(...change);
    },
  };
  const { createServer } = await load("vite");
  const server = await createServer({
    root: FRONTEND,
    logLevel: "error",
    plugins: [changing],
    server: { port: 0 },
  });
  const change = async (file, from, to) => {
    const changed = `${FRONTEND}src/${file}`;
    changes.set(changed, [from, to]);
    for (const module of server.moduleGraph.getModulesByFile(changed)) {
      await server.reloadModule(module);
    }
  };
  try {
    await server.listen();
    await firstAdmin(agent);
    await page.goto(server.resolvedUrls.local[0]);
    await page.getByLabel("Name").fill("ada");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page.getByRole("heading", { name: "Home" })).toBeVisible();

    // A screen is exchanged in the page as it is.
    await page.evaluate(() => (window.isTheSame = true));
    await change("features/home/home-page.tsx", "title={text.title}", 'title="Home, changed"');
    await expect(page.getByRole("heading", { name: "Home, changed" })).toBeVisible();
    expect(await page.evaluate(() => window.isTheSame)).toBe(true);

    // A text is used by all of it.
    await change("words/en/home.ts", "Push your first", "Push a first");
    await expect(page.getByText("Push a first sync file")).toBeVisible();
  } finally {
    await server.close();
    await agent.stop();
  }
});
