import { Database, TableProperties } from "lucide-react";
import type { ReactNode } from "react";
import { HEADER, TOP } from "./space";

/** Where a side's table stands, what its head says, and which of its rows are in sight. */
export interface TablePlace {
  x: number;
  width: number;
  title: string;
  about: string;
  first: number;
  last: number;
}

/** The frame of a table on the canvas: its head stays in sight while its rows scroll below it. */
export function TableCard(props: {
  side: "source" | "target";
  label: string;
  place: TablePlace;
  height: number;
  children: ReactNode;
  /** Below the rows. */
  footer?: ReactNode;
}) {
  const { side, label, place, height, children, footer } = props;
  const { x, width, title, about } = place;
  const Icon = side === "source" ? Database : TableProperties;
  return (
    <section className="canvas-card" style={{ left: x, top: TOP, width, height }}>
      <div role="listbox" aria-label={label} aria-multiselectable className="absolute inset-0">
        {children}
      </div>
      {footer}
      <header
        data-sticky={height}
        className="absolute inset-x-0 top-0 z-1 flex items-center gap-2 rounded-t-[7px] border-b border-line bg-surface-1 px-3"
        style={{ height: HEADER }}
      >
        <span className="grid size-5 shrink-0 place-items-center rounded-1 text-fg-2 shadow-[inset_0_0_0_1px_var(--line-2)]">
          <Icon size={13} strokeWidth={1.5} aria-hidden />
        </span>
        <span className="min-w-0 leading-4">
          <span className="name block truncate font-medium" title={title}>
            {title}
          </span>
          <span className="side block truncate text-11 text-fg-3">{about}</span>
        </span>
      </header>
    </section>
  );
}
