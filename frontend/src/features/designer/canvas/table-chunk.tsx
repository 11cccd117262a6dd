import type { ReactNode } from "react";
import { CHUNK, FIRST_ROW, ROW, TOP } from "./space";

/** Where chunks begin of which a row is in sight. */
export function chunksIn(first: number, last: number, rows: number): number[] {
  const count = Math.max(0, Math.ceil((Math.min(last, rows) - first) / CHUNK));
  return Array.from({ length: count }, (_, at) => first + at * CHUNK);
}

/** Rows that come into sight together: what moves in is laid out and painted apart from what is there. */
export function TableChunk({ from, children }: { from: number; children: ReactNode }) {
  return (
    <div
      role="presentation"
      className="canvas-chunk"
      style={{ top: FIRST_ROW - TOP + from * ROW, height: CHUNK * ROW }}
    >
      {children}
    </div>
  );
}
