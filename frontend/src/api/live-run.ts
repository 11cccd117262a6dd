import { useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { isOver, renewLists, runQuery } from "./runs";
import { take, type Sample } from "./samples";
import type { WholeRun } from "./types";
import { watch } from "./watch";

/** A run that is watched: what is seen of it since, and whether the stream of events is whole. */
interface Watched {
  samples: readonly Sample[];
  linked: boolean;
}

interface Entry {
  now: Watched;
  watchers: Set<() => void>;
  stop?: AbortController;
}

/** By run. What was seen outlives its screen, so that the plot is there when somebody comes back. */
const entries = new Map<string, Entry>();

function entryOf(run: string): Entry {
  const known = entries.get(run);
  if (known) {
    return known;
  }
  const entry: Entry = { now: { samples: [], linked: true }, watchers: new Set() };
  entries.set(run, entry);
  return entry;
}

function change(entry: Entry, next: Partial<Watched>) {
  entry.now = { ...entry.now, ...next };
  entry.watchers.forEach((tell) => tell());
}

function begin(run: string, entry: Entry, client: QueryClient) {
  const stop = new AbortController();
  entry.stop = stop;
  const key = runQuery(run).queryKey;
  const known = () => client.getQueryData(key);
  void watch({
    path: `/api/v1/runs/${encodeURIComponent(run)}/events`,
    signal: stop.signal,
    isOver: () => {
      const now = known();
      return now !== undefined && isOver(now);
    },
    onLink: (linked) => change(entry, { linked }),
    onEvent: ({ data }) => {
      const now = JSON.parse(data) as WholeRun;
      const before = known();
      client.setQueryData(key, now);
      change(entry, { samples: take(entry.now.samples, now, Date.now()) });
      if (isOver(now) && before && !isOver(before)) {
        // Lists say so, too.
        void renewLists(client);
      }
    },
  }).catch(() => change(entry, { linked: false }));
}

/** A run as it goes on, told by events for as long as somebody looks. */
export function useLiveRun(id: string) {
  const client = useQueryClient();
  const query = useQuery(runQuery(id));
  const over = query.data === undefined || isOver(query.data);
  useEffect(() => {
    const entry = entryOf(id);
    if (over) {
      return;
    }
    begin(id, entry, client);
    return () => entry.stop?.abort();
  }, [id, over, client]);
  const watched = useSyncExternalStore(
    (tell) => {
      const { watchers } = entryOf(id);
      watchers.add(tell);
      return () => watchers.delete(tell);
    },
    () => entryOf(id).now,
  );
  return { ...query, ...watched };
}
