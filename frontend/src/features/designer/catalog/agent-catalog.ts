/**
 * What connections hold, as the agent discovers it: of a connection that the project has as it stands, and of one that was edited since
 * as the draft has it.
 */
import { agent, answer } from "@/api/client";
import { at } from "../document/plain";
import type { Plain } from "../document/sync-file";
import { type Catalog, field, readSpecs } from "./catalog";
import { discoverDraft } from "./drafts";
import { finished } from "@/api/finished-job";

const PAGE = 500;

/** A file while it is edited: its text, what it says, and what the version says that the project has. */
export interface Draft {
  text: string;
  now: Plain;
  saved: Plain;
}

export function agentCatalog(project: string, draft: Draft): Catalog {
  const { text: file, now, saved } = draft;
  const discover = async (connection: string, pattern: string, offset: number, signal: AbortSignal) => {
    const asked = { pattern, offset, limit: PAGE };
    if (edition(now, saved, connection) !== "") {
      return finished(await discoverDraft(project, { file, connection, ...asked }, signal), signal);
    }
    const begun = agent.POST("/api/v1/projects/{project}/connections/{connection}/discover", {
      params: { path: { project, connection } },
      body: { ...asked, fresh: false },
      signal,
    });
    return finished(await answer(begun), signal);
  };
  return {
    edition: (connection) => edition(now, saved, connection),
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

/** Nothing while a connection is as the project has it; else what the draft says of it. */
export function edition(now: Plain, saved: Plain, connection: string): string {
  const said = (file: Plain) => JSON.stringify(at(file, ["connections", connection]) ?? null);
  return said(now) === said(saved) ? "" : said(now);
}
