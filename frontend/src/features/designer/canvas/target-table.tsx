import { KeyRound, Plus } from "lucide-react";
import { memo } from "react";
import { words } from "@/words";
import type { TargetRow } from "./model";
import { FIRST_ROW, HEADER, ROW, TOP } from "./space";
import { TableCard } from "./table-card";
import { type Marks, marksOf, type SideProps, TableRow } from "./table-row";

const text = words.designer.canvas;

type TargetTableProps = SideProps<TargetRow> & {
  /** Where a wire that is being drawn would end; an empty name is a new column. */
  drop: string | undefined;
  typeOf: (row: TargetRow) => string | undefined;
};

/** The target's table, and below it where a column can be added. */
export const TargetTable = memo(function TargetTable(props: TargetTableProps) {
  const { rows, x, width, title, about, first, last, drop, typeOf } = props;
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
          drop={drop === row.name}
          {...marksOf(props, row.name, first + at)}
        />
      ))}
    </TableCard>
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
