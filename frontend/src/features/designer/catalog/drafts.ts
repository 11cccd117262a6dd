/**
 * What the agent says of a file that is not pushed. Agents that are older than these routes answer 404; the description of the
 * interface that this was built with may be, too, so their shapes stand here.
 */
import { agent, answer } from "@/api/client";
import type { Coming, Job } from "@/api/types";

interface Asked {
  params: { path?: { project: string }; query?: { schedule: string; count: number } };
  body?: { file: string; sync: string; stream: string; limit: number };
  signal: AbortSignal;
}

type Ask<T> = (path: string, asked: Asked) => Promise<{ data?: T }>;

const { GET, POST } = agent as unknown as { GET: Ask<Meaning>; POST: Ask<Job> };

/** Begins to preview a stream of a draft: its rows before and after, and all that would not land. */
export const previewDraft = (
  project: string,
  body: NonNullable<Asked["body"]>,
  signal: AbortSignal,
): Promise<Job> =>
  answer(POST("/api/v1/projects/{project}/draft/preview", { params: { path: { project } }, body, signal }));

/** What a schedule means. */
export interface Meaning {
  /** In plain words. */
  runs: string;
  next: Coming[];
}

/** Explains a schedule as the file has it, pushed or not. */
export const explainSchedule = (schedule: object, count: number, signal: AbortSignal): Promise<Meaning> => {
  const query = { schedule: JSON.stringify(schedule), count };
  return answer(GET("/api/v1/schedules/next", { params: { query }, signal }));
};
