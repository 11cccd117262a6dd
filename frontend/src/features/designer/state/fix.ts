/** What mends a target column at once: the fix that its error offers. */
import type { TargetRow } from "../canvas/model";
import * as columns from "../document/column-edits";
import type { Op } from "../document/splice";
import { check } from "../expression/check";
import { nearest } from "../expression/nearest";
import { asIdentifier } from "../mapping/names";

export interface Fix {
  kind: "write" | "take" | "uncast";
  /** The column that was meant, or the type that is left. */
  name: string;
  ops: Op[];
}

/** A mistyped column of an expression or of `from`, or a cast that no value survives; nothing where none of it is. */
export function fixOf(mapping: columns.Mapping, row: TargetRow): Fix | undefined {
  const { origin, config } = row;
  if (origin?.kind === "expression") {
    const fault = check(origin.text, mapping.names).find(({ meant }) => meant !== undefined);
    if (fault?.meant === undefined) {
      return undefined;
    }
    const { from, to, meant } = fault;
    const mended = origin.text.slice(0, from) + asIdentifier(meant) + origin.text.slice(to);
    return { kind: "write", name: meant, ops: columns.setExpression(mapping, row.name, mended) };
  }
  if (origin?.kind === "unknown") {
    const meant = nearest(
      origin.why,
      mapping.names.columns.map(({ name }) => name),
    );
    return meant === undefined
      ? undefined
      : { kind: "take", name: meant, ops: columns.connect(mapping, meant, row.name) };
  }
  return row.loss === "impossible" && config?.type !== undefined
    ? { kind: "uncast", name: row.made ?? "", ops: columns.setType(mapping, row.name, undefined) }
    : undefined;
}
