/**
 * Which source row each row that lands comes from. The agent does not tell it: rows keep their order, so where only failing rows are
 * missing it is known; where a filter left rows out too, it is found by a key that passes as it is, or as its text.
 */
import type { Canvas } from "../canvas/model";
import type { Sample } from "./sample";

export function aligned(sample: Sample, canvas: Canvas): Sample {
  if (sample.origins) {
    return sample;
  }
  const failed = new Set(sample.failing.flatMap(({ row }) => (row === undefined ? [] : [row])));
  const left = sample.before.flatMap((_, at) => (failed.has(at) ? [] : [at]));
  if (left.length === sample.after.length) {
    return { ...sample, origins: left };
  }
  const origins = byKey(sample, canvas);
  return origins ? { ...sample, origins } : sample;
}

function byKey(sample: Sample, canvas: Canvas): number[] | undefined {
  const keys = canvas.source.flatMap((row, at) => {
    const passes = canvas.target.find(
      ({ origin, config }) =>
        origin?.kind === "source" &&
        origin.column === at &&
        config?.mask === undefined &&
        (config?.type === undefined || config.type === "string"),
    );
    return row.key ? [{ source: row.column.name, target: passes?.name }] : [];
  });
  if (keys.length === 0 || keys.some((key) => key.target === undefined)) {
    return undefined;
  }
  const said = (values: (string | null | undefined)[]) => JSON.stringify(values);
  const places = new Map(sample.before.map((row, at) => [said(keys.map((key) => row[key.source])), at]));
  const found = sample.after.map((row) => places.get(said(keys.map((key) => row[key.target ?? ""]))));
  const all = found.filter((place) => place !== undefined);
  return places.size === sample.before.length && all.length === found.length ? all : undefined;
}
