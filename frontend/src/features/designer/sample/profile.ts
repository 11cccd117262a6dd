/** What a column's sampled values are like. */
import { family } from "../mapping/types";
import type { Cell } from "./sample";

export interface Bar {
  from: string;
  to: string;
  rows: number;
}

export interface Profile {
  values: number;
  nulls: number;
  distinct: number;
  /** Numbers that are 0, or texts that are empty. */
  zero?: number;
  min?: string;
  max?: string;
  median?: string;
  mean?: string;
  /** Least and greatest length of texts. */
  lengths?: [number, number];
  bars: Bar[];
  /** What `bars` counts: values, lengths of texts, or single values. */
  counts: "values" | "lengths" | "top";
}

const BARS = 20;
const FEW = 10;

export function profile(cells: readonly Cell[], type: string): Profile {
  const values = cells.filter((cell) => cell !== null);
  const nulls = cells.length - values.length;
  const counted = new Map<string, number>();
  for (const value of values) {
    counted.set(value, (counted.get(value) ?? 0) + 1);
  }
  const base = { values: values.length, nulls, distinct: counted.size };
  const kind = family(type);
  const numbers = kind === "num" ? values.map(Number).filter(Number.isFinite) : [];
  if (numbers.length > 0 && numbers.length === values.length) {
    return { ...base, ...ofNumbers(numbers) };
  }
  const moments = kind === "time" ? values.map((value) => Date.parse(instant(value))) : [];
  if (moments.length > 0 && moments.every(Number.isFinite)) {
    return { ...base, ...ofMoments(moments, values) };
  }
  return { ...base, ...ofTexts(values, counted) };
}

/** A timestamp without a zone as one in UTC, a time of day as one of a day. */
function instant(value: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(value)) {
    return value;
  }
  const text = value.replace(" ", "T");
  return /(Z|[+-]\d{2}(:?\d{2})?)$/.test(text) ? text : `${text}Z`;
}

function ofNumbers(numbers: readonly number[]): Omit<Profile, "values" | "nulls" | "distinct"> {
  const sorted = numbers.toSorted((one, other) => one - other);
  const [min = 0, max = 0] = [sorted[0], sorted.at(-1)];
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const show = rounding(numbers);
  return {
    zero: numbers.filter((value) => value === 0).length,
    min: show(min),
    max: show(max),
    median: show(middle(sorted)),
    mean: show(mean),
    counts: "values",
    bars: histogram(numbers, min, max, show),
  };
}

function ofMoments(moments: readonly number[], values: readonly string[]) {
  const order = moments.map((_, at) => at).sort((one, other) => (moments[one] ?? 0) - (moments[other] ?? 0));
  const [first = 0, last = 0] = [order[0], order.at(-1)];
  const days = values.every((value) => value.length <= 10);
  const show = (at: number) =>
    new Date(at)
      .toISOString()
      .slice(days ? 0 : 5, days ? 10 : 16)
      .replace("T", " ");
  return {
    min: values[first] ?? "",
    max: values[last] ?? "",
    counts: "values" as const,
    bars: histogram(moments, moments[first] ?? 0, moments[last] ?? 0, show),
  };
}

function ofTexts(
  values: readonly string[],
  counted: ReadonlyMap<string, number>,
): Omit<Profile, "values" | "nulls" | "distinct"> {
  const zero = counted.get("") ?? 0;
  const sorted = [...counted.keys()].sort();
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) {
    return { zero, counts: "top", bars: [] };
  }
  const sizes = values.map((value) => Array.from(value).length);
  const lengths: [number, number] = [
    sizes.reduce((a, b) => Math.min(a, b)),
    sizes.reduce((a, b) => Math.max(a, b)),
  ];
  const few = counted.size <= FEW || counted.size <= values.length / 4;
  const bars = few
    ? top(counted)
    : histogram(sizes, lengths[0], lengths[1], (size) => String(Math.round(size)));
  return { zero, min, max, lengths, counts: few ? "top" : "lengths", bars };
}

function top(counted: ReadonlyMap<string, number>): Bar[] {
  const most = [...counted].sort((one, other) => other[1] - one[1]).slice(0, FEW);
  return most.map(([value, rows]) => ({ from: value, to: value, rows }));
}

function middle(sorted: readonly number[]): number {
  const half = sorted.length / 2;
  return ((sorted[Math.floor(half - 0.5)] ?? 0) + (sorted[Math.floor(half)] ?? 0)) / 2;
}

function histogram(
  values: readonly number[],
  min: number,
  max: number,
  show: (value: number) => string,
): Bar[] {
  const width = (max - min) / BARS;
  if (width === 0) {
    return [{ from: show(min), to: show(max), rows: values.length }];
  }
  const rows = new Array<number>(BARS).fill(0);
  for (const value of values) {
    const at = Math.min(BARS - 1, Math.floor((value - min) / width));
    rows[at] = (rows[at] ?? 0) + 1;
  }
  return rows.map((count, at) => ({
    from: show(min + at * width),
    to: show(min + (at + 1) * width),
    rows: count,
  }));
}

/** Two places where any number has some, else none. */
function rounding(numbers: readonly number[]): (value: number) => string {
  const whole = numbers.every((value) => Number.isInteger(value));
  const places = whole ? 0 : 2;
  return (value) =>
    value.toLocaleString("en", { maximumFractionDigits: places, minimumFractionDigits: places });
}
