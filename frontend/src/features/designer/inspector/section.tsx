import type { ReactNode } from "react";

/** A part of the inspector. */
export const Section = ({ children }: { children: ReactNode }) => (
  <section className="border-b border-line p-3 last:border-b-0">{children}</section>
);

/** A name and what it is, in a line. */
export const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div className="flex min-h-6 items-center gap-2 text-12">
    <span className="text-fg-3">{name}</span>
    <span className="ml-auto min-w-0 truncate text-right">{children}</span>
  </div>
);
