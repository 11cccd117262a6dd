/** The name that a stream has in the target, as `into` says it or as the engine chooses it. */
import type { SyncFile, StreamConfig, Sync } from "../document/sync-file";

export function targetName(file: SyncFile, sync: Sync, stream: string, config: StreamConfig): string {
  const [schema, bare] = parts(stream);
  if (config.into !== undefined) {
    return config.into.replaceAll("{schema}", schema ?? "").replaceAll("{stream}", bare);
  }
  const connector = (name: string) =>
    file.connections.find((connection) => connection.name === name)?.connector;
  const alike =
    connector(sync.source) !== undefined && connector(sync.source) === connector(sync.destination);
  return alike ? stream : bare;
}

/** Namespace and bare name, split at the first dot that stands outside of quotes. */
export function parts(stream: string): [string | undefined, string] {
  const found = /^("(?:[^"]|"")*"|[^."]+)\.([\s\S]+)$/.exec(stream);
  const unquoted = (part: string) => (part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part);
  return found ? [unquoted(found[1] ?? ""), unquoted(found[2] ?? "")] : [undefined, unquoted(stream)];
}
