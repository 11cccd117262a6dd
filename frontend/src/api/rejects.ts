import { infiniteQueryOptions } from "@tanstack/react-query";
import { agent, answer } from "./client";
import { finished } from "./finished-job";
import type { ApiError } from "./problem";

/** A row that could not land, as its target keeps it: whole but for what a mapping masks. */
export interface Reject {
  id: string;
  stream: string;
  run: string;
  rejected_at: string;
  code: string;
  /** The target's column that the reason is about. */
  column: string | null;
  message: string;
  /** The source's columns with their values as text; only a text where it could not be read. */
  row: Record<string, string | null> | string;
}

interface Page {
  rejects: Reject[];
  next: { stream: string; id: string } | null;
}

/** The rows that a run met last and that could not land, page by page. */
export const rejectsQuery = (project: string, sync: string, run: string) =>
  infiniteQueryOptions({
    queryKey: ["rejects", project, sync, run],
    queryFn: async ({ pageParam, signal }) => {
      const begun = agent.POST("/api/v1/projects/{project}/syncs/{sync}/rejects", {
        params: { path: { project, sync } },
        body: { run, limit: 100, ...(pageParam && { from: pageParam }) },
        signal,
      });
      return (await finished(await answer(begun), signal)) as Page;
    },
    initialPageParam: null as Page["next"],
    getNextPageParam: (page) => page.next ?? undefined,
    retry: false,
  });

export interface ReplayedRow {
  id: string;
  outcome: "landed" | "superseded" | "undecided" | "rejected" | "refused";
  /** Why it is still kept. */
  error?: ApiError;
}

export interface Replayed {
  streams: { stream: string; rows: ReplayedRow[] }[];
}

/** Begins to send rows of a stream again, with expressions in the place of columns of the source. */
export const replayRejects = (
  project: string,
  sync: string,
  body: { stream: string; ids: string[]; fixes: Record<string, string> },
) =>
  answer(
    agent.POST("/api/v1/projects/{project}/syncs/{sync}/rejects/replay", {
      params: { path: { project, sync } },
      body,
    }),
  );
