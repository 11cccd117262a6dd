import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { projectQuery } from "@/api/projects";
import { projectFileQuery } from "@/api/project-file";
import { ProblemPanel } from "@/components/error-panel";
import { Page } from "@/components/page";
import { SkeletonRows } from "@/components/skeleton";
import { words } from "@/words";
import { PushDesk } from "./push-desk";

const text = words.push;

/** Pushes a file as a new project, or in the place of one that it names. */
export const PushNewPage = () => <PushDesk />;

/** Pushes a project once more: begins with the file that holds. */
export function PushAgainPage() {
  const { project } = useParams({ from: "/projects/$project/push" });
  const { data: holds, error } = useQuery(projectQuery(project));
  const { data: file } = useQuery({
    ...projectFileQuery(project, holds?.version ?? 0),
    enabled: holds !== undefined,
  });
  // What somebody has typed stays, whatever is pushed meanwhile.
  const [begun, setBegun] = useState<{ project: string; text: string }>();
  if (file && begun?.project !== project) {
    setBegun({ project, text: file.text });
  }
  if (begun?.project === project) {
    return <PushDesk key={project} of={{ project, text: file?.text ?? begun.text }} />;
  }
  return (
    <Page
      title={text.title}
      crumbs={[
        <Link to="/projects/$project" params={{ project }} className="hover:underline">
          {project}
        </Link>,
      ]}
    >
      {error ? (
        <div className="max-w-160 p-6">
          <ProblemPanel title={words.errors.notLoaded} problem={error} />
        </div>
      ) : (
        <SkeletonRows rows={10} />
      )}
    </Page>
  );
}
