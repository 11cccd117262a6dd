/**
 * The sync file as plain data, as far as the designer reads it. The file itself stays a text: nothing here is written back.
 */

export type Plain = null | boolean | number | string | Plain[] | { [key: string]: Plain };

export type Path = readonly (string | number)[];

export type Mode = "full_refresh" | "incremental" | "cdc";
export type Write = "overwrite" | "append" | "merge" | "history";
export type OnError = "fail" | "null" | "reject";
export type Mask =
  "hash" | "redact" | "null" | "encrypt" | { partial: { keep_first?: number; keep_last?: number } };

/** One target column, by the keys of the file. */
export interface ColumnConfig {
  from?: string;
  expr?: string;
  type?: string;
  native?: string;
  mask?: Mask;
  allow_lossy?: boolean;
}

/** What is said of a stream, or of a sync's defaults. */
export interface StreamConfig {
  into?: string;
  mode?: Mode;
  write?: Write;
  primary_key?: string[];
  cursor?: string;
  start?: string | number;
  lookback?: string | number;
  query?: string;
  where?: string;
  select?: string[];
  columns?: ReadonlyMap<string, ColumnConfig>;
  naming?: "keep" | "snake";
  deletes?: "ignore" | "soft" | "hard";
  schema_changes?: "propagate" | "ignore" | "pause";
  on_error?: OnError;
  max_rejects?: number;
  max_reject_ratio?: number;
  allow_lossy?: boolean;
  metadata?: boolean;
  undo?: { keep?: string };
  pool?: string;
  before_sql?: string;
  after_sql?: string;
}

export interface Schedule {
  cron?: string;
  every?: string;
  at?: string;
  after?: string;
  timezone?: string;
  misfire?: "skip" | "once" | "all";
  overlap?: "skip" | "queue";
  paused?: boolean;
}

export interface Connection {
  name: string;
  connector: string;
}

/** One entry of `streams`: a stream's name or a glob. */
export interface StreamEntry {
  name: string;
  own: StreamConfig;
  /** `own` over the sync's defaults. */
  all: StreamConfig;
}

export interface Sync {
  name: string;
  source: string;
  destination: string;
  schedule?: Schedule;
  defaults: StreamConfig;
  streams: StreamEntry[];
}

export interface SyncFile {
  project?: string;
  connections: Connection[];
  environments: string[];
  syncs: Sync[];
}

/** Whether an entry of `streams` stands for several streams, or takes some out. */
export function isGlob(entry: string): boolean {
  return entry.startsWith("!") || /[*?]/.test(entry.replace(/"[^"]*"/g, ""));
}
