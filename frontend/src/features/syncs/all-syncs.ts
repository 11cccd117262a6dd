import { useQueries, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { projectsQuery, syncsQuery } from "@/api/projects";
import { newestBySync, recentRunsQuery, runsOfSyncQuery, syncKey } from "@/api/runs";
import type { Run, Sync } from "@/api/types";

export interface ProjectSync extends Sync {
  project: string;
  /** Of the project, which holds now. */
  version: number;
}

/** The syncs of all projects. */
export function useAllSyncs(): { syncs: ProjectSync[]; isPending: boolean; error: unknown } {
  const projects = useQuery(projectsQuery);
  const listed = projects.data ?? [];
  return useQueries({
    queries: listed.map(({ project }) => syncsQuery(project)),
    combine: (results: UseQueryResult<Sync[]>[]) => ({
      syncs: results.flatMap((result, place) => {
        const of = listed[place];
        return of ? (result.data ?? []).map((sync) => ({ ...sync, ...of })) : [];
      }),
      isPending: projects.isPending || results.some((result) => result.isPending),
      error: projects.error ?? results.find((result) => result.error)?.error,
    }),
  });
}

/** The newest runs of each sync, the newest first; of those that run seldom, too. By `project/sync`. */
export function useRunsBySync(syncs: readonly ProjectSync[]): Map<string, Run[]> {
  const { data: recent } = useQuery(recentRunsQuery);
  const known = newestBySync(recent ?? []);
  // The newest runs of all may be those of a few busy syncs; the others are asked for one by one.
  const missing = recent ? syncs.filter(({ project, sync }) => !known.has(syncKey(project, sync))) : [];
  const others = useQueries({
    queries: missing.map(({ project, sync }) => runsOfSyncQuery(project, sync)),
    combine: (results: UseQueryResult<Run[]>[]) => results.flatMap((result) => result.data ?? []),
  });
  const bySync = new Map<string, Run[]>();
  for (const run of [...(recent ?? []), ...others]) {
    const key = syncKey(run.project, run.sync);
    const runs = bySync.get(key);
    if (runs) {
      runs.push(run);
    } else {
      bySync.set(key, [run]);
    }
  }
  return bySync;
}
