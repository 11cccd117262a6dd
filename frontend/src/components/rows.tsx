import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, type ReactNode } from "react";
import { classes } from "./classes";
import { Table } from "./table";

interface RowsProps<T> {
  /** The head of the table. */
  head: ReactNode;
  items: readonly T[];
  /** What is shown of one; a `Row`. */
  row: (item: T, place: number) => ReactNode;
  /** In pixels: all rows are as high. */
  height: number;
  name: string;
  /** Asked for when the end comes into sight. */
  onEnd?: (() => void) | undefined;
  /** Keeps the newest row in sight. */
  follow?: boolean;
  /** Below the rows, scrolling with them. */
  foot?: ReactNode;
  className?: string;
}

/** A table that scrolls by itself and draws only the rows that are in sight. */
export function Rows<T>({
  head,
  items,
  row,
  height,
  name,
  onEnd,
  follow = false,
  foot,
  className,
}: RowsProps<T>) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 12,
  });
  const shown = virtual.getVirtualItems();
  const first = shown[0];
  const last = shown[shown.length - 1];
  const before = first?.start ?? 0;
  const after = last ? virtual.getTotalSize() - last.end : 0;
  const atEnd = last !== undefined && last.index >= items.length - 20;
  useEffect(() => {
    if (atEnd) {
      onEnd?.();
    }
  }, [atEnd, onEnd, items.length]);
  useEffect(() => {
    if (follow && items.length > 0) {
      virtual.scrollToIndex(items.length - 1);
    }
  }, [follow, items.length, virtual]);
  return (
    // Whoever has no mouse scrolls it by its keys.
    <div
      ref={scroller}
      tabIndex={0}
      role="group"
      aria-label={name}
      className={classes("min-h-0 grow overflow-auto outline-none", className)}
    >
      <Table aria-rowcount={items.length}>
        {head}
        <tbody>
          {before > 0 && <tr aria-hidden style={{ height: before }} />}
          {shown.map((one) => {
            const item = items[one.index];
            return item === undefined ? null : row(item, one.index);
          })}
          {after > 0 && <tr aria-hidden style={{ height: after }} />}
        </tbody>
      </Table>
      {foot}
    </div>
  );
}
