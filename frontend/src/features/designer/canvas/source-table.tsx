import { ArrowRightToLine, KeyRound } from "lucide-react";
import { memo } from "react";
import { words } from "@/words";
import type { SourceRow } from "./model";
import { HEADER, ROW } from "./space";
import { TableCard } from "./table-card";
import { type Marks, marksOf, type SideProps, TableRow } from "./table-row";

const text = words.designer.canvas;

type SourceTableProps = SideProps<SourceRow> & {
  /** Columns that auto-map has a place for. */
  proposed: ReadonlySet<string>;
};

/** The source's table: each of its columns a row. Only rows in sight are there. */
export const SourceTable = memo(function SourceTable(props: SourceTableProps) {
  const { rows, x, width, title, about, first, last, proposed } = props;
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
          proposed={proposed.has(row.column.name)}
          {...marksOf(props, row.column.name, first + at)}
        />
      ))}
    </TableCard>
  );
});

const Row = memo(function Row({ row, proposed, ...marks }: { row: SourceRow; proposed: boolean } & Marks) {
  const { column, leftOut, key, cursor } = row;
  return (
    <TableRow
      side="source"
      name={column.name}
      glyph={column.type}
      marks={marks}
      data={leftOut && !proposed ? { "data-out": "" } : {}}
    >
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
    </TableRow>
  );
});
