import type { ReactNode } from "react";
import { TypeGlyph } from "./labels";

/** A side's rows, and how they are marked. */
export interface SideRows<R> {
  rows: readonly R[];
  chosen: ReadonlySet<string>;
  lifted: ReadonlySet<number>;
  found: ReadonlySet<string>;
  current: string | undefined;
}

/** How a row is marked; plain values, so that only rows that change are drawn anew. */
export interface Marks {
  place: number;
  total: number;
  chosen: boolean;
  lifted: boolean;
  found: boolean;
  current: boolean;
}

export const marksOf = (side: SideRows<unknown>, name: string, place: number): Marks => ({
  place,
  total: side.rows.length,
  chosen: side.chosen.has(name),
  lifted: side.lifted.has(place),
  found: side.found.has(name),
  current: side.current === name,
});

/** A column of a table on the canvas: its type, its name, and what its side says of it. */
export function TableRow(props: {
  side: "source" | "target";
  name: string;
  glyph: string;
  marks: Marks;
  /** What only its side knows, for the looks. */
  data: Record<`data-${string}`, string | undefined>;
  children: ReactNode;
}) {
  const { side, name, glyph, marks, data, children } = props;
  const { place, total, chosen, lifted, found, current } = marks;
  return (
    <div
      role="option"
      id={`${side}-${place}`}
      aria-selected={chosen}
      aria-posinset={place + 1}
      aria-setsize={total}
      className="canvas-row"
      data-side={side}
      data-name={name}
      data-place={place}
      {...(chosen && { "data-chosen": "" })}
      {...(lifted && { "data-lifted": "" })}
      {...(found && { "data-found": "" })}
      {...(current && { "data-current": "" })}
      {...data}
    >
      <TypeGlyph type={glyph} />
      <span className="label" title={name}>
        <span className="name data">{name}</span>
      </span>
      {children}
    </div>
  );
}
