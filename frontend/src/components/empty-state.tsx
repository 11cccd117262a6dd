import type { ReactNode } from "react";

/** Nothing is here yet: a drawing, one sentence, the first action with its key. */
export function EmptyState({
  title,
  children,
  action,
}: {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-center px-7 py-10 text-center">
      <svg width="128" height="44" viewBox="0 0 128 44" fill="none" aria-hidden="true" className="mb-3">
        <rect x="1" y="3" width="38" height="38" rx="6" className="fill-surface-1 stroke-line-2" />
        <rect x="89" y="3" width="38" height="38" rx="6" className="fill-surface-1 stroke-line-2" />
        <path
          d="M9 13h22M9 22h16M9 31h22M97 13h22M97 22h16M97 31h22"
          className="stroke-line-2"
          strokeLinecap="round"
        />
        <path d="M39 13c22 0 28 9 50 9" className="stroke-accent" strokeWidth="1.5" />
        <path d="M39 31h50" className="stroke-line-3" strokeDasharray="2 4" />
      </svg>
      <h3 className="font-semibold">{title}</h3>
      {children !== undefined && <div className="mt-1 max-w-[52ch] text-fg-2">{children}</div>}
      {action !== undefined && <div className="mt-4 flex gap-2">{action}</div>}
    </div>
  );
}
