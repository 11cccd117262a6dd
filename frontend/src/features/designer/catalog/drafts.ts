/** What the agent says of a file that is not pushed. */
import { agent, answer } from "@/api/client";
import type { DraftDiscover, DraftStream, Job, Meaning } from "@/api/types";

/** Begins to preview a stream of a draft: its rows before and after, and all that would not land. */
export const previewDraft = (project: string, body: DraftStream, signal: AbortSignal): Promise<Job> =>
  answer(
    agent.POST("/api/v1/projects/{project}/draft/preview", { params: { path: { project } }, body, signal }),
  );

/** Begins to discover what a connection of a draft holds. */
export const discoverDraft = (project: string, body: DraftDiscover, signal: AbortSignal): Promise<Job> =>
  answer(
    agent.POST("/api/v1/projects/{project}/draft/discover", { params: { path: { project } }, body, signal }),
  );

/** Explains a schedule as the file has it, pushed or not. */
export const explainSchedule = (schedule: object, count: number, signal: AbortSignal): Promise<Meaning> => {
  const query = { schedule: JSON.stringify(schedule), count };
  return answer(agent.GET("/api/v1/schedules/next", { params: { query }, signal }));
};
