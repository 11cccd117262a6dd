import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  type ErrorComponentProps,
} from "@tanstack/react-router";
import type { ComponentType } from "react";
import { Button } from "@/components/button";
import { EmptyState } from "@/components/empty-state";
import { ProblemPanel } from "@/components/error-panel";
import { Page } from "@/components/page";
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
const of = <P extends string>(path: P) => ({ getParentRoute: () => root, path }) as const;

/** A screen that is loaded when somebody goes there. Its type is not looked into: it names routes by itself. */
const screen = (load: () => Promise<ComponentType>) =>
  lazyRouteComponent(async () => ({ default: await load() }));

const designer = createRoute({
  getParentRoute: () => root,
  path: "/projects/$project/designer/$sync",
  component: screen(() => import("@/features/designer/designer-page").then((page) => page.DesignerPage)),
  staticData: { rail: true },
});

// Each screen is a file of its own in the build, loaded when somebody goes there.
const routes = root.addChildren([
  designer,
  createRoute({
    ...of("/"),
    component: lazyRouteComponent(() => import("@/features/home/home-page"), "HomePage"),
  }),
  createRoute({
    ...of("/settings"),
    component: lazyRouteComponent(() => import("@/features/settings/settings-page"), "SettingsPage"),
  }),
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
  const { title, text } = words.shell.notFound;
  return (
    <Page title={title}>
      <EmptyState title={title}>{text}</EmptyState>
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
