/** What connections hold, as the agent discovers it for a project that it has. */
import { agent, answer } from "@/api/client";
import { type Catalog, field, readSpecs } from "./catalog";
import { finished } from "./jobs";

const PAGE = 500;

export function agentCatalog(project: string): Catalog {
  const discover = async (connection: string, pattern: string, offset: number, signal: AbortSignal) => {
    const begun = agent.POST("/api/v1/projects/{project}/connections/{connection}/discover", {
      params: { path: { project, connection } },
      body: { pattern, offset, limit: PAGE, fresh: false },
      signal,
    });
    return finished(await answer(begun), signal);
  };
  return {
    list: async (connection, signal) => {
      const names: string[] = [];
      for (let offset: number | undefined = 0; offset !== undefined;) {
        const page = await discover(connection, "**", offset, signal);
        names.push(...readSpecs(page).map((spec) => spec.stream));
        const next = Number(field(page, "next") ?? NaN);
        offset = Number.isFinite(next) ? next : undefined;
      }
      return names;
    },
    find: async (connection, stream, signal) => {
      const found = readSpecs(await discover(connection, stream, 0, signal));
      return found.find((spec) => spec.stream === stream) ?? found[0];
    },
  };
}
