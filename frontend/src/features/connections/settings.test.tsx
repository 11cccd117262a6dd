import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import type { Role } from "@/api/types";
import { meQuery } from "@/app/session/session";
import { Tooltips } from "@/components/tooltip";
import type { ProjectConnection } from "./all-connections";
import { Settings } from "./settings";
import type { Opened } from "./values/opened";

const CONNECTION = {
  project: "shop",
  name: "shop-db",
  connector: "postgres",
  keys: { host: "db", tls: { mode: "require" } },
  system: { id: "postgres", title: "PostgreSQL", form: {} },
  uses: [],
} as unknown as ProjectConnection;
const OPENED = { file: { project: "shop" }, plain: {} } as unknown as Opened;

async function open(role: Role, change: Partial<ProjectConnection> = {}) {
  const [onOpen, onRemove] = [vi.fn(), vi.fn()];
  const client = new QueryClient();
  client.setQueryData(meQuery.queryKey, { name: "edda", roles: [{ role, project: "shop" }] } as never);
  const Shown = () => (
    <Tooltips>
      <Settings
        connection={{ ...CONNECTION, ...change }}
        opened={OPENED}
        onOpen={onOpen}
        onRemove={onRemove}
      />
    </Tooltips>
  );
  const router = createRouter({
    routeTree: createRootRoute({ component: Shown }),
    history: createMemoryHistory({ initialEntries: ["/"] }),
  });
  render(
    <QueryClientProvider client={client}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  );
  const edit = await screen.findByRole("button", { name: /^Edit/ });
  return { edit, remove: screen.getByRole("button", { name: "Remove" }), onOpen, onRemove };
}

describe("a connection's settings", () => {
  it("are edited and removed by an editor", async () => {
    const { edit, remove, onOpen, onRemove } = await open("editor");
    expect(screen.getByText("tls.mode").nextSibling?.textContent).toBe("require");
    await userEvent.click(edit);
    expect(onOpen).toHaveBeenCalledWith(OPENED, { connection: "shop-db" });
    await userEvent.click(remove);
    expect(onRemove).toHaveBeenCalledWith(OPENED, { connection: "shop-db" });
  });

  const USES = [
    { sync: "orders", as: "source" as const },
    { sync: "orders", as: "destination" as const },
    { sync: "stock", as: "source" as const },
  ];
  it.each([
    [
      "the role",
      "operator" as const,
      { uses: USES },
      "Needs the role Editor in shop",
      "Needs the role Editor in shop",
    ],
    ["syncs that use it", "editor" as const, { uses: USES }, undefined, "Used by orders, stock"],
    [
      "an agent that does not know the connector",
      "editor" as const,
      { system: undefined },
      "This agent does not know the connector",
      undefined,
    ],
  ])("are refused by %s", async (_, role, change, noEdit, noRemoval) => {
    const { edit, remove, onOpen, onRemove } = await open(role, change);
    for (const [button, done, why] of [
      [edit, onOpen, noEdit],
      [remove, onRemove, noRemoval],
    ] as const) {
      await userEvent.click(button);
      expect(done).toHaveBeenCalledTimes(why === undefined ? 1 : 0);
      expect(button.getAttribute("aria-disabled")).toBe(why === undefined ? null : "true");
      if (why !== undefined) {
        button.blur();
        button.focus();
        expect((await screen.findByRole("tooltip")).textContent).toContain(why);
      }
    }
  });
});
