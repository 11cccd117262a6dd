import { ArrowRightToLine, KeyRound } from "lucide-react";
import { memo } from "react";
import { words } from "@/words";
import { TypeGlyph } from "./labels";
import type { SourceRow } from "./model";
import { FIRST_ROW, HEADER, ROW, TOP } from "./space";
import { TableCard } from "./table-card";

const text = words.designer.canvas;

/** The source's table: each of its columns a row. Only rows in sight are there. */
export const SourceTable = memo(function SourceTable(props: {
  rows: readonly SourceRow[];
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
  /** Columns that auto-map has a place for. */
  proposed: ReadonlySet<string>;
}) {
  const { rows, x, width, title, about, first, last, chosen, lifted, found, current, proposed } = props;
  return (
    <TableCard
      side="source"
      label={text.source}
      x={x}
      width={width}
      height={HEADER + rows.length * ROW + 2}
      title={title}
      about={about}
    >
      {rows.slice(first, last).map((row, at) => (
        <Row
          key={row.column.name}
          row={row}
          place={first + at}
          total={rows.length}
          chosen={chosen.has(row.column.name)}
          lifted={lifted.has(first + at)}
          found={found.has(row.column.name)}
          current={current === row.column.name}
          proposed={proposed.has(row.column.name)}
        />
      ))}
    </TableCard>
  );
});

interface RowProps {
  row: SourceRow;
  place: number;
  total: number;
  chosen: boolean;
  lifted: boolean;
  found: boolean;
  current: boolean;
  proposed: boolean;
}

const Row = memo(function Row({ row, place, total, chosen, lifted, found, current, proposed }: RowProps) {
  const { column, leftOut, key, cursor } = row;
  return (
    <div
      role="option"
      id={`source-${place}`}
      aria-selected={chosen}
      aria-posinset={place + 1}
      aria-setsize={total}
      className="canvas-row"
      style={{ top: FIRST_ROW - TOP + place * ROW }}
      data-side="source"
      data-name={column.name}
      data-place={place}
      {...(chosen && { "data-chosen": "" })}
      {...(lifted && { "data-lifted": "" })}
      {...(found && { "data-found": "" })}
      {...(current && { "data-current": "" })}
      {...(leftOut && !proposed && { "data-out": "" })}
    >
      <TypeGlyph type={column.type} />
      <span className="min-w-0 flex-auto truncate" title={column.name}>
        <span className="name data">{column.name}</span>
      </span>
      {key && <KeyRound size={13} strokeWidth={1.5} className="shrink-0 text-fg-3" aria-label={text.key} />}
      {cursor && (
        <ArrowRightToLine
          size={13}
          strokeWidth={1.5}
          className="shrink-0 text-fg-3"
          aria-label={text.cursor}
        />
      )}
      {leftOut && <span className="sr-only">{text.leftOut}</span>}
      <span className="type">{column.type}</span>
    </div>
  );
});
