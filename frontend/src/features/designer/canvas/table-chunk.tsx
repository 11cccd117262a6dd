import type { ReactNode } from "react";
import { classes } from "@/components/classes";
import { CHUNK, FIRST_ROW, ROW, TOP } from "./space";

/** Where chunks begin of which a row is in sight. */
export function chunksIn(first: number, last: number, rows: number): number[] {
  const count = Math.max(0, Math.ceil((Math.min(last, rows) - first) / CHUNK));
  return Array.from({ length: count }, (_, at) => first + at * CHUNK);
}

/** Rows that come into sight together: they are laid out and painted apart from those that are there. */
export function TableChunk(props: {
  from: number;
  rows: number;
  /** Whether its last row is at the table's lower edge. */
  ends?: boolean;
  children: ReactNode;
}) {
  const { from, rows, ends, children } = props;
  return (
    <div
      role="presentation"
      className={classes("canvas-chunk", ends && "rounded-b-3")}
      style={{ top: FIRST_ROW - TOP + from * ROW, height: rows * ROW }}
    >
      {children}
    </div>
  );
}
