import { ArrowLeftRight, EyeOff, Filter, SquareFunction } from "lucide-react";
import { memo } from "react";
import { words } from "@/words";
import type { TargetRow } from "./model";
import { type Marks, maskWord, type Middle } from "./nodes";

const text = words.designer.canvas;

interface NodeProps {
  item: Middle;
  row: TargetRow;
  type: string | undefined;
  x: number;
  width: number;
  /** Its middle. */
  y: number;
  marks: Marks | undefined;
  chosen: boolean;
  lifted: boolean;
}

/** What changes one column's values: an expression, a cast, a mask, or several of them. */
export const NodeCard = memo(function NodeCard({
  item,
  row,
  type,
  x,
  width,
  y,
  marks,
  chosen,
  lifted,
}: NodeProps) {
  const { config } = row;
  const loss = row.loss === "asks" || row.loss === "allowed";
  const isExpression = item.kind === "expression";
  const cast = { from: row.made ?? type ?? "", to: config?.type ?? config?.native ?? type ?? "" };
  return (
    <div
      className="canvas-node"
      style={{
        left: x,
        top: 0,
        width,
        height: item.height,
        transform: `translateY(${y - item.height / 2}px)`,
      }}
      data-item={item.id}
      data-target={row.name}
      {...(!isExpression && { "data-small": "" })}
      {...(loss && { "data-loss": row.loss })}
      {...(chosen && { "data-chosen": "" })}
      {...(lifted && { "data-lifted": "" })}
    >
      {isExpression && (
        <>
          <div className="line">
            <SquareFunction size={14} strokeWidth={1.5} aria-hidden />
            <span className="name min-w-0 truncate font-medium">{row.name}</span>
            <span className="side">{type}</span>
          </div>
          <div className="codeline">{config?.expr?.replace(/\s+/g, " ")}</div>
        </>
      )}
      {item.kind === "cast" && <CastLine {...cast} />}
      {config?.mask !== undefined && (
        <div className="line">
          <EyeOff size={14} strokeWidth={1.5} aria-hidden />
          <span className="name text-12 font-medium">{text.mask}</span>
          <span className="side data text-11!">{maskWord(config.mask)}</span>
        </div>
      )}
      {item.kind === "mask" && config?.type !== undefined && <CastLine {...cast} />}
      {marks && <MarkLine marks={marks} />}
    </div>
  );
});

/** Where both types do not fit, the one that it becomes is whole; its name is not said twice. */
function CastLine({ from, to }: { from: string; to: string }) {
  const name = /^\w+(?=\()/.exec(to)?.[0];
  const becomes = name !== undefined && from.startsWith(`${name}(`) ? to.slice(name.length) : to;
  return (
    <div className="line">
      <ArrowLeftRight size={14} strokeWidth={1.5} aria-hidden />
      <span className="name text-12 font-medium">{text.cast}</span>
      <span className="side data flex min-w-0 gap-1 text-11!" title={`${from} → ${to}`}>
        <span className="truncate">{from}</span>
        <span className="shrink-0">→ {becomes}</span>
      </span>
    </div>
  );
}

/** How many sampled rows fail here, and how many values change. */
function MarkLine({ marks: { failing, changed } }: { marks: Marks }) {
  return (
    <div className="flex gap-1.5 text-11 font-medium">
      {failing > 0 && <span className="text-bad-text">{text.fail(failing)}</span>}
      {failing > 0 && changed > 0 && <span className="text-fg-off">·</span>}
      {changed > 0 && <span className="text-warn-text">{text.changes(changed)}</span>}
    </div>
  );
}

/** The filter of rows: between the tables' heads. */
export function FilterCard({
  filter,
  x,
  width,
  top,
  height,
  chosen,
}: {
  filter: string;
  x: number;
  width: number;
  top: number;
  height: number;
  chosen: boolean;
}) {
  return (
    <div
      className="canvas-node"
      style={{ left: x, top, width, height }}
      data-item="filter"
      data-lifted=""
      {...(chosen && { "data-chosen": "" })}
    >
      <div className="line">
        <Filter size={14} strokeWidth={1.5} aria-hidden />
        <span className="name font-medium">{text.filter}</span>
      </div>
      <div className="codeline">{filter.replace(/\s+/g, " ")}</div>
    </div>
  );
}
