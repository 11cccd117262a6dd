import type { ComponentType } from "react";
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  type ErrorComponentProps,
} from "@tanstack/react-router";
import type { RunFilter } from "@/api/runs";
import type { RunState } from "@/api/types";
import { Button } from "@/components/button";
import { EmptyState } from "@/components/empty-state";
import { ProblemPanel } from "@/components/error-panel";
import { Page } from "@/components/page";
import type { ProjectTab } from "@/features/projects/project-page";
import { words } from "@/words";
import { Shell } from "./shell/shell";

declare module "@tanstack/react-router" {
  interface StaticDataRouteOption {
    /** The sidebar is a rail here: the screen needs the room. */
    rail?: boolean;
  }
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound, errorComponent: Failed });
const getParentRoute = () => root;

/** A screen that is loaded when somebody goes there. Its type is not looked into: it names routes by itself. */
const screen = (load: () => Promise<ComponentType>) =>
  lazyRouteComponent(async () => ({ default: await load() }));

/** Text of an address's search; `undefined` where it is none. */
const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

const runsSearch = (search: Record<string, unknown>): RunFilter => {
  const state = text(search.state);
  return {
    project: text(search.project),
    sync: text(search.sync),
    state: isState(state) ? state : undefined,
  };
};

const isState = (word: string | undefined): word is RunState =>
  word !== undefined && word in words.states && word !== "paused";

const TABS: readonly string[] = ["syncs", "versions", "secrets"] satisfies ProjectTab[];

// Named one by one: inside of the list their types would be lost.
const home = createRoute({
  getParentRoute,
  path: "/",
  component: screen(() => import("@/features/home/home-page").then((page) => page.HomePage)),
});
const projects = createRoute({
  getParentRoute,
  path: "/projects",
  component: screen(() => import("@/features/projects/projects-page").then((page) => page.ProjectsPage)),
});
const project = createRoute({
  getParentRoute,
  path: "/projects/$project",
  validateSearch: ({ tab }): { tab?: ProjectTab } =>
    TABS.includes(tab as string) ? { tab: tab as ProjectTab } : {},
  component: screen(() => import("@/features/projects/project-page").then((page) => page.ProjectPage)),
});
const designer = createRoute({
  getParentRoute,
  path: "/projects/$project/designer/$sync",
  component: screen(() => import("@/features/designer/designer-page").then((page) => page.DesignerPage)),
  staticData: { rail: true },
});
const version = createRoute({
  getParentRoute,
  path: "/projects/$project/versions/$version",
  component: screen(() => import("@/features/projects/version-page").then((page) => page.VersionPage)),
});
const pushAgain = createRoute({
  getParentRoute,
  path: "/projects/$project/push",
  component: screen(() => import("@/features/push/push-page").then((page) => page.PushAgainPage)),
});
const sync = createRoute({
  getParentRoute,
  path: "/projects/$project/syncs/$sync",
  component: screen(() => import("@/features/syncs/sync-page").then((page) => page.SyncPage)),
});
const plan = createRoute({
  getParentRoute,
  path: "/projects/$project/syncs/$sync/plan",
  component: screen(() => import("@/features/plan/plan-page").then((page) => page.PlanPage)),
});
const compare = createRoute({
  getParentRoute,
  path: "/projects/$project/syncs/$sync/compare",
  validateSearch: ({ one, other }): { one?: string; other?: string } => ({
    ...(text(one) !== undefined && { one: String(one) }),
    ...(text(other) !== undefined && { other: String(other) }),
  }),
  component: screen(() => import("@/features/compare/compare-page").then((page) => page.ComparePage)),
});
const verify = createRoute({
  getParentRoute,
  path: "/projects/$project/syncs/$sync/verify",
  component: screen(() => import("@/features/verify/verify-page").then((page) => page.VerifyPage)),
});
const pushNew = createRoute({
  getParentRoute,
  path: "/push",
  component: screen(() => import("@/features/push/push-page").then((page) => page.PushNewPage)),
});
const connections = createRoute({
  getParentRoute,
  path: "/connections",
  component: screen(() =>
    import("@/features/connections/connections-page").then((page) => page.ConnectionsPage),
  ),
});
const newConnection = createRoute({
  getParentRoute,
  path: "/connections/new",
  validateSearch: ({ connector, project }): { connector?: string; project?: string } => ({
    ...(text(connector) !== undefined && { connector: String(connector) }),
    ...(text(project) !== undefined && { project: String(project) }),
  }),
  component: screen(() =>
    import("@/features/connections/new-connection-page").then((page) => page.NewConnectionPage),
  ),
});
const connection = createRoute({
  getParentRoute,
  path: "/connections/$project/$connection",
  component: screen(() =>
    import("@/features/connections/connection-page").then((page) => page.ConnectionPage),
  ),
});
const runs = createRoute({
  getParentRoute,
  path: "/runs",
  validateSearch: runsSearch,
  component: screen(() => import("@/features/runs/runs-page").then((page) => page.RunsPage)),
});
const run = createRoute({
  getParentRoute,
  path: "/runs/$run",
  component: screen(() => import("@/features/runs/run-page").then((page) => page.RunPage)),
});
const agents = createRoute({
  getParentRoute,
  path: "/agents",
  component: screen(() => import("@/features/agents/agents-page").then((page) => page.AgentsPage)),
});
const sendTo = createRoute({
  getParentRoute,
  path: "/projects/$project/send",
  component: screen(() => import("@/features/send/send-page").then((page) => page.SendPage)),
});
const users = createRoute({
  getParentRoute,
  path: "/admin/users",
  component: screen(() => import("@/features/admin/users-page").then((page) => page.UsersPage)),
});
const tokens = createRoute({
  getParentRoute,
  path: "/admin/tokens",
  component: screen(() => import("@/features/admin/tokens-page").then((page) => page.TokensPage)),
});
const fleet = createRoute({
  getParentRoute,
  path: "/admin/fleet",
  component: screen(() => import("@/features/admin/fleet-page").then((page) => page.FleetPage)),
});
const audit = createRoute({
  getParentRoute,
  path: "/admin/audit",
  component: screen(() => import("@/features/admin/audit-page").then((page) => page.AuditPage)),
});
const settings = createRoute({
  getParentRoute,
  path: "/settings",
  component: screen(() => import("@/features/settings/settings-page").then((page) => page.SettingsPage)),
});

const routes = root.addChildren([
  home,
  projects,
  project,
  designer,
  version,
  pushAgain,
  sync,
  plan,
  verify,
  compare,
  pushNew,
  connections,
  newConnection,
  connection,
  runs,
  run,
  agents,
  sendTo,
  users,
  tokens,
  fleet,
  audit,
  settings,
]);

export function makeRouter() {
  return createRouter({
    routeTree: routes,
    defaultPreload: "intent",
    scrollRestoration: true,
    defaultErrorComponent: Failed,
    defaultNotFoundComponent: NotFound,
  });
}

function NotFound() {
  const { title, text: about } = words.shell.notFound;
  return (
    <Page title={title}>
      <EmptyState title={title}>{about}</EmptyState>
    </Page>
  );
}

/** A screen that failed; the others go on. */
function Failed({ error, reset }: ErrorComponentProps) {
  return (
    <Page title={words.errors.screen}>
      <div className="max-w-160 p-6">
        <ProblemPanel
          title={words.errors.screen}
          problem={error}
          action={<Button onClick={reset}>{words.actions.tryAgain}</Button>}
        />
      </div>
    </Page>
  );
}
