/** What a sample of a stream tells, and who takes one. Values are texts, so that numbers keep every digit; NULL is null. */

export type Cell = string | null;
export type Row = Readonly<Record<string, Cell>>;

/** A row that would not land. */
export interface Failing {
  /** Its place among the source rows of the sample; nothing where it could not be read at all. */
  row?: number;
  /** The target column. */
  column?: string;
  code: string;
  why: string;
  help?: string;
}

export interface Sample {
  /** As the source gives them; masked columns hold `***`. */
  before: readonly Row[];
  /** As they would land. */
  after: readonly Row[];
  /** The place of each row of `after` in `before`. */
  origins: readonly number[];
  failing: readonly Failing[];
  /** How many rows would be set aside, and how many values become NULL. */
  rejected: number;
  nulled: number;
  /** Types of the target's columns. */
  types: Readonly<Record<string, string>>;
  milliseconds?: number;
}

export type Sampled =
  | { state: "ready"; sample: Sample }
  /** The agent cannot sample this text: it has another one, or none. */
  | { state: "not_available"; reason: "unsaved" | "not_known" }
  | { state: "failed"; problem: unknown };

export interface SampleRequest {
  text: string;
  sync: string;
  stream: string;
  limit: number;
}

/** Takes samples of a document as it stands. */
export interface SampleSource {
  take: (request: SampleRequest, signal: AbortSignal) => Promise<Sampled>;
}

/** How many sampled rows would not land: all of them, or as many as are told. */
export const failingRows = (sample: Sample | undefined): number =>
  sample ? Math.max(sample.rejected, sample.failing.length) : 0;

/** The rows of the sample side by side: each source row with what becomes of it. */
export interface Pairing {
  before: Row;
  after?: Row;
  failing?: Failing;
  /** Counts from 1. */
  number: number;
}

export function paired(sample: Sample): Pairing[] {
  const landed = new Map(sample.after.map((row, at) => [sample.origins[at], row]));
  const failed = new Map(sample.failing.map((failing) => [failing.row, failing]));
  return sample.before.map((before, at) => {
    const [after, failing] = [landed.get(at), failed.get(at)];
    return { number: at + 1, before, ...(after && { after }), ...(failing && { failing }) };
  });
}
