import { KeyRound, Plus } from "lucide-react";
import { memo } from "react";
import { words } from "@/words";
import { TypeGlyph } from "./labels";
import type { TargetRow } from "./model";
import { FIRST_ROW, HEADER, ROW, TOP } from "./space";
import { TableCard } from "./table-card";

const text = words.designer.canvas;

/** The target's table, and below it where a column can be added. */
export const TargetTable = memo(function TargetTable(props: {
  rows: readonly TargetRow[];
  x: number;
  width: number;
  title: string;
  about: string;
  first: number;
  last: number;
  chosen: ReadonlySet<string>;
  lifted: ReadonlySet<number>;
  found: ReadonlySet<string>;
  current: string | undefined;
  drop: string | undefined;
  typeOf: (row: TargetRow) => string | undefined;
}) {
  const { rows, x, width, title, about, first, last, chosen, lifted, found, current, drop, typeOf } = props;
  return (
    <TableCard
      side="target"
      label={text.target}
      x={x}
      width={width}
      height={HEADER + (rows.length + 1) * ROW + 2}
      title={title}
      about={about}
      footer={
        last >= rows.length && (
          <div
            className="canvas-row rounded-b-3 border-t border-line text-12 text-fg-3"
            style={{ top: FIRST_ROW - TOP + rows.length * ROW }}
            data-add=""
            {...(drop === "" && { "data-drop": "" })}
          >
            <Plus size={14} strokeWidth={1.6} className="mx-1" aria-hidden />
            {text.addColumn}
          </div>
        )
      }
    >
      {rows.slice(first, last).map((row, at) => (
        <Row
          key={row.name}
          row={row}
          type={typeOf(row)}
          place={first + at}
          total={rows.length}
          chosen={chosen.has(row.name)}
          lifted={lifted.has(first + at)}
          found={found.has(row.name)}
          current={current === row.name}
          drop={drop === row.name}
        />
      ))}
    </TableCard>
  );
});

interface RowProps {
  row: TargetRow;
  type: string | undefined;
  place: number;
  total: number;
  chosen: boolean;
  lifted: boolean;
  found: boolean;
  current: boolean;
  drop: boolean;
}

const Row = memo(function Row({ row, type, place, total, chosen, lifted, found, current, drop }: RowProps) {
  const wrong = row.origin?.kind === "unknown";
  return (
    <div
      role="option"
      id={`target-${place}`}
      aria-selected={chosen}
      aria-posinset={place + 1}
      aria-setsize={total}
      className="canvas-row"
      style={{ top: FIRST_ROW - TOP + place * ROW }}
      data-side="target"
      data-name={row.name}
      data-place={place}
      data-loss={wrong ? "impossible" : row.loss}
      {...(chosen && { "data-chosen": "" })}
      {...(lifted && { "data-lifted": "" })}
      {...(found && { "data-found": "" })}
      {...(current && { "data-current": "" })}
      {...(drop && { "data-drop": "" })}
      {...(!row.origin && { "data-idle": "" })}
    >
      <TypeGlyph type={type ?? "string"} />
      <span className="min-w-0 flex-auto truncate" title={row.name}>
        <span className="name data">{row.name}</span>
      </span>
      {row.key && (
        <KeyRound size={13} strokeWidth={1.5} className="shrink-0 text-fg-3" aria-label={text.key} />
      )}
      {row.exists === false && <span className="shrink-0 text-11 text-ok-text">{text.isNew}</span>}
      <span className="type">
        {wrong ? text.unknown(row.origin?.kind === "unknown" ? row.origin.why : "") : type}
      </span>
    </div>
  );
});
