import { infiniteQueryOptions, type QueryClient, queryOptions } from "@tanstack/react-query";
import { agent, answer } from "./client";
import type { Run, RunState, WholeRun } from "./types";

export interface RunFilter {
  project?: string | undefined;
  sync?: string | undefined;
  state?: RunState | undefined;
}

const given = <T extends object>(filter: T) =>
  Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

/** The newest runs of all syncs: what screens make their summaries of. */
export const recentRunsQuery = queryOptions({
  queryKey: ["runs", "recent"],
  queryFn: async ({ signal }) =>
    (await answer(agent.GET("/api/v1/runs", { params: { query: { limit: 200 } }, signal }))).items,
  refetchInterval: 4_000,
});

/** Runs of a filter with what they have moved, page by page. */
export const runsQuery = (filter: RunFilter) =>
  infiniteQueryOptions({
    queryKey: ["runs", "list", filter],
    queryFn: ({ pageParam, signal }) => {
      const query = {
        ...given(filter),
        limit: 100,
        moved: true,
        ...(pageParam !== undefined && { after: pageParam }),
      };
      return answer(agent.GET("/api/v1/runs", { params: { query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: 4_000,
  });

/** One run with its streams. */
export const runQuery = (run: string) =>
  queryOptions({
    queryKey: ["runs", "one", run],
    queryFn: ({ signal }) => answer(agent.GET("/api/v1/runs/{run}", { params: { path: { run } }, signal })),
  });

/** What is kept of a run's log, page by page. */
export const logsQuery = (run: string, live: boolean) =>
  infiniteQueryOptions({
    queryKey: ["runs", "logs", run],
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: 200, ...(pageParam !== undefined && { after: pageParam }) };
      return answer(agent.GET("/api/v1/runs/{run}/logs", { params: { path: { run }, query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: live ? 1_500 : false,
  });

export const cancelRun = (run: string) =>
  answer(agent.POST("/api/v1/runs/{run}/cancel", { params: { path: { run } } }));

export const retryRun = (run: string) =>
  answer(agent.POST("/api/v1/runs/{run}/retry", { params: { path: { run } } }));

/** Starts a run of a sync; asked twice with one key, it is one run. */
export const startRun = (project: string, sync: string, key: string) =>
  answer(
    agent.POST("/api/v1/projects/{project}/syncs/{sync}/runs", {
      params: { path: { project, sync }, header: { "idempotency-key": key } },
      body: {},
    }),
  );

/** Lets lists of runs be asked for anew; what is known of each run stays. */
export const renewLists = (client: QueryClient) =>
  client.invalidateQueries({ queryKey: ["runs"], predicate: (query) => query.queryKey[1] !== "one" });

/** A figure of all streams of a run together, to the last digit. */
export const sumOf = (run: WholeRun, of: "rows_written" | "rows_committed" | "bytes"): bigint =>
  run.streams.reduce((sum, stream) => sum + BigInt(stream[of]), 0n);

/** Whether a run is over. */
export const isOver = (run: Run): boolean => ["done", "partial", "failed", "cancelled"].includes(run.state);

/** The newest run of each sync, by `project/sync`. */
export function newestBySync(runs: readonly Run[]): Map<string, Run> {
  const newest = new Map<string, Run>();
  for (const run of runs) {
    const key = syncKey(run.project, run.sync);
    if (!newest.has(key)) {
      newest.set(key, run);
    }
  }
  return newest;
}

export const syncKey = (project: string, sync: string): string => `${project}/${sync}`;

/** The last twenty runs of one sync. */
export const runsOfSyncQuery = (project: string, sync: string) =>
  queryOptions({
    queryKey: ["runs", "of", project, sync],
    queryFn: async ({ signal }) => {
      const query = { project, sync, limit: 20 };
      return (await answer(agent.GET("/api/v1/runs", { params: { query }, signal }))).items;
    },
    staleTime: 30_000,
  });

/** How long a run took, or has been taking. */
export const lengthOf = (run: Run, now: number): number =>
  (run.finished_at ? Date.parse(run.finished_at) : now) - Date.parse(run.submitted_at);
