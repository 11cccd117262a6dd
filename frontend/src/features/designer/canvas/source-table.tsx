import { ArrowRightToLine, KeyRound } from "lucide-react";
import { memo } from "react";
import { words } from "@/words";
import type { SourceRow } from "./model";
import { CHUNK, HEADER, ROW } from "./space";
import { TableCard, type TablePlace } from "./table-card";
import { chunksIn, TableChunk } from "./table-chunk";
import { type Marks, marksOf, type SideRows, TableRow } from "./table-row";

const text = words.designer.canvas;

interface SourceRows extends SideRows<SourceRow> {
  /** Columns that auto-map has a place for. */
  proposed: ReadonlySet<string>;
}

/** The source's table: each of its columns a row. Only rows in sight are there. */
export const SourceTable = memo(function SourceTable({ place, ...side }: SourceRows & { place: TablePlace }) {
  const { length } = side.rows;
  return (
    <TableCard side="source" label={text.source} place={place} height={HEADER + length * ROW + 2}>
      {chunksIn(place.first, place.last, length).map((from) => (
        <Chunk key={from} from={from} {...side} />
      ))}
    </TableCard>
  );
});

const Chunk = memo(function Chunk({ from, ...side }: SourceRows & { from: number }) {
  const rows = side.rows.slice(from, from + CHUNK);
  return (
    <TableChunk from={from} rows={rows.length} ends={from + rows.length === side.rows.length}>
      {rows.map((row, at) => (
        <Row
          key={row.column.name}
          row={row}
          proposed={side.proposed.has(row.column.name)}
          {...marksOf(side, row.column.name, from + at)}
        />
      ))}
    </TableChunk>
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
