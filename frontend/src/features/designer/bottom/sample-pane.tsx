import { useVirtualizer } from "@tanstack/react-virtual";
import { CircleAlert, SquareFunction } from "lucide-react";
import { useMemo, useRef } from "react";
import { Problem } from "@/api/problem";
import { Said, withoutExpression } from "@/components/said";
import { classes } from "@/components/classes";
import { words } from "@/words";
import { type Cell, paired, type Pairing } from "../sample/sample";
import { useDesigner } from "../state/designer";
import { NoSample } from "./no-sample";
import { grouped, isRight, type Shown, useColumns } from "./sample-columns";

const text = words.designer.sample;
const ROW = 28;

/** Sampled rows before and after what is chosen, and the rest of each row. */
export function SamplePane({ at }: { at: "node" | "target" }) {
  const designer = useDesigner();
  const { sample: state } = designer;
  const { sample } = state;
  const shown = useColumns(at);
  const rows = useMemo(() => (sample ? paired(sample) : []), [sample]);
  const scroller = useRef<HTMLDivElement>(null);

  const lines = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 10,
  });

  const across = useVirtualizer({
    horizontal: true,
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => shown[index]?.width ?? 120,
    overscan: 4,
  });
  if (!sample) {
    return <NoSample />;
  }
  const width = 44 + across.getTotalSize();
  const groups = grouped(shown);
  const rest = groups.length === 1 ? text.whole : text.rest;
  return (
    <div
      className={classes("flex min-h-0 grow flex-col", state.waiting || state.outcome ? "opacity-60" : "")}
    >
      {state.outcome && (
        <p className="border-b border-line bg-surface-2 px-4 py-1 text-12 text-fg-2">
          {state.outcome.state === "failed" ? (
            <Said text={text.olderBecause(Problem.from(state.outcome.problem).why)} />
          ) : (
            text.older
          )}
        </p>
      )}
      <div
        ref={scroller}
        className="min-h-0 grow overflow-auto outline-none"
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls takes the focus, so that keys scroll it
        tabIndex={0}
        role="region"
        aria-label={text.tabs.sample}
      >
        <div role="table" aria-rowcount={rows.length} style={{ width }} className="relative">
          <div role="rowgroup" className="sticky top-0 z-1 bg-surface-1">
            <div role="row" className="flex h-5.5 border-b border-line text-11 font-medium text-fg-3">
              <span role="columnheader" aria-label="#" className="w-11 shrink-0 border-r border-line" />
              {groups.map(({ group, width: wide }) => (
                <span
                  key={group}
                  role="columnheader"
                  className={classes(
                    "shrink-0 truncate border-r border-line px-3 py-0.5",
                    group === "after" && "bg-accent-soft text-right text-accent-text",
                  )}
                  style={{ width: wide }}
                >
                  {{ key: "", before: text.before, after: text.after, rest }[group]}
                </span>
              ))}
            </div>
            <div role="row" className="relative flex h-7">
              <span
                role="columnheader"
                className="sample-head w-11 shrink-0 border-r border-b border-line px-2 py-1.5 text-right"
              >
                #
              </span>
              {across.getVirtualItems().map((item) => {
                const column = shown[item.index];
                return (
                  column && (
                    <span
                      key={column.id}
                      role="columnheader"
                      title={`${column.name} · ${column.type}`}
                      className={classes(
                        "sample-head absolute top-0 h-7 truncate border-r border-b border-line px-3 py-1.5",
                        isRight(column) && "text-right",
                        column.group === "after" && "bg-accent-soft! text-accent-text!",
                      )}
                      style={{ left: 44 + item.start, width: item.size }}
                    >
                      {column.group === "after" && (
                        <SquareFunction size={12} className="mr-1 inline align-[-2px]" aria-hidden />
                      )}
                      {column.name}
                    </span>
                  )
                );
              })}
            </div>
          </div>
          <div role="rowgroup" className="relative" style={{ height: lines.getTotalSize() }}>
            {lines.getVirtualItems().map((line) => {
              const row = rows[line.index];
              return (
                row && (
                  <div
                    key={line.key}
                    role="row"
                    className="absolute top-0 left-0 flex"
                    style={{ transform: `translateY(${line.start}px)`, width }}
                  >
                    <span role="rowheader" className="sample-cell figures w-11 px-2! text-right text-fg-3">
                      {row.number}
                    </span>
                    {across.getVirtualItems().map((item) => {
                      const column = shown[item.index];
                      return (
                        column && (
                          <Value
                            key={column.id}
                            row={row}
                            column={column}
                            left={44 + item.start}
                            width={item.size}
                          />
                        )
                      );
                    })}
                  </div>
                )
              );
            })}
          </div>
        </div>
      </div>
    </div>
  );
}

function Value({ row, column, left, width }: { row: Pairing; column: Shown; left: number; width: number }) {
  const value = (column.side === "before" ? row.before : row.after)?.[column.name];
  const bad = column.side === "after" && row.failing?.column === column.name;
  return (
    <span
      role="cell"
      className={classes("sample-cell absolute top-0", isRight(column) && "text-right")}
      style={{ left, width }}
      title={bad ? `${row.failing?.code ?? ""}: ${row.failing?.why ?? ""}` : (value ?? undefined)}
      {...(column.group === "after" && { "data-after": "" })}
      {...(bad && { "data-bad": "" })}
    >
      {bad ? (
        <>
          <CircleAlert size={13} className="mr-1 inline align-[-2px]" aria-hidden />
          <Said text={withoutExpression(row.failing?.why ?? "")} />
        </>
      ) : (
        <Text value={value} />
      )}
    </span>
  );
}

/** A value as it is: NULL is no text, and an empty text is not nothing. */
export function Text({ value }: { value: Cell | undefined }) {
  if (value === undefined) {
    return <span className="text-fg-off">–</span>;
  }
  if (value === null) {
    return <span className="null">NULL</span>;
  }
  return value === "" ? <span className="text-fg-3">{"''"}</span> : value;
}
