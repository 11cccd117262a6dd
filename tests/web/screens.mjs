// All screens, and how one knows that a screen is there. `ids` are of runs: one that went well, one that failed, one that goes on.

/** @returns {{ name: string, path: string, ready: string, open?: (page: import("@playwright/test").Page) => Promise<void> }[]} */
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
    { name: "audit", path: "/admin/audit", ready: "text=project.push" },
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
