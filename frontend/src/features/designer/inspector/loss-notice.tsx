import { TriangleAlert } from "lucide-react";
import { Switch } from "@/components/choice";
import { Kbd } from "@/components/kbd";
import { words } from "@/words";
import type { TargetRow } from "../canvas/model";
import { setConsent } from "../document/column-edits";
import { base } from "../mapping/types";
import { FixButton } from "./fix-button";
import { useDesigner } from "../state/designer";
import { count } from "@/words/figures";

const text = words.designer.inspector;

/** What a lossy column changes, how often in the sample, and the switch that allows it. */
export function LossNotice({ row }: { row: TargetRow }) {
  const { mapping, edit, marks, sample, canvas } = useDesigner();
  const from =
    row.origin?.kind === "source" ? (canvas.source[row.origin.column]?.column.type ?? "") : (row.made ?? "");
  const to = row.config?.type ?? row.type ?? "";
  if (row.loss === "impossible") {
    return (
      <div className="mt-2.5 rounded-3 border border-bad-line bg-bad-soft px-3 py-2.5 text-12">
        <div className="font-semibold">{text.impossible(from, to)}</div>
        <p className="mt-0.5 mb-2 text-fg-2">{text.impossibleHelp}</p>
        <FixButton row={row} />
      </div>
    );
  }
  if (row.loss === "none") {
    return null;
  }
  const word = base(to);
  const what =
    word === "date"
      ? text.loss.date
      : word === "time"
        ? text.loss.time
        : word.startsWith("float")
          ? text.loss.float
          : text.loss.other;
  const changed = marks.get(row.name)?.changed;
  return (
    <div className="mt-2.5 rounded-3 border border-warn-line bg-warn-soft px-3 py-2.5 text-12">
      <div className="flex items-center gap-1.5 font-semibold">
        <TriangleAlert size={14} strokeWidth={1.6} className="shrink-0 text-warn-text" aria-hidden />
        {text.lossTitle(from, to)}
      </div>
      <p className="mt-0.5 text-fg-2">
        {what}{" "}
        {changed !== undefined &&
          sample.sample &&
          text.lossCount(count(changed), count(sample.sample.after.length))}
      </p>
      <div className="mt-2 flex items-center">
        <Switch
          checked={row.loss === "allowed"}
          onChange={(allow) => edit(setConsent(mapping, row.name, allow), text.allow)}
        >
          <span className="font-medium">{text.allow}</span>
        </Switch>
        <Kbd keys="l" className="ml-auto" />
      </div>
      {row.loss === "asks" && <p className="mt-1.5 text-warn-text">{text.mustAllow}</p>}
    </div>
  );
}
