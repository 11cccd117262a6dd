/** What keys, buttons and drags do to the mapping. */
import { toast } from "@/components/toast";
import { words } from "@/words";
import type { Proposal } from "../automap/propose";
import * as columns from "../document/column-edits";
import { changedBy } from "../document/plain";
import type { Op } from "../document/splice";
import { setKey } from "../document/stream-edits";
import type { Plain } from "../document/sync-file";
import { NOTHING } from "../view/selection";
import type { Designer } from "./designer";

const text = words.designer;

/** Edits that build on one another, as one. */
export function inTurn<T>(
  mapping: columns.Mapping,
  all: readonly T[],
  make: (mapping: columns.Mapping, item: T) => Op[],
): Op[] {
  let plain: Plain = mapping.plain;
  const ops: Op[] = [];
  for (const item of all) {
    const own = make({ ...mapping, plain }, item);
    ops.push(...own);
    plain = changedBy(plain, own);
  }
  return ops;
}

export function connect(designer: Designer, source: string, target: string): void {
  designer.edit(columns.connect(designer.mapping, source, target), text.edits.connect(target));
  designer.select({ kind: "target", names: [target] });
}

export function accept(designer: Designer, proposals: readonly Proposal[]): void {
  if (proposals.length === 0) {
    toast({ title: text.tools.nothingProposed });
    return;
  }
  const ops = inTurn(designer.mapping, proposals, (mapping, { source, target }) =>
    columns.connect(mapping, source, target),
  );
  designer.edit(ops, text.edits.automap(proposals.length));
  if (proposals.length > 1) {
    undoable(designer, text.edits.automap(proposals.length));
  }
}

/** Takes away what is chosen: target columns with what leads to them, source columns, or the filter. */
export function removeSelected(designer: Designer): void {
  const { selection, mapping } = designer;
  if (selection.kind === "filter") {
    designer.edit(setKey(mapping.plain, mapping.place, "where", undefined), text.inspector.removeFilter);
    designer.select(NOTHING);
    return;
  }
  if (selection.kind !== "source" && selection.kind !== "target") {
    return;
  }
  const refused = designer.proposals.filter((proposal) =>
    selection.names.includes(proposal[selection.kind === "target" ? "target" : "source"]),
  );
  if (refused.length > 0) {
    designer.refuse(refused);
    return;
  }
  const make = selection.kind === "target" ? columns.disconnect : columns.leaveOut;
  const ops = inTurn(mapping, selection.names, make);
  if (ops.length > 0) {
    designer.edit(ops, text.edits.remove(selection.names.length));
    undoable(designer, text.edits.removed(selection.names.length));
  }
}

function undoable(designer: Designer, title: string): void {
  toast({
    title,
    tone: "removed",
    action: { name: words.actions.undo, run: () => designer.dispatch({ kind: "undo" }) },
  });
}

/** A name that no target column has yet. */
export function freshName(designer: Designer, wanted: string): string {
  const taken = new Set(designer.canvas.target.map((row) => row.name));
  let name = wanted;
  for (let n = 2; taken.has(name); n += 1) {
    name = `${wanted}_${n}`;
  }
  return name;
}
