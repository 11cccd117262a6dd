/** Edits of one stream's keys, as changes of the file. What stands in the sync's defaults is made the stream's own where it is edited. */
import { at } from "./plain";
import { isFields } from "./read";
import type { Op } from "./splice";
import type { Path, Plain, StreamConfig } from "./sync-file";

/** Where a stream stands in the file. */
export interface StreamPlace {
  sync: string;
  stream: string;
}

export const streamPath = ({ sync, stream }: StreamPlace): Path => ["syncs", sync, "streams", stream];

/** The keys that a form sets as a whole. */
export type StreamKey = Exclude<keyof StreamConfig, "columns">;

/** Sets a key, or takes it away. */
export function setKey(plain: Plain, place: StreamPlace, key: StreamKey, value: Plain | undefined): Op[] {
  const path = [...streamPath(place), key];
  const now = at(plain, path);
  if (value === undefined) {
    return now === undefined ? [] : [{ op: "remove", path }];
  }
  return JSON.stringify(now) === JSON.stringify(value) ? [] : [{ op: "set", path, value }];
}

/** Sets a key of the sync's schedule; the last one that goes takes the schedule with it. */
export function setSchedule(plain: Plain, sync: string, key: string, value: Plain | undefined): Op[] {
  const path = ["syncs", sync, "schedule"];
  const now = at(plain, path);
  const own = isFields(now) ? now : {};
  if (value !== undefined) {
    return own[key] === value ? [] : [{ op: "set", path: [...path, key], value }];
  }
  if (own[key] === undefined) {
    return [];
  }
  return [{ op: "remove", path: Object.keys(own).length === 1 ? path : [...path, key] }];
}

/** Runs by another trigger, or by none: one of `cron`, `every`, `at` and `after` stands in a schedule. */
export function setTrigger(
  plain: Plain,
  sync: string,
  trigger: { key: string; value: string } | undefined,
): Op[] {
  const path = ["syncs", sync, "schedule"];
  const now = at(plain, path);
  if (!trigger) {
    return now === undefined ? [] : [{ op: "remove", path }];
  }
  const own = isFields(now) ? now : {};
  const others = ["cron", "every", "at", "after"].filter((key) => key !== trigger.key && key in own);
  const gone = trigger.key === "cron" ? others : [...others, ...("timezone" in own ? ["timezone"] : [])];
  return [
    ...(own[trigger.key] === trigger.value
      ? []
      : [{ op: "set" as const, path: [...path, trigger.key], value: trigger.value }]),
    ...gone.map((key): Op => ({ op: "remove", path: [...path, key] })),
  ];
}

export function addStream(plain: Plain, { sync, stream }: StreamPlace): Op[] {
  const path = streamPath({ sync, stream });
  return at(plain, path) === undefined ? [{ op: "set", path, value: {} }] : [];
}

export function removeStream(plain: Plain, place: StreamPlace): Op[] {
  const path = streamPath(place);
  return at(plain, path) === undefined ? [] : [{ op: "remove", path }];
}

/** An entry of the stream or of its defaults, whichever holds. */
export function held(
  plain: Plain,
  place: StreamPlace,
  key: string,
): { value: Plain | undefined; own: boolean } {
  const own = at(plain, [...streamPath(place), key]);
  if (own !== undefined) {
    return { value: own, own: true };
  }
  return { value: at(plain, ["syncs", place.sync, "defaults", key]), own: false };
}
