import { queryOptions } from "@tanstack/react-query";
import { agent, answer } from "./client";

/** A connection of a sync file, as far as screens name it. */
export interface FileConnection {
  name: string;
  connector: string;
  /** Its other keys as the file has them; never a secret in plain text, since the agent takes none. */
  keys: Record<string, unknown>;
}

/** A sync of a sync file. */
export interface FileSync {
  name: string;
  source: string;
  destination: string;
}

export interface ProjectFile {
  project: string;
  version: number;
  /** The file's own text. */
  text: string;
  connections: FileConnection[];
  syncs: FileSync[];
}

/** The newest version's file, with its connections and the ends of its syncs. */
export const projectFileQuery = (project: string, version: number) =>
  queryOptions({
    queryKey: ["projects", project, "file", version],
    staleTime: Infinity,
    queryFn: async ({ signal }): Promise<ProjectFile> => {
      const path = { project, version };
      const asked = answer(
        agent.GET("/api/v1/projects/{project}/versions/{version}", { params: { path }, signal }),
      );
      const [{ file: text }] = await Promise.all([asked, import("yaml")]);
      return projectFileOf(project, version, text);
    },
  });

/** A version's file, of its text. */
export async function projectFileOf(project: string, version: number, text: string): Promise<ProjectFile> {
  const { parse } = await import("yaml");
  return { project, version, text, ...outline(parse(text)) };
}

/** What a parsed sync file names; the agent has checked it already. */
export function outline(parsed: unknown): Pick<ProjectFile, "connections" | "syncs"> {
  const file = record(parsed);
  const connections = Object.entries(record(file.connections)).map(([name, value]) => {
    const { connector, ...keys } = record(value);
    return { name, connector: text(connector), keys };
  });
  const syncs = Object.entries(record(file.syncs)).map(([name, value]) => {
    const { source, destination } = record(value);
    return { name, source: text(source), destination: text(destination) };
  });
  return { connections, syncs };
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

const text = (value: unknown): string => (typeof value === "string" ? value : "");
