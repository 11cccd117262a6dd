import type { ReactNode } from "react";
import { TypeGlyph } from "./labels";
import { FIRST_ROW, ROW, TOP } from "./space";

/** What both tables are told: their rows, where they stand, which are in sight, and how they are marked. */
export interface SideProps<R> {
  rows: readonly R[];
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

export const marksOf = (side: SideProps<unknown>, name: string, place: number): Marks => ({
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
      style={{ top: FIRST_ROW - TOP + place * ROW }}
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
      <span className="min-w-0 flex-auto truncate" title={name}>
        <span className="name data">{name}</span>
      </span>
      {children}
    </div>
  );
}
