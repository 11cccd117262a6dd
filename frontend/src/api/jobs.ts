import { queryOptions, useMutation, useQuery } from "@tanstack/react-query";
import { agent, answer } from "./client";
import { Problem } from "./problem";
import type { Job } from "./types";

/** Whether a job is over. */
export const isDone = (job: Job): boolean => ["done", "failed", "cancelled"].includes(job.state);

/** A job, asked again until it is over; it is remembered for an hour. */
export const jobQuery = (project: string, job: string) =>
  queryOptions({
    queryKey: ["jobs", project, job],
    queryFn: ({ signal }) =>
      answer(
        agent.GET("/api/v1/projects/{project}/jobs/{job}", { params: { path: { project, job } }, signal }),
      ),
    refetchInterval: ({ state }) => (state.data && isDone(state.data) ? false : 400),
  });

export const stopJob = ({ project, id }: Job) =>
  answer(agent.DELETE("/api/v1/projects/{project}/jobs/{job}", { params: { path: { project, job: id } } }));

export const planSync = (project: string, sync: string) =>
  answer(
    agent.POST("/api/v1/projects/{project}/syncs/{sync}/plan", {
      params: { path: { project, sync } },
      body: {},
    }),
  );

export const verifySync = (project: string, sync: string) =>
  answer(
    agent.POST("/api/v1/projects/{project}/syncs/{sync}/verify", {
      params: { path: { project, sync } },
      body: {},
    }),
  );

export const resetStream = (project: string, sync: string, stream: string) =>
  answer(
    agent.POST("/api/v1/projects/{project}/syncs/{sync}/reset", {
      params: { path: { project, sync } },
      body: { stream },
    }),
  );

export const undoRun = (run: string, dryRun: boolean) =>
  answer(agent.POST("/api/v1/runs/{run}/undo", { params: { path: { run } }, body: { dry_run: dryRun } }));

/** What became of a job: its result by the shape that its screen knows, or why it failed. */
export interface Outcome<T> {
  job: Job | undefined;
  result: T | undefined;
  problem: Problem | undefined;
  isPending: boolean;
}

/** Begins a job with `start`, and follows it to its end. */
export function useJob<T, V = void>(
  begin: (asked: V) => Promise<Job>,
): Outcome<T> & { start: (asked: V) => void; asked: V | undefined } {
  const started = useMutation({ mutationFn: begin, meta: { quiet: true } });
  const { data: first } = started;
  const followed = useQuery({
    ...jobQuery(first?.project ?? "", first?.id ?? ""),
    enabled: first !== undefined && !isDone(first),
  });
  const job = followed.data ?? first;
  const failed = job?.state === "failed" ? new Problem(200, job.errors ?? []) : undefined;
  const error = started.error ?? followed.error;
  const problem = failed ?? (error ? Problem.from(error) : undefined);
  return {
    job,
    result: job?.state === "done" ? (job.result as T) : undefined,
    problem,
    isPending: started.isPending || (job !== undefined && !isDone(job) && !problem),
    start: started.mutate,
    asked: started.variables,
  };
}
