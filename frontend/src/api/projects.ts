import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { agent, answer } from "./client";
import type { ListedProject } from "./types";

/** All pages of a list, one after the other. */
export async function allPages<T>(
  page: (after: string | undefined) => Promise<{ items: T[]; next?: string | null }>,
): Promise<T[]> {
  const all: T[] = [];
  let after: string | undefined;
  do {
    const { items, next } = await page(after);
    all.push(...items);
    after = next ?? undefined;
  } while (after !== undefined);
  return all;
}

const paged = (after: string | undefined) => ({ limit: 200, ...(after !== undefined && { after }) });

export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: ({ signal }): Promise<ListedProject[]> =>
    allPages((after) => answer(agent.GET("/api/v1/projects", { params: { query: paged(after) }, signal }))),
  refetchInterval: 15_000,
});

export const projectQuery = (project: string) =>
  queryOptions({
    queryKey: ["projects", project],
    queryFn: ({ signal }) =>
      answer(agent.GET("/api/v1/projects/{project}", { params: { path: { project } }, signal })),
  });

export const syncsQuery = (project: string) =>
  queryOptions({
    queryKey: ["projects", project, "syncs"],
    queryFn: ({ signal }) =>
      answer(agent.GET("/api/v1/projects/{project}/syncs", { params: { path: { project } }, signal })),
    refetchInterval: 15_000,
  });

export const schedulesQuery = (project: string) =>
  queryOptions({
    queryKey: ["projects", project, "schedules"],
    queryFn: ({ signal }) =>
      allPages((after) =>
        answer(
          agent.GET("/api/v1/projects/{project}/schedules", {
            params: { path: { project }, query: paged(after) },
            signal,
          }),
        ),
      ),
  });

/** The next runs of a sync, in plain words. */
export const comingQuery = (project: string, sync: string, count: number) =>
  queryOptions({
    queryKey: ["projects", project, "coming", sync, count],
    queryFn: ({ signal }) => {
      const params = { path: { project, sync }, query: { count } };
      return answer(agent.GET("/api/v1/projects/{project}/syncs/{sync}/next", { params, signal }));
    },
    refetchInterval: 30_000,
  });

/** What became of the instants of a sync's schedule, the newest first. */
export const ticksQuery = (project: string, sync: string) =>
  infiniteQueryOptions({
    queryKey: ["projects", project, "ticks", sync],
    queryFn: ({ pageParam, signal }) => {
      const params = {
        path: { project, sync },
        query: { limit: 50, ...(pageParam !== undefined && { after: pageParam }) },
      };
      return answer(agent.GET("/api/v1/projects/{project}/syncs/{sync}/ticks", { params, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

export const versionsQuery = (project: string) =>
  queryOptions({
    queryKey: ["projects", project, "versions"],
    queryFn: ({ signal }) =>
      allPages((after) =>
        answer(
          agent.GET("/api/v1/projects/{project}/versions", {
            params: { path: { project }, query: paged(after) },
            signal,
          }),
        ),
      ),
  });

/** A version with its file; it never changes. */
export const versionQuery = (project: string, version: number) =>
  queryOptions({
    queryKey: ["projects", project, "versions", version],
    queryFn: ({ signal }) =>
      answer(
        agent.GET("/api/v1/projects/{project}/versions/{version}", {
          params: { path: { project, version } },
          signal,
        }),
      ),
    staleTime: Infinity,
  });

export const pauseSync = (project: string, sync: string) =>
  answer(
    agent.POST("/api/v1/projects/{project}/syncs/{sync}/pause", { params: { path: { project, sync } } }),
  );

export const resumeSync = (project: string, sync: string) =>
  answer(
    agent.POST("/api/v1/projects/{project}/syncs/{sync}/resume", { params: { path: { project, sync } } }),
  );

export interface Push {
  project: string;
  file: string;
  name?: string;
  /** The version that it takes the place of; none for a new project. */
  expected?: number | undefined;
}

/** Makes a file the project's newest version; with `dryRun` only says what would change. `to` is another agent. */
export const push = ({ project, file, name, expected }: Push, dryRun: boolean, to = agent) =>
  answer(
    to.PUT("/api/v1/projects/{project}", {
      params: { path: { project }, ...(dryRun && { query: { dry_run: true } }) },
      body: {
        file,
        ...(name !== undefined && { name }),
        ...(expected !== undefined && { expected_version: expected }),
      },
    }),
  );

/** Pushes a version's file once more, in the place of the version `expected`. */
export const restoreVersion = (project: string, version: number, expected: number) =>
  answer(
    agent.POST("/api/v1/projects/{project}/versions/{version}/restore", {
      params: { path: { project, version }, header: { "if-match": `"${expected}"` } },
    }),
  );
