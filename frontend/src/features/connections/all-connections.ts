import { useQueries, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { connectorsQuery } from "@/api/connections";
import { projectFileQuery, type FileConnection, type ProjectFile } from "@/api/project-file";
import { projectsQuery } from "@/api/projects";
import type { Connector } from "@/api/types";

export interface ProjectConnection extends FileConnection {
  project: string;
  /** What it connects to; none where this agent does not know the connector any more. */
  system: Connector | undefined;
  /** The syncs that use it, and as which end. */
  uses: { sync: string; as: "source" | "destination" }[];
}

/** The connections of all projects' files. */
export function useAllConnections(): {
  connections: ProjectConnection[];
  isPending: boolean;
  error: unknown;
} {
  const projects = useQuery(projectsQuery);
  const { data: connectors = [] } = useQuery(connectorsQuery);
  return useQueries({
    queries: (projects.data ?? []).map(({ project, version }) => projectFileQuery(project, version)),
    combine: (results: UseQueryResult<ProjectFile>[]) => ({
      connections: results.flatMap(({ data }) => (data ? connectionsOf(data, connectors) : [])),
      isPending: projects.isPending || results.some((result) => result.isPending),
      error: projects.error ?? results.find((result) => result.error)?.error,
    }),
  });
}

function connectionsOf(
  { project, connections, syncs }: ProjectFile,
  connectors: readonly Connector[],
): ProjectConnection[] {
  return connections.map((connection) => ({
    ...connection,
    project,
    system: connectors.find(({ id }) => id === connection.connector),
    uses: syncs.flatMap(({ name, source, destination }) => [
      ...(source === connection.name ? [{ sync: name, as: "source" as const }] : []),
      ...(destination === connection.name ? [{ sync: name, as: "destination" as const }] : []),
    ]),
  }));
}

/** Where it goes, in a line: the host and database, or the path. */
export function placeOf(keys: Record<string, unknown>): string {
  const shown = (key: string) =>
    typeof keys[key] === "string" || typeof keys[key] === "number" ? String(keys[key]) : "";
  const place = [shown("host") || shown("path"), shown("database")].filter(Boolean).join(" / ");
  return place || shown("url");
}
