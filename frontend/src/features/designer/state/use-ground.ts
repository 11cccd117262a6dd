import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Catalog, StreamSpec } from "../catalog/catalog";
import { targetName } from "../catalog/target-name";
import type { StreamConfig, Sync, SyncFile } from "../document/sync-file";
import { isGlob } from "../document/sync-file";
import { Names } from "../mapping/names";

/** What is known of both ends of a stream. */
export interface Ends {
  names: Names;
  source?: StreamSpec;
  target?: StreamSpec;
  /** The stream's name in the target. */
  into: string;
  /** Whether the source is still looked at. */
  looking: boolean;
  problem?: unknown;
}

const MINUTES = 5 * 60_000;

export function useEnds(
  project: string,
  catalog: Catalog,
  file: SyncFile,
  sync: Sync | undefined,
  stream: string | undefined,
  config: StreamConfig,
): Ends {
  const named = sync !== undefined && stream !== undefined && !isGlob(stream);
  const into = named ? targetName(file, sync, stream, config) : "";
  const edition = (connection: string | undefined) => catalog.edition(connection ?? "");
  const source = useQuery({
    queryKey: ["designer", project, "stream", sync?.source, edition(sync?.source), stream],
    queryFn: async ({ signal }) => (await catalog.find(sync?.source ?? "", stream ?? "", signal)) ?? null,
    enabled: named,
    staleTime: MINUTES,
    retry: false,
  });
  const target = useQuery({
    queryKey: ["designer", project, "stream", sync?.destination, edition(sync?.destination), into],
    queryFn: async ({ signal }) => (await catalog.find(sync?.destination ?? "", into, signal)) ?? null,
    enabled: named,
    staleTime: MINUTES,
    retry: false,
  });
  const columns = source.data?.columns;
  const names = useMemo(() => new Names(columns ?? []), [columns]);
  return {
    names,
    ...(source.data && { source: source.data }),
    ...(target.data && { target: target.data }),
    into,
    looking: named && source.isPending,
    ...(source.error && { problem: source.error }),
  };
}

/** The names of all streams that the source holds. */
export function useStreams(project: string, catalog: Catalog, connection: string | undefined) {
  return useQuery({
    queryKey: ["designer", project, "streams", connection, catalog.edition(connection ?? "")],
    queryFn: ({ signal }) => catalog.list(connection ?? "", signal),
    enabled: connection !== undefined && connection !== "",
    staleTime: MINUTES,
    retry: false,
  });
}
