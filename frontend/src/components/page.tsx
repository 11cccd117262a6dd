import type { ReactNode } from "react";
import { Fragment } from "react";
import { classes } from "./classes";

interface PageProps {
  /** Links to what this page is a part of, the nearest last. */
  crumbs?: readonly ReactNode[] | undefined;
  title: string;
  /** Beside the title: a badge, a line about it. */
  state?: ReactNode;
  /** The primary one is the rightmost. */
  actions?: ReactNode;
  /** The body scrolls by itself; else it is a column that fills the page. */
  scrolls?: boolean;
  children: ReactNode;
}

/** The inset panel with a screen: its header of 48 px, and its body. */
export function Page({ crumbs = [], title, state, actions, scrolls = true, children }: PageProps) {
  return (
    <>
      <title>{`${title} · SyncApp`}</title>
      <header className="flex h-12 shrink-0 items-center gap-2 border-b border-line pr-3 pl-4">
        <div className="flex min-w-0 items-center gap-1.5 whitespace-nowrap text-fg-3">
          {crumbs.map((crumb, place) => (
            <Fragment key={place}>
              <span className="truncate">{crumb}</span>
              <span aria-hidden className="text-fg-off">
                /
              </span>
            </Fragment>
          ))}
          <h1 className="truncate font-semibold text-fg-1">{title}</h1>
        </div>
        <div className="flex min-w-0 items-center gap-2 text-12 text-fg-3">{state}</div>
        <div className="ml-auto flex shrink-0 items-center gap-2">{actions}</div>
      </header>
      {/* Whoever has no mouse scrolls it by its keys. */}
      <div
        {...(scrolls && { tabIndex: 0 })}
        className={classes("min-h-0 grow outline-none", scrolls ? "overflow-auto" : "flex flex-col")}
      >
        {children}
      </div>
    </>
  );
}

/** A section's title with a count. */
export const SectionTitle = ({
  children,
  count,
  className,
}: {
  children: ReactNode;
  count?: number | undefined;
  className?: string;
}) => (
  <h2 className={classes("flex items-center gap-2 font-semibold", className)}>
    {children}
    {count !== undefined && <span className="figures font-medium text-fg-3">{count}</span>}
  </h2>
);
