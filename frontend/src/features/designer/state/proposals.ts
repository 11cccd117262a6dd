/** What auto-map proposes for a canvas: sources that go nowhere, or only by their own name into a column that is not there yet. */
import { propose, type Proposal } from "../automap/propose";
import type { Canvas } from "../canvas/model";

export function proposalsOf(canvas: Canvas, refused: ReadonlySet<string>): Proposal[] {
  const idle = canvas.target.filter((row) => row.origin === undefined && row.exists === true);
  if (idle.length === 0) {
    return [];
  }
  const passing = new Set(
    canvas.target.flatMap((row) =>
      row.exists === false && row.config === undefined && row.origin?.kind === "source"
        ? [row.origin.column]
        : [],
    ),
  );
  const free = canvas.source.filter((row, at) => row.readers === 0 || (row.readers === 1 && passing.has(at)));
  const found = propose(
    free.map((row) => row.column),
    idle.map(({ name, type = "string" }) => ({ name, type })),
  );
  return found.filter((proposal) => !refused.has(refusal(proposal)));
}

/** What is remembered of a proposal that was refused. */
export const refusal = ({ source, target }: Proposal) => `${source}\n${target}`;
