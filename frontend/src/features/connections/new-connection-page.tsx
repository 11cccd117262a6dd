import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { connectorsQuery } from "@/api/connections";
import type { Connector } from "@/api/types";
import { useCommands } from "@/app/keys/commands";
import { classes } from "@/components/classes";
import { ConnectorIcon, drawingOf, type Drawing } from "@/components/connector-icon";
import { EmptyState } from "@/components/empty-state";
import { Input } from "@/components/field";
import { Kbd } from "@/components/kbd";
import { Page } from "@/components/page";
import { SkeletonRows } from "@/components/skeleton";
import { words } from "@/words";
import { ConnectionForm } from "./connection-form";

const text = words.connections;
const GROUPS: readonly Drawing[] = ["cylinder", "filed", "columns", "page", "cloud"];

/** The systems at the left, and the form of the chosen one. */
export function NewConnectionPage() {
  const { connector, project } = useSearch({ from: "/connections/new" });
  const { data: connectors } = useQuery(connectorsQuery);
  const chosen = connectors?.find(({ id }) => id === connector);
  return (
    <Page
      title={text.new}
      scrolls={false}
      crumbs={[
        <Link to="/connections" className="hover:underline">
          {text.title}
        </Link>,
      ]}
    >
      <div className="flex min-h-0 grow">
        <Gallery connectors={connectors} chosen={connector} />
        <section className="flex min-w-0 grow flex-col" aria-label={text.new}>
          {chosen ? (
            <ConnectionForm key={chosen.id} connector={chosen} project={project} />
          ) : (
            <EmptyState title={text.pick}>{text.pickAbout}</EmptyState>
          )}
        </section>
      </div>
    </Page>
  );
}

function Gallery({
  connectors,
  chosen,
}: {
  connectors: readonly Connector[] | undefined;
  chosen: string | undefined;
}) {
  const [find, setFind] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useCommands(
    useMemo(
      () => [
        { id: "find", group: "page", name: text.findConnector, keys: "/", run: () => field.current?.focus() },
      ],
      [],
    ),
  );
  const found = connectors?.filter(({ title, id }) =>
    `${title} ${id}`.toLowerCase().includes(find.toLowerCase()),
  );
  return (
    <div className="w-80 shrink-0 overflow-auto border-r border-line p-4 min-[1400px]:w-87">
      <span className="relative block">
        <Search size={14} aria-hidden className="absolute top-2.25 left-2.5 text-fg-3" />
        <Input
          ref={field}
          aria-label={text.findConnector}
          placeholder={text.findConnector}
          value={find}
          onChange={(event) => setFind(event.target.value)}
          className="pl-8"
        />
        <Kbd keys="/" className="absolute top-2 right-2" />
      </span>
      {!found && <SkeletonRows tall />}
      {GROUPS.map((group) => {
        const inGroup = found?.filter(({ form }) => drawingOf(form) === group) ?? [];
        return (
          inGroup.length > 0 && (
            <section key={group}>
              <h2 className="mt-3.5 mb-1.5 text-12 font-medium text-fg-2">{text.groups[group]}</h2>
              <div className="grid grid-cols-2 gap-1">
                {inGroup.map((connector) => (
                  <Tile key={connector.id} connector={connector} on={connector.id === chosen} />
                ))}
              </div>
            </section>
          )
        );
      })}
      {found?.length === 0 && <p className="mt-3 text-fg-3">{text.nothing}</p>}
    </div>
  );
}

function Tile({ connector: { id, title, form }, on }: { connector: Connector; on: boolean }) {
  const navigate = useNavigate();
  const { project } = useSearch({ from: "/connections/new" });
  return (
    <button
      type="button"
      aria-pressed={on}
      onClick={() =>
        void navigate({
          to: "/connections/new",
          search: { connector: id, ...(project !== undefined && { project }) },
          replace: true,
        })
      }
      className={classes(
        "quick flex h-11.5 min-w-0 items-center gap-2.5 rounded-3 pr-2.5 pl-1.75 text-left font-medium",
        on ? "bg-accent-soft shadow-[inset_0_0_0_1px_var(--accent-line)]" : "hover:bg-surface-3",
      )}
    >
      <ConnectorIcon drawing={drawingOf(form)} large />
      <span className="truncate">{title}</span>
    </button>
  );
}
