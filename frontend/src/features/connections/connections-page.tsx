import { Link, useNavigate } from "@tanstack/react-router";
import { Plus, Search } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { useCommands, type Command } from "@/app/keys/commands";
import { useRefusal } from "@/app/session/session";
import { Button } from "@/components/button";
import { ConnectorIcon, drawingOf } from "@/components/connector-icon";
import { EmptyState } from "@/components/empty-state";
import { ProblemPanel } from "@/components/error-panel";
import { Input } from "@/components/field";
import { Kbd } from "@/components/kbd";
import { Page } from "@/components/page";
import { Rows } from "@/components/rows";
import { SkeletonRows } from "@/components/skeleton";
import { Cell, Column, Head, Row } from "@/components/table";
import { words } from "@/words";
import { placeOf, useAllConnections, type ProjectConnection } from "./all-connections";

const text = words.connections;

/** The connections of all projects: what they are, where they go, who uses them. */
export function ConnectionsPage() {
  const { connections, isPending, error } = useAllConnections();
  const [find, setFind] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const navigate = useNavigate();
  const refused = useRefusal()("editor");
  useCommands(
    useMemo(
      (): Command[] => [
        {
          id: "find",
          group: "page",
          name: text.find,
          keys: "/",
          icon: Search,
          run: () => field.current?.focus(),
        },
        {
          id: "new",
          group: "page",
          name: text.add,
          keys: "n",
          icon: Plus,
          refused,
          run: () => void navigate({ to: "/connections/new" }),
        },
      ],
      [navigate, refused],
    ),
  );
  const wanted = find.toLowerCase();
  const found = connections.filter(({ name, project, system }) =>
    `${name} ${project} ${system?.title ?? ""}`.toLowerCase().includes(wanted),
  );
  const add = (
    <Button
      look="primary"
      icon={Plus}
      keys="n"
      refused={refused}
      onClick={() => void navigate({ to: "/connections/new" })}
    >
      {text.add}
    </Button>
  );
  return (
    <Page
      title={text.title}
      scrolls={false}
      actions={!isPending && connections.length === 0 ? undefined : add}
    >
      {error && connections.length === 0 ? (
        <div className="max-w-160 p-6">
          <ProblemPanel title={words.errors.notLoaded} problem={error} />
        </div>
      ) : isPending && connections.length === 0 ? (
        <SkeletonRows tall rows={8} />
      ) : connections.length === 0 ? (
        <EmptyState title={text.none} action={add}>
          {text.noneAbout}
        </EmptyState>
      ) : (
        <>
          <div className="shrink-0 border-b border-line px-5 py-2.5">
            <span className="relative block w-64">
              <Search size={14} aria-hidden className="absolute top-1.75 left-2 text-fg-3" />
              <Input
                ref={field}
                small
                aria-label={text.find}
                placeholder={text.find}
                value={find}
                onChange={(event) => setFind(event.target.value)}
                className="pl-7"
              />
              <Kbd keys="/" className="absolute top-1.5 right-1.5" />
            </span>
          </div>
          {found.length === 0 ? (
            <p className="px-5 py-4 text-fg-3">{text.nothing}</p>
          ) : (
            <Rows
              name={text.title}
              height={36}
              items={found}
              head={<ConnectionsHead />}
              row={(one) => <ConnectionRow key={`${one.project}/${one.name}`} connection={one} />}
            />
          )}
        </>
      )}
    </Page>
  );
}

const ConnectionsHead = () => (
  <Head>
    <Column width={220}>{text.columns.name}</Column>
    <Column width={130}>{text.columns.system}</Column>
    <Column width={250}>{text.columns.where}</Column>
    <Column width={150}>{text.columns.project}</Column>
    <Column width={220}>{text.columns.used}</Column>
  </Head>
);

const ConnectionRow = ({
  connection: { project, name, connector, system, keys, uses },
}: {
  connection: ProjectConnection;
}) => (
  <Row>
    <Cell tall>
      <span className="flex items-center gap-2.5">
        <ConnectorIcon drawing={drawingOf(system?.form)} />
        <Link
          to="/connections/$project/$connection"
          params={{ project, connection: name }}
          className="truncate text-13 font-medium hover:underline"
        >
          {name}
        </Link>
      </span>
    </Cell>
    <Cell tall>{system?.title ?? connector}</Cell>
    <Cell tall className="data text-fg-2" title={placeOf(keys)}>
      {placeOf(keys)}
    </Cell>
    <Cell tall>
      <Link to="/projects/$project" params={{ project }} className="hover:underline">
        {project}
      </Link>
    </Cell>
    <Cell tall className="text-fg-2">
      {[...new Set(uses.map(({ sync }) => sync))].join(", ")}
    </Cell>
  </Row>
);
