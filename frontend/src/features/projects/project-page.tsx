import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Send, Upload } from "lucide-react";
import { projectQuery } from "@/api/projects";
import { useRefusal } from "@/app/session/session";
import { Button } from "@/components/button";
import { ProblemPanel } from "@/components/error-panel";
import { Moment } from "@/components/moment";
import { Page } from "@/components/page";
import { SkeletonRows } from "@/components/skeleton";
import { TabNames, TabPanel, Tabs } from "@/components/tabs";
import { platform } from "@/platform";
import { words } from "@/words";
import { ExportButton } from "./export-button";
import { ProjectSyncs } from "./project-syncs";
import { Secrets } from "./secrets";
import { Versions } from "./versions";

const text = words.projects;
export type ProjectTab = "syncs" | "versions" | "secrets";
const TABS: readonly ProjectTab[] = ["syncs", "versions", "secrets"];

/** One project: its syncs, its versions and its secrets. */
export function ProjectPage() {
  const { project } = useParams({ from: "/projects/$project" });
  const { tab = "syncs" } = useSearch({ from: "/projects/$project" });
  const navigate = useNavigate();
  const { data, error } = useQuery(projectQuery(project));
  const refused = useRefusal()("editor", project);
  return (
    <Page
      title={project}
      scrolls={false}
      crumbs={[
        <Link to="/projects" className="hover:underline">
          {text.title}
        </Link>,
      ]}
      state={
        data && (
          <span>
            {text.version(data.version)}, {text.pushed} <Moment at={data.applied_at} />
          </span>
        )
      }
      actions={
        <>
          {data && <ExportButton project={project} version={data.version} />}
          {platform.desktop && (
            <Button
              icon={Send}
              onClick={() => void navigate({ to: "/projects/$project/send", params: { project } })}
            >
              {words.send.action}
            </Button>
          )}
          <Button
            look="primary"
            icon={Upload}
            refused={refused}
            onClick={() => void navigate({ to: "/projects/$project/push", params: { project } })}
          >
            {text.push}
          </Button>
        </>
      }
    >
      {error && !data ? (
        <div className="max-w-160 p-6">
          <ProblemPanel title={words.errors.notLoaded} problem={error} />
        </div>
      ) : !data ? (
        <SkeletonRows tall />
      ) : (
        <Tabs
          value={tab}
          onChoose={(tab) =>
            void navigate({ to: "/projects/$project", params: { project }, search: { tab }, replace: true })
          }
          className="flex min-h-0 grow flex-col"
        >
          <div className="border-b border-line px-5">
            <TabNames name={text.parts} tabs={TABS.map((value) => ({ value, name: text[value] }))} />
          </div>
          <TabPanel value="syncs" className="flex min-h-0 grow flex-col outline-none">
            <ProjectSyncs project={project} version={data.version} />
          </TabPanel>
          <TabPanel value="versions" className="flex min-h-0 grow flex-col outline-none">
            <Versions project={project} newest={data.version} />
          </TabPanel>
          <TabPanel value="secrets" className="min-h-0 grow overflow-auto outline-none">
            <Secrets project={project} />
          </TabPanel>
        </Tabs>
      )}
    </Page>
  );
}
