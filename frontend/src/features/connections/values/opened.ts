import { keepPreviousData, queryOptions, useQuery, type QueryClient } from "@tanstack/react-query";
import { projectFileQuery, type ProjectFile } from "@/api/project-file";
import { projectQuery, projectsQuery } from "@/api/projects";
import type { Plain } from "@/features/designer/document/sync-file";

/** A version of a project's file, and what it says. */
export interface Opened {
  file: ProjectFile;
  plain: Plain;
}

const openedQuery = (file: ProjectFile | undefined) =>
  queryOptions({
    queryKey: ["projects", file?.project, "opened", file?.version],
    staleTime: Infinity,
    enabled: file !== undefined,
    placeholderData: keepPreviousData,
    queryFn: () => (file ? opened(file) : undefined),
  });

async function opened(file: ProjectFile): Promise<Opened> {
  const { parse } = await import("@/features/designer/document/parse");
  const read = parse(file.text);
  if (!read.ok) {
    throw new Error(read.problem.why);
  }
  return { file, plain: read.source.plain };
}

/** The newest version of a project's file; a while the one before, until it is there. */
export function useOpened(project: string): Opened | undefined {
  const { data: projects } = useQuery(projectsQuery);
  const version = projects?.find((one) => one.project === project)?.version;
  const { data: file } = useQuery({
    ...projectFileQuery(project, version ?? 0),
    enabled: version !== undefined,
  });
  const { data } = useQuery(openedQuery(file));
  return data?.file.project === project ? data : undefined;
}

/** The newest version as the agent has it now. */
export async function openNewest(client: QueryClient, project: string): Promise<Opened> {
  const { version } = await client.query({ ...projectQuery(project), staleTime: 0 });
  return opened(await client.query(projectFileQuery(project, version)));
}
