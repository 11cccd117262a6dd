/**
 * From plain data to the typed view. What has the wrong shape is passed over: the agent says what is wrong with a file, and the
 * designer shows as much of it as can be shown.
 */
import type {
  ColumnConfig,
  Connection,
  Mask,
  Plain,
  Schedule,
  StreamConfig,
  StreamEntry,
  Sync,
  SyncFile,
} from "./sync-file";

type Fields = Record<string, Plain>;

export function isFields(value: Plain | undefined): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fields(value: Plain | undefined): Fields {
  return isFields(value) ? value : {};
}

const text = (value: Plain | undefined) => (typeof value === "string" ? value : undefined);
const count = (value: Plain | undefined) => (typeof value === "number" ? value : undefined);
const flag = (value: Plain | undefined) => (typeof value === "boolean" ? value : undefined);

/** A text, or a number as the text it is: names of columns may look like numbers. */
const word = (value: Plain | undefined) => (typeof value === "number" ? String(value) : text(value));

function words(value: Plain | undefined): string[] | undefined {
  return Array.isArray(value) ? value.map(word).filter((item) => item !== undefined) : undefined;
}

function one<const T extends string>(value: Plain | undefined, known: readonly T[]): T | undefined {
  return known.find((item) => item === value);
}

/** Leaves out what is not given, so that views compare by what they say. */
function given<T extends object>(all: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as T;
}

function readMask(value: Plain | undefined): Mask | undefined {
  const named = one(value, ["hash", "redact", "null", "encrypt"]);
  if (named !== undefined || !isFields(value) || !isFields(value.partial)) {
    return named;
  }
  const { keep_first, keep_last } = value.partial;
  return { partial: given({ keep_first: count(keep_first), keep_last: count(keep_last) }) };
}

export function readColumn(value: Plain | undefined): ColumnConfig {
  const all = fields(value);
  return given<ColumnConfig>({
    from: word(all.from),
    expr: text(all.expr),
    type: text(all.type),
    native: text(all.native),
    mask: readMask(all.mask),
    allow_lossy: flag(all.allow_lossy),
  });
}

export function readStream(value: Plain | undefined): StreamConfig {
  const all = fields(value);
  const columns = isFields(all.columns) ? Object.entries(all.columns) : undefined;
  const undo = isFields(all.undo) ? given({ keep: text(all.undo.keep) }) : undefined;
  return given<StreamConfig>({
    into: text(all.into),
    mode: one(all.mode, ["full_refresh", "incremental", "cdc"]),
    write: one(all.write, ["overwrite", "append", "merge", "history"]),
    primary_key: words(all.primary_key),
    cursor: word(all.cursor),
    start: text(all.start) ?? count(all.start),
    lookback: text(all.lookback) ?? count(all.lookback),
    query: text(all.query),
    where: text(all.where),
    select: words(all.select),
    columns: columns && new Map(columns.map(([name, column]) => [name, readColumn(column)])),
    naming: one(all.naming, ["keep", "snake"]),
    deletes: one(all.deletes, ["ignore", "soft", "hard"]),
    schema_changes: one(all.schema_changes, ["propagate", "ignore", "pause"]),
    on_error: one(all.on_error, ["fail", "null", "reject"]),
    max_rejects: count(all.max_rejects),
    max_reject_ratio: count(all.max_reject_ratio),
    allow_lossy: flag(all.allow_lossy),
    metadata: flag(all.metadata),
    undo,
    pool: text(all.pool),
    before_sql: text(all.before_sql),
    after_sql: text(all.after_sql),
  });
}

function readSchedule(value: Plain | undefined): Schedule | undefined {
  if (!isFields(value)) {
    return undefined;
  }
  return given<Schedule>({
    cron: text(value.cron),
    every: text(value.every),
    at: text(value.at),
    after: text(value.after),
    timezone: text(value.timezone),
    misfire: one(value.misfire, ["skip", "once", "all"]),
    overlap: one(value.overlap, ["skip", "queue"]),
    paused: flag(value.paused),
  });
}

function readSync(name: string, value: Plain): Sync {
  const all = fields(value);
  const defaults = readStream(all.defaults);
  const streams = Object.entries(fields(all.streams)).map(([entry, config]): StreamEntry => {
    const own = readStream(config);
    return { name: entry, own, all: { ...defaults, ...own } };
  });
  const schedule = readSchedule(all.schedule);
  return {
    name,
    source: text(all.source) ?? "",
    destination: text(all.destination) ?? "",
    ...(schedule && { schedule }),
    defaults,
    streams,
  };
}

export function readSyncFile(value: Plain): SyncFile {
  const all = fields(value);
  const project = text(all.project);
  return {
    ...(project !== undefined && { project }),
    connections: Object.entries(fields(all.connections)).map(([name, connection]): Connection => ({
      name,
      connector: text(fields(connection).connector) ?? "",
    })),
    environments: Object.keys(fields(all.environments)),
    syncs: Object.entries(fields(all.syncs)).map(([name, sync]) => readSync(name, sync)),
  };
}
