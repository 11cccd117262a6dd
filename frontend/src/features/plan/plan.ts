import type { ApiError } from "@/api/problem";

/** What `syncapp plan --json` tells; all numbers as text. */
export interface Plan {
  streams: PlannedStream[];
}

export interface PlannedStream {
  stream: string;
  target: string;
  mode: string;
  write: string;
  primary_key?: string[];
  deletes: string;
  delivery: string;
  /** In seconds. */
  undo?: string;
  cursor?: string;
  from?: unknown;
  estimated_rows?: string;
  changes: TableChange[];
  columns: PlannedColumn[];
  warnings: ApiError[];
}

export interface TableChange {
  change: "create" | "add_column" | "widen" | "relax";
  column?: string;
  sql: string;
}

export type Fit = "same" | "exact" | "widened" | "lossy" | "refused" | "computed" | "masked" | "added";

export interface PlannedColumn {
  column: string;
  from?: { column: string; native: string };
  type: string;
  lands: string;
  fit: Fit;
}

export const losses = (stream: PlannedStream, fit: Fit): number =>
  stream.columns.filter((column) => column.fit === fit).length;

/** The plan in lines, to be copied. */
export function report(plan: Plan): string {
  return plan.streams
    .flatMap(({ stream, target, mode, write, changes, columns, warnings }) => [
      `${stream} -> ${target} (${mode}, ${write})`,
      ...changes.map((change) => change.sql).filter(Boolean),
      ...columns.map(
        ({ column, from, type, lands, fit }) =>
          `  ${column} <- ${from?.column ?? "(computed)"}: ${type} as ${lands}, ${fit}`,
      ),
      ...warnings.map(({ code, why, help }) => `  ${[code, why, help].filter(Boolean).join("; ")}`),
      "",
    ])
    .join("\n");
}
