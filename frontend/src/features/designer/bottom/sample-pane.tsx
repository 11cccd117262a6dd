import { useVirtualizer } from "@tanstack/react-virtual";
import { CircleAlert, SquareFunction } from "lucide-react";
import { useMemo, useRef } from "react";
import { classes } from "@/components/classes";
import { words } from "@/words";
import { reads } from "../canvas/model";
import { family } from "../mapping/types";
import { type Cell, isAligned, paired, type Pairing } from "../sample/sample";
import { useDesigner } from "../state/designer";
import { current } from "../view/selection";
import { NoSample } from "./no-sample";

const text = words.designer.sample;
const ROW = 28;
/** How many columns of the key tell rows apart without pushing what is chosen out of sight. */
const KEYS = 2;

/** A column of the grid. */
interface Shown {
  id: string;
  name: string;
  side: "before" | "after";
  group: "key" | "before" | "after" | "rest";
  type: string;
  width: number;
}

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
  return (
    <div
      className={classes("flex min-h-0 grow flex-col", state.waiting || state.outcome ? "opacity-60" : "")}
    >
      {(state.outcome ?? !isAligned(sample)) && (
        <p className="border-b border-line bg-surface-2 px-4 py-1 text-12 text-fg-2">
          {state.outcome ? text.older : text.notAligned}
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
                  {{ key: "", before: text.before, after: text.after, rest: text.rest }[group]}
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
          {row.failing?.why}
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

const isRight = (column: Shown) => family(column.type) === "num";

const widthOf = (type: string, name: string) => {
  const base = { num: 112, time: 176, bool: 84, id: 200, nest: 200, text: 160 }[family(type)];
  return Math.min(240, Math.max(base, name.length * 7.4 + 30));
};

/** The key, what goes in, what comes out, and the rest of the target's row. */
function useColumns(at: "node" | "target"): Shown[] {
  const { canvas, selection, sample } = useDesigner();
  const types = sample.sample?.types;
  return useMemo(() => {
    const source = (place: number, group: Shown["group"]): Shown[] => {
      const column = canvas.source[place]?.column;
      return column
        ? [
            {
              id: `b ${group} ${column.name}`,
              name: column.name,
              side: "before",
              group,
              type: column.type,
              width: widthOf(column.type, column.name),
            },
          ]
        : [];
    };
    const target = (name: string, group: Shown["group"]): Shown => {
      const type = canvas.target.find((row) => row.name === name)?.type ?? types?.[name] ?? "string";
      return { id: `a ${name}`, name, side: "after", group, type, width: widthOf(type, name) };
    };
    const filled = canvas.target.filter((row) => row.origin !== undefined).map((row) => row.name);
    const name = current(selection);
    const place =
      selection.kind === "source" ? canvas.source.findIndex((row) => row.column.name === name) : -1;
    const chosen =
      at === "target" || name === undefined
        ? []
        : selection.kind === "target"
          ? filled.filter((other) => other === name)
          : canvas.target.filter((row) => reads(row.origin).includes(place)).map((row) => row.name);
    if (chosen.length === 0 && place < 0) {
      return filled.map((other) => target(other, "rest"));
    }
    const inputs =
      place >= 0
        ? [place]
        : [
            ...new Set(
              chosen.flatMap((other) => reads(canvas.target.find((row) => row.name === other)?.origin)),
            ),
          ];
    const keyed = canvas.source.flatMap((row, at) =>
      row.key && !inputs.includes(at) ? source(at, "key") : [],
    );
    const keys = keyed.slice(0, KEYS);
    const twice = new Set(keys.map((key) => key.name));
    const rest = filled
      .filter((other) => !chosen.includes(other) && !twice.has(other))
      .map((other) => target(other, "rest"));
    return [
      ...keys,
      ...inputs.flatMap((input) => source(input, "before")),
      ...chosen.map((other) => target(other, "after")),
      ...rest,
    ];
  }, [at, canvas, selection, types]);
}

function grouped(shown: readonly Shown[]): { group: Shown["group"]; width: number }[] {
  const groups: { group: Shown["group"]; width: number }[] = [];
  for (const { group, width } of shown) {
    const last = groups.at(-1);
    if (last?.group === group) {
      last.width += width;
    } else {
      groups.push({ group, width });
    }
  }
  return groups;
}
