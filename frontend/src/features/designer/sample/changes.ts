/** How many sampled values are others after a lossy cast, and how many rows fail in each column. */
import type { Canvas } from "../canvas/model";
import type { Marks } from "../canvas/nodes";
import { base } from "../mapping/types";
import type { Sample } from "./sample";

export function marksOf(canvas: Canvas, sample: Sample | undefined): Map<string, Marks> {
  const marks = new Map<string, Marks>();
  if (!sample) {
    return marks;
  }
  const of = (name: string): Marks => {
    const known = marks.get(name) ?? { failing: 0, changed: 0 };
    marks.set(name, known);
    return known;
  };
  for (const { column } of sample.failing) {
    if (column !== undefined) {
      of(column).failing += 1;
    }
  }
  for (const row of canvas.target) {
    if ((row.loss === "asks" || row.loss === "allowed") && row.origin?.kind === "source") {
      const source = canvas.source[row.origin.column]?.column.name ?? "";
      const changed = changedValues(sample, source, row.name, row.type ?? "");
      if (changed > 0) {
        of(row.name).changed = changed;
      }
    }
  }
  return marks;
}

function changedValues(sample: Sample, source: string, target: string, type: string): number {
  return sample.after.filter((after, at) => {
    const origin = sample.origins[at];
    const before = origin === undefined ? undefined : sample.before[origin]?.[source];
    const value = after[target];
    return (
      before !== undefined &&
      before !== null &&
      value !== undefined &&
      value !== null &&
      differs(before, value, base(type))
    );
  }).length;
}

/** Whether a value says something else after its cast. */
function differs(before: string, after: string, type: string): boolean {
  if (type === "date") {
    return /[1-9]/.test(before.slice(10).replace(/([+-]\d{2}(:?\d{2})?|Z)$/, ""));
  }
  if (type === "time") {
    return true;
  }
  return digits(before) !== digits(after);
}

/** A number's digits, however it is written. */
function digits(text: string): string {
  return text
    .replace(/^(-?)0+(?=\d)/, "$1")
    .replace(/(\.\d*?)0+$/, "$1")
    .replace(/\.$/, "");
}
