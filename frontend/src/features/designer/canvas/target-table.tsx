import { KeyRound, Plus } from "lucide-react";
import { memo } from "react";
import { words } from "@/words";
import type { TargetRow } from "./model";
import { CHUNK, FIRST_ROW, HEADER, ROW, TOP } from "./space";
import { TableCard, type TablePlace } from "./table-card";
import { chunksIn, TableChunk } from "./table-chunk";
import { type Marks, marksOf, type SideRows, TableRow } from "./table-row";

const text = words.designer.canvas;

interface TargetRows extends SideRows<TargetRow> {
  /** Where a wire that is being drawn would end; an empty name is a new column. */
  drop: string | undefined;
  typeOf: (row: TargetRow) => string | undefined;
}

/** The target's table, and below it where a column can be added. */
export const TargetTable = memo(function TargetTable({ place, ...side }: TargetRows & { place: TablePlace }) {
  const { length } = side.rows;
  return (
    <TableCard
      side="target"
      label={text.target}
      place={place}
      height={HEADER + (length + 1) * ROW + 2}
      footer={
        place.last >= length && (
          <div
            className="canvas-row absolute inset-x-0 rounded-b-3 border-t border-line text-12 text-fg-3"
            style={{ top: FIRST_ROW - TOP + length * ROW }}
            data-add=""
            {...(side.drop === "" && { "data-drop": "" })}
          >
            <Plus size={14} strokeWidth={1.6} className="mx-1" aria-hidden />
            {text.addColumn}
          </div>
        )
      }
    >
      {chunksIn(place.first, place.last, length).map((from) => (
        <Chunk key={from} from={from} {...side} />
      ))}
    </TableCard>
  );
});

const Chunk = memo(function Chunk({ from, ...side }: TargetRows & { from: number }) {
  const rows = side.rows.slice(from, from + CHUNK);
  return (
    <TableChunk from={from} rows={rows.length}>
      {rows.map((row, at) => (
        <Row
          key={row.name}
          row={row}
          type={side.typeOf(row)}
          drop={side.drop === row.name}
          {...marksOf(side, row.name, from + at)}
        />
      ))}
    </TableChunk>
  );
});

type RowProps = Marks & { row: TargetRow; type: string | undefined; drop: boolean };

const Row = memo(function Row({ row, type, drop, ...marks }: RowProps) {
  const wrong = row.origin?.kind === "unknown";
  return (
    <TableRow
      side="target"
      name={row.name}
      glyph={type ?? "string"}
      marks={marks}
      data={{
        "data-loss": wrong ? "impossible" : row.loss,
        ...(drop && { "data-drop": "" }),
        ...(!row.origin && { "data-idle": "" }),
      }}
    >
      {row.key && (
        <KeyRound size={13} strokeWidth={1.5} className="shrink-0 text-fg-3" aria-label={text.key} />
      )}
      {row.exists === false && <span className="shrink-0 text-11 text-ok-text">{text.isNew}</span>}
      <span className="type">
        {wrong ? text.unknown(row.origin?.kind === "unknown" ? row.origin.why : "") : type}
      </span>
    </TableRow>
  );
});
