import { Link, useParams } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import { Badge } from "@/components/badge";
import { EmptyState } from "@/components/empty-state";
import { ProblemPanel } from "@/components/error-panel";
import { Page, SectionTitle } from "@/components/page";
import { SkeletonRows } from "@/components/skeleton";
import { words } from "@/words";
import { useAllConnections, type ProjectConnection } from "./all-connections";
import { ConnectionTest } from "./connection-test";
import { ConnectionValues } from "./connection-values";
import type { Opened } from "./values/opened";
import type { Place } from "./values/values";
import { ValuesForm, type ValuesFormProps } from "./values/values-form";

const text = words.connections;

/** One connection: its values, whether it works, what it holds, and who uses it. */
export function ConnectionPage() {
  const { project, connection: name } = useParams({ from: "/connections/$project/$connection" });
  const { connections, isPending, error } = useAllConnections();
  const connection = connections.find((one) => one.project === project && one.name === name);
  // What was typed stays, whatever becomes of the project meanwhile.
  const [form, setForm] = useState<Omit<ValuesFormProps, "onClose">>();
  const [left, setLeft] = useState<{ form: typeof form; place: Place | undefined }>();
  const arrive = useCallback(() => setLeft(undefined), []);
  const system = connection?.system;
  const open = useCallback(
    (first: Opened, given: Place | undefined) =>
      system && setForm({ connection: name, connector: system, first, given }),
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
        <ValuesForm
          {...form}
          onClose={(place) => {
            setForm(undefined);
            setLeft({ form, place });
          }}
        />
      ) : connection ? (
        <div className="flex min-h-0 grow">
          <ConnectionValues
            key={`${project}/${name}`}
            connection={connection}
            left={isHere(left?.form) ? left : undefined}
            onOpen={open}
            onBack={arrive}
          />
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
