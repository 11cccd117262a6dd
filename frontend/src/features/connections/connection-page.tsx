import { Link, useParams } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import { Badge } from "@/components/badge";
import { ConnectorIcon, drawingOf } from "@/components/connector-icon";
import { EmptyState } from "@/components/empty-state";
import { ProblemPanel } from "@/components/error-panel";
import { Page, SectionTitle } from "@/components/page";
import { SkeletonRows } from "@/components/skeleton";
import { words } from "@/words";
import { useAllConnections, type ProjectConnection } from "./all-connections";
import { ConnectionTest } from "./connection-test";
import { EnvironmentForm, type EnvironmentFormProps } from "./environments/environment-form";
import { Environments } from "./environments/environments";
import type { Opened } from "./environments/opened";
import { Holdings } from "./holdings";

const text = words.connections;

/** One connection: its settings, whether it works, what it holds, and who uses it. */
export function ConnectionPage() {
  const { project, connection: name } = useParams({ from: "/connections/$project/$connection" });
  const { connections, isPending, error } = useAllConnections();
  const connection = connections.find((one) => one.project === project && one.name === name);
  // What was typed stays, whatever becomes of the project meanwhile.
  const [form, setForm] = useState<Omit<EnvironmentFormProps, "onClose">>();
  const [left, setLeft] = useState<{ form: typeof form; environment: string }>();
  const arrive = useCallback(() => setLeft(undefined), []);
  const system = connection?.system;
  const open = useCallback(
    (first: Opened, environment: string | undefined) =>
      system && setForm({ connection: name, connector: system, first, environment }),
    [name, system],
  );
  const isHere = (one: typeof form) => one?.first.file.project === project && one.connection === name;
  return (
    <Page
      title={name}
      scrolls={false}
      crumbs={[
        <Link to="/connections" className="hover:underline">
          {text.title}
        </Link>,
      ]}
      state={connection && <Badge>{connection.system?.title ?? connection.connector}</Badge>}
    >
      {form && isHere(form) ? (
        <EnvironmentForm
          {...form}
          onClose={(environment) => {
            setForm(undefined);
            setLeft({ form, environment: environment ?? "" });
          }}
        />
      ) : connection ? (
        <div className="flex min-h-0 grow">
          <div className="flex min-w-0 grow flex-col overflow-auto">
            <Settings connection={connection} />
            <Environments
              key={`${project}/${name}`}
              connection={connection}
              left={isHere(left?.form) ? left?.environment : undefined}
              onOpen={open}
              onBack={arrive}
            />
            {connection.system?.source && (
              <div className="flex min-h-80 shrink-0 grow basis-0 flex-col">
                <Holdings project={project} connection={name} />
              </div>
            )}
          </div>
          <aside className="flex w-87 shrink-0 flex-col gap-5 overflow-auto border-l border-line p-5">
            <ConnectionTest key={`${project}/${name}`} project={project} connection={name} />
            <Uses connection={connection} />
          </aside>
        </div>
      ) : error ? (
        <div className="max-w-160 p-6">
          <ProblemPanel title={words.errors.notLoaded} problem={error} />
        </div>
      ) : isPending ? (
        <SkeletonRows rows={8} />
      ) : (
        <EmptyState title={words.shell.notFound.title}>{words.shell.notFound.text}</EmptyState>
      )}
    </Page>
  );
}

function Settings({ connection: { project, connector, system, keys } }: { connection: ProjectConnection }) {
  return (
    <section className="shrink-0 border-b border-line p-5">
      <div className="flex items-center gap-3">
        <ConnectorIcon drawing={drawingOf(system?.form)} large />
        <div>
          <h2 className="text-16 font-semibold tracking-tight">{system?.title ?? connector}</h2>
          <p className="text-12 text-fg-3">
            {text.editHint}{" "}
            <Link
              to="/projects/$project/push"
              params={{ project }}
              className="text-accent-text underline underline-offset-2"
            >
              {text.push}
            </Link>
          </p>
        </div>
      </div>
      <dl className="mt-4 grid max-w-160 grid-cols-[160px_1fr] items-baseline gap-y-1.5">
        {lines(keys).map(([key, value]) => (
          <div key={key} className="contents">
            <dt className="text-fg-3">{key}</dt>
            <dd className="data wrap-break-word">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** The keys as the file has them, nested ones with dots. */
function lines(keys: Record<string, unknown>, before = ""): [string, string][] {
  return Object.entries(keys).flatMap(([key, value]): [string, string][] =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? lines(value as Record<string, unknown>, `${before}${key}.`)
      : [[`${before}${key}`, typeof value === "string" ? value : JSON.stringify(value)]],
  );
}

const Uses = ({ connection: { project, uses } }: { connection: ProjectConnection }) => (
  <section className="border-t border-line pt-5">
    <SectionTitle count={uses.length} className="mb-1">
      {text.used}
    </SectionTitle>
    {uses.length === 0 && <p className="text-12 text-fg-3">{text.usedNone}</p>}
    <ul>
      {uses.map(({ sync, as }) => (
        <li key={`${sync} ${as}`} className="flex h-7 items-center justify-between gap-3">
          <Link
            to="/projects/$project/syncs/$sync"
            params={{ project, sync }}
            className="truncate hover:underline"
          >
            {sync}
          </Link>
          <span className="shrink-0 text-12 text-fg-3">
            {as === "source" ? text.asSource : text.asDestination}
          </span>
        </li>
      ))}
    </ul>
  </section>
);
