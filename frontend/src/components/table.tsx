import type { ComponentProps, ReactNode } from "react";
import { classes } from "./classes";

/** A table without zebra and without an outer box; `fixed` takes the widths of its head. */
export const Table = ({
  fixed = true,
  className,
  ...rest
}: ComponentProps<"table"> & { fixed?: boolean }) => (
  <table
    className={classes("w-full border-separate border-spacing-0", fixed && "table-fixed", className)}
    {...rest}
  />
);

/** The head, sticky on its sunken ground. */
export const Head = ({ children }: { children: ReactNode }) => (
  <thead className="sticky top-0 z-(--z-sticky) bg-surface-2">
    <tr>{children}</tr>
  </thead>
);

interface CellProps {
  /** Figures are to the right. */
  right?: boolean;
}

/** A column's name; `width` in pixels. */
export function Column({
  right = false,
  width,
  className,
  style,
  ...rest
}: ComponentProps<"th"> & CellProps & { width?: number | string | undefined }) {
  return (
    <th
      scope="col"
      style={{ width, ...style }}
      className={classes(
        "h-7 truncate border-b border-line px-3 text-11 font-medium text-fg-3 first:pl-5 last:pr-5",
        right ? "text-right" : "text-left",
        className,
      )}
      {...rest}
    />
  );
}

/** A row; one that can be opened lights up. */
export const Row = ({
  selected = false,
  className,
  ...rest
}: ComponentProps<"tr"> & { selected?: boolean }) => (
  <tr
    className={classes("group/row", selected ? "bg-accent-soft" : "hover:bg-surface-2", className)}
    {...(selected && { "aria-selected": true })}
    {...rest}
  />
);

/** A cell: one line, the whole of it on hover. */
export const Cell = ({
  right = false,
  tall = false,
  className,
  ...rest
}: ComponentProps<"td"> & CellProps & { tall?: boolean }) => (
  <td
    className={classes(
      "truncate border-b border-line px-3 text-12 first:pl-5 last:pr-5",
      tall ? "h-9" : "h-7.5",
      right && "figures text-right",
      className,
    )}
    {...rest}
  />
);
