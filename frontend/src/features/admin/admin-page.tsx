import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useRefusal } from "@/app/session/session";
import { EmptyState } from "@/components/empty-state";
import { Page } from "@/components/page";
import { words } from "@/words";

const text = words.admin;
const PARTS = ["users", "tokens", "fleet", "audit"] as const;

interface AdminPageProps {
  part: (typeof PARTS)[number];
  actions?: ReactNode;
  /** Whether only admins of all projects see it. */
  global?: boolean;
  children: ReactNode;
}

/** The frame of the administration's parts. */
export function AdminPage({ part, actions, global = true, children }: AdminPageProps) {
  const refused = useRefusal()("admin");
  const closed = global && refused !== undefined;
  return (
    <Page title={text.title} scrolls={false} actions={closed ? undefined : actions}>
      <nav
        className="flex h-9.25 shrink-0 items-stretch gap-4 border-b border-line px-5"
        aria-label={text.parts}
      >
        {PARTS.map((one) => (
          <Link
            key={one}
            to={`/admin/${one}`}
            aria-current={one === part ? "page" : undefined}
            className="inline-flex items-center border-y-2 -outline-offset-2 border-transparent text-12 font-medium text-fg-3 hover:text-fg-1 aria-[current=page]:border-b-accent aria-[current=page]:text-fg-1"
          >
            {text[one]}
          </Link>
        ))}
      </nav>
      {closed ? <EmptyState title={text.onlyAdmins}>{text.onlyAdminsAbout}</EmptyState> : children}
    </Page>
  );
}
