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

/** How many names come at once, of those that are looked at by name alone. */
const PAGE = 20_000;

/** A file while it is edited: its text, what it says, and what the version says that the project has. */
export interface Draft {
  text: string;
  now: Plain;
  saved: Plain;
}

/** What is looked for, and how. */
interface Looked {
  pattern: string;
  offset?: number;
  limit?: number;
  only_names?: boolean;
}

export function agentCatalog(project: string, draft: Draft): Catalog {
  const { text: file, now, saved } = draft;
  const discover = async (connection: string, looked: Looked, signal: AbortSignal) => {
    const asked = { offset: 0, limit: 100, only_names: false, ...looked };
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
      const held: string[] = [];
      for (let offset: number | undefined = 0; offset !== undefined;) {
        const names = { pattern: "**", offset, limit: PAGE, only_names: true };
        const page = await discover(connection, names, signal);
        held.push(...readSpecs(page).map((spec) => spec.stream));
        const next = Number(field(page, "next") ?? NaN);
        offset = Number.isFinite(next) ? next : undefined;
      }
      return held;
    },
    find: async (connection, stream, signal) => {
      const found = readSpecs(await discover(connection, { pattern: stream }, signal));
      return found.find((spec) => spec.stream === stream) ?? found[0];
    },
  };
}

/** Nothing while a connection is as the project has it; else what the draft says of it. */
export function edition(now: Plain, saved: Plain, connection: string): string {
  const said = (file: Plain) => JSON.stringify(at(file, ["connections", connection]) ?? null);
  return said(now) === said(saved) ? "" : said(now);
}
