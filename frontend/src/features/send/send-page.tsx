import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { projectFileQuery } from "@/api/project-file";
import { projectQuery } from "@/api/projects";
import { storedAgentsQuery } from "@/api/stored-agents";
import { Button } from "@/components/button";
import { EmptyState } from "@/components/empty-state";
import { ProblemPanel } from "@/components/error-panel";
import { Page } from "@/components/page";
import { Select } from "@/components/select";
import { SkeletonRows } from "@/components/skeleton";
import { platform } from "@/platform";
import type { Desktop } from "@/platform/desktop-only";
import { usePlace } from "@/platform/place";
import { words } from "@/words";
import { SendDesk } from "./send-desk";

const text = words.send;

/** Pushes the newest version of a project to another agent: what would change there is said first. */
export function SendPage() {
  const { project } = useParams({ from: "/projects/$project/send" });
  return platform.desktop ? (
    <Send project={project} desktop={platform.desktop} />
  ) : (
    <Page title={text.title}>
      <EmptyState title={words.shell.notFound.title}>{words.agents.onlyDesktop}</EmptyState>
    </Page>
  );
}

function Send({ project, desktop }: { project: string; desktop: Desktop }) {
  const here = usePlace();
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<string>();
  const agents = useQuery(storedAgentsQuery(desktop));
  const holds = useQuery(projectQuery(project));
  const file = useQuery({
    ...projectFileQuery(project, holds.data?.version ?? 0),
    enabled: holds.data !== undefined,
  });
  const others = (agents.data ?? []).filter(({ name }) => name !== here);
  const to = chosen ?? others[0]?.name;
  const problem = agents.error ?? holds.error ?? file.error;
  return (
    <Page
      title={text.title}
      scrolls={false}
      crumbs={[
        <Link to="/projects/$project" params={{ project }} className="hover:underline">
          {project}
        </Link>,
      ]}
      state={file.data && text.from(file.data.version, here ?? words.places.here)}
      actions={
        to !== undefined && (
          <label className="flex items-center gap-2 text-12 text-fg-3">
            {text.to}
            <Select
              small
              className="w-44"
              value={to}
              choices={others.map(({ name }) => ({ value: name, name }))}
              onChoose={setChosen}
            />
          </label>
        )
      }
    >
      {problem ? (
        <div className="max-w-160 p-6">
          <ProblemPanel title={words.errors.notLoaded} problem={problem} />
        </div>
      ) : !agents.data || !file.data ? (
        <SkeletonRows rows={8} />
      ) : to === undefined ? (
        <EmptyState
          title={text.noAgent}
          action={
            <Button look="primary" onClick={() => void navigate({ to: "/agents" })}>
              {text.addAgent}
            </Button>
          }
        >
          {text.noAgentAbout}
        </EmptyState>
      ) : (
        <SendDesk key={to} to={to} project={project} file={file.data.text} />
      )}
    </Page>
  );
}
