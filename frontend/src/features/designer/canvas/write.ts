/** From a canvas to the file: the changes that make a stream say what the canvas shows. None where it does already. */
import { at } from "../document/plain";
import { isFields, readColumn } from "../document/read";
import type { Op } from "../document/splice";
import { setKey, type StreamPlace, streamPath } from "../document/stream-edits";
import type { ColumnConfig, Plain } from "../document/sync-file";
import type { Canvas } from "./model";

const KEYS = [
  "from",
  "expr",
  "type",
  "native",
  "mask",
  "allow_lossy",
] as const satisfies (keyof ColumnConfig)[];

export function write(plain: Plain, place: StreamPlace, canvas: Canvas): Op[] {
  const naming = canvas.naming === "keep" ? undefined : canvas.naming;
  return [
    ...setKey(plain, place, "select", canvas.select?.slice()),
    ...setKey(plain, place, "where", canvas.filter),
    ...setKey(plain, place, "naming", naming),
    ...setKey(plain, place, "allow_lossy", canvas.allowLossy ? true : undefined),
    ...writeColumns(plain, place, canvas),
  ];
}

function writeColumns(plain: Plain, place: StreamPlace, canvas: Canvas): Op[] {
  const path = [...streamPath(place), "columns"];
  const now = at(plain, path);
  const before = isFields(now) ? now : {};
  const wanted = new Map(canvas.target.map((row) => [row.name, row.config ?? {}]));
  const gone = Object.keys(before).filter((name) => !canvas.entries.includes(name));
  if (canvas.entries.length === 0) {
    return now === undefined ? [] : [{ op: "remove", path }];
  }
  return [
    ...canvas.entries.flatMap((name): Op[] => {
      const config = wanted.get(name) ?? {};
      if (!(name in before)) {
        return [{ op: "set", path: [...path, name], value: config as Plain }];
      }
      const old = readColumn(before[name]);
      return KEYS.flatMap((key): Op[] => {
        const value = config[key] as Plain | undefined;
        if (JSON.stringify(old[key]) === JSON.stringify(value)) {
          return [];
        }
        return [
          value === undefined
            ? { op: "remove", path: [...path, name, key] }
            : { op: "set", path: [...path, name, key], value },
        ];
      });
    }),
    ...gone.map((name): Op => ({ op: "remove", path: [...path, name] })),
  ];
}
