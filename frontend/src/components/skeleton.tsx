import { classes } from "./classes";

/** A grey bar in the place of a word. It does not shimmer. */
export const Skeleton = ({ className }: { className?: string }) => (
  <span aria-hidden className={classes("block h-2 rounded-full bg-surface-3", className)} />
);

/** Rows of a list that is on its way, as high as the real ones. */
export function SkeletonRows({ rows = 4, tall = false }: { rows?: number; tall?: boolean }) {
  return (
    <div aria-busy="true" aria-live="polite">
      {Array.from({ length: rows }, (_, row) => (
        <div
          key={row}
          className={classes("flex items-center gap-3 border-b border-line px-5", tall ? "h-9" : "h-7.5")}
        >
          <Skeleton className="w-6" />
          <Skeleton className={["w-40", "w-28", "w-48", "w-32"][row % 4] ?? "w-32"} />
          <Skeleton className="ml-auto w-16" />
        </div>
      ))}
    </div>
  );
}
