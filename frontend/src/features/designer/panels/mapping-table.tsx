import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import { classes } from "@/components/classes";
import { words } from "@/words";
import { TypeGlyph } from "../canvas/labels";
import type { TargetRow } from "../canvas/model";
import { maskWord } from "../canvas/nodes";
import { useDesigner } from "../state/designer";

const text = words.designer.table;
const ROW = 28;
const COLUMNS =
  "grid grid-cols-[minmax(140px,1.2fr)_minmax(170px,2fr)_minmax(136px,.8fr)_minmax(90px,.6fr)_110px] items-center";

/** The mapping as a table: the same as the canvas says, row by row. */
export function MappingTable({
  covered,
}: {
  /** How much of its right side would lie under the inspector. */
  covered: number;
}) {
  const { canvas, selection, select } = useDesigner();
  const scroller = useRef<HTMLDivElement>(null);

  const rows = useVirtualizer({
    count: canvas.target.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
  });
  const chosen = new Set(selection.kind === "target" ? selection.names : []);
  return (
    <div
      ref={scroller}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls takes the focus, so that keys scroll it
      tabIndex={0}
      role="table"
      aria-label={words.designer.canvas.name}
      aria-rowcount={canvas.target.length}
      className="min-h-0 grow overflow-auto outline-none"
      style={{ marginRight: covered }}
    >
      <div
        role="row"
        className={classes(
          COLUMNS,
          "sticky top-0 z-1 h-7 border-b border-line bg-surface-2 px-2 text-11 font-medium text-fg-3",
        )}
      >
        {[text.target, text.from, text.type, text.mask, text.state].map((name) => (
          <span key={name} role="columnheader" className="px-3">
            {name}
          </span>
        ))}
      </div>
      <div role="rowgroup" className="relative" style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map((item) => {
          const row = canvas.target[item.index];
          return (
            row && (
              // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus -- the name in it is a button
              <div
                key={row.name}
                role="row"
                aria-selected={chosen.has(row.name)}
                className={classes(
                  COLUMNS,
                  "absolute inset-x-0 top-0 h-7 border-b border-line px-2 text-12",
                  chosen.has(row.name) ? "bg-accent-soft" : "hover:bg-surface-2",
                )}
                style={{ transform: `translateY(${item.start}px)` }}
                onClick={() => select({ kind: "target", names: [row.name] })}
              >
                <Row row={row} />
              </div>
            )
          );
        })}
      </div>
    </div>
  );
}

function Row({ row }: { row: TargetRow }) {
  const { canvas } = useDesigner();
  const { origin, config } = row;
  const from =
    origin?.kind === "source"
      ? canvas.source[origin.column]?.column.name
      : origin?.kind === "expression"
        ? origin.text
        : undefined;
  const wrong = origin?.kind === "unknown" ? words.designer.canvas.unknown(origin.why) : undefined;
  return (
    <>
      <span role="cell" className="min-w-0 px-3">
        <button type="button" className="data block max-w-full truncate text-left">
          {row.name}
        </button>
      </span>
      <span
        role="cell"
        className={classes("data min-w-0 truncate px-3", wrong !== undefined && "text-bad-text")}
        title={from}
      >
        {wrong ?? from?.replace(/\s+/g, " ") ?? <span className="font-sans text-fg-3">{text.unfilled}</span>}
      </span>
      <span role="cell" className="flex min-w-0 items-center gap-2 px-3">
        <TypeGlyph type={row.type ?? "string"} />
        <span className="truncate text-fg-2">{row.type}</span>
      </span>
      <span role="cell" className="data min-w-0 truncate px-3">
        {config?.mask !== undefined && maskWord(config.mask)}
      </span>
      <span role="cell" className="px-3 text-warn-text">
        {row.loss === "asks"
          ? text.asks
          : row.loss === "allowed"
            ? text.allowed
            : row.loss === "impossible"
              ? words.designer.canvas.impossible
              : ""}
      </span>
    </>
  );
}
