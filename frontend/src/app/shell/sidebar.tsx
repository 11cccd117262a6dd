import { useQuery } from "@tanstack/react-query";
import { Link, useLocation, type LinkProps } from "@tanstack/react-router";
import { FolderClosed, Plus, Search, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { projectsQuery } from "@/api/projects";
import { newestBySync, isOver, recentRunsQuery } from "@/api/runs";
import type { Run } from "@/api/types";
import { useRefusal } from "@/app/session/session";
import { classes } from "@/components/classes";
import { Kbd } from "@/components/kbd";
import { Dot } from "@/components/run-state";
import { Tooltip } from "@/components/tooltip";
import { platform } from "@/platform";
import { words } from "@/words";
import { Account } from "./account";
import { Mark } from "./mark";
import { PlaceSwitch } from "./place-switch";
import { PLACES } from "./places";

const text = words.shell;

/** The places, the projects with what goes on in them, and who is signed in. */
export function Sidebar({ rail, onSearch }: { rail: boolean; onSearch: () => void }) {
  const { data: runs = [] } = useQuery(recentRunsQuery);
  const running = runs.filter((run) => !isOver(run)).length;
  const places = PLACES.filter(({ to }) => to !== "/settings");
  const settings = PLACES.find(({ to }) => to === "/settings");
  return (
    <aside className="flex min-h-0 min-w-0 flex-col px-2 pt-3 pb-2" aria-label={text.main}>
      <div
        className={classes(
          "mb-2 flex h-8 items-center gap-2 font-semibold",
          rail ? "justify-center" : "px-2",
        )}
      >
        <Mark />
        {!rail && "SyncApp"}
      </div>
      {platform.desktop && <PlaceSwitch rail={rail} desktop={platform.desktop} />}
      <SearchButton rail={rail} onPress={onSearch} />
      <nav className="flex flex-col gap-px" aria-label={text.main}>
        {places.map(({ to, holds, name, icon }) => (
          <NavLink
            key={to}
            rail={rail}
            to={to}
            holds={holds}
            icon={icon}
            name={name}
            exact={to === "/" || to === "/projects"}
          >
            {to === "/runs" && running > 0 && <span className="figures text-11 text-fg-3">{running}</span>}
          </NavLink>
        ))}
      </nav>
      {!rail && <Projects runs={runs} />}
      <div className="mt-auto flex flex-col gap-px border-t border-line pt-2">
        {settings && (
          <NavLink rail={rail} to={settings.to} icon={settings.icon} name={settings.name}>
            <Kbd keys={settings.keys} />
          </NavLink>
        )}
        <Account rail={rail} />
      </div>
    </aside>
  );
}

function SearchButton({ rail, onPress }: { rail: boolean; onPress: () => void }) {
  const button = (
    <button
      type="button"
      onClick={onPress}
      aria-label={text.search}
      className={classes(
        "quick mb-3 flex h-7 shrink-0 items-center gap-2 rounded-2 border border-line-2 bg-surface-1 text-12 text-fg-3 hover:bg-surface-3",
        rail ? "w-8 justify-center" : "pr-1.5 pl-2",
      )}
    >
      <Search size={14} aria-hidden />
      {!rail && (
        <>
          <span className="grow text-left">{text.search}</span>
          <Kbd keys="mod+k" />
        </>
      )}
    </button>
  );
  return rail ? (
    <Tooltip text={text.search} keys="mod+k">
      {button}
    </Tooltip>
  ) : (
    button
  );
}

interface NavLinkProps {
  rail: boolean;
  to: string;
  holds?: string | undefined;
  params?: Record<string, string>;
  icon: LucideIcon;
  name: string;
  exact?: boolean;
  /** At its end: a count, a key, a dot. */
  children?: ReactNode;
}

function NavLink({ rail, icon: Icon, name, holds, exact = false, children, ...target }: NavLinkProps) {
  const inside = useLocation({ select: ({ pathname }) => holds !== undefined && pathname.startsWith(holds) });
  const link = (
    <Link
      {...(target as LinkProps)}
      {...(inside && { "data-status": "active", "aria-current": "page" as const })}
      activeOptions={{ exact, includeSearch: false }}
      aria-label={rail ? name : undefined}
      className={classes(
        "quick group flex h-7 shrink-0 items-center gap-2 rounded-2 font-medium text-fg-2 hover:bg-surface-3",
        "data-[status=active]:bg-surface-4 data-[status=active]:text-fg-1",
        rail ? "w-8 justify-center" : "px-2",
      )}
    >
      <Icon
        size={16}
        strokeWidth={1.5}
        aria-hidden
        className="shrink-0 text-fg-3 group-data-[status=active]:text-fg-1"
      />
      {!rail && <span className="grow truncate">{name}</span>}
      {!rail && children}
    </Link>
  );
  return rail ? <Tooltip text={name}>{link}</Tooltip> : link;
}

function Projects({ runs }: { runs: readonly Run[] }) {
  const { data: projects } = useQuery(projectsQuery);
  const refusal = useRefusal();
  const newest = [...newestBySync(runs).values()];
  return (
    <>
      <div className="mt-5 mb-1 flex h-5 items-center justify-between px-2 text-11 font-medium text-fg-3">
        {text.projects}
        {refusal("editor") === undefined && (
          <Tooltip text={text.newProject}>
            <Link to="/push" aria-label={text.newProject} className="rounded-1 p-0.5 hover:bg-surface-3">
              <Plus size={14} aria-hidden />
            </Link>
          </Tooltip>
        )}
      </div>
      <nav className="flex min-h-0 flex-col gap-px overflow-y-auto" aria-label={text.projects}>
        {projects?.length === 0 && <span className="px-2 text-12 text-fg-3">{text.noProjects}</span>}
        {projects?.map(({ project }) => (
          <NavLink
            key={project}
            rail={false}
            to="/projects/$project"
            params={{ project }}
            icon={FolderClosed}
            name={project}
          >
            <ProjectDot runs={newest.filter((run) => run.project === project)} />
          </NavLink>
        ))}
      </nav>
    </>
  );
}

function ProjectDot({ runs }: { runs: readonly Run[] }) {
  const state = runs.find((run) => !isOver(run))
    ? "running"
    : runs.some((run) => run.state === "failed")
      ? "failed"
      : undefined;
  return (
    state && (
      <>
        <Dot tone={state === "running" ? "running" : "bad"} />
        <span className="sr-only">{words.states[state]}</span>
      </>
    )
  );
}
