import { Plus } from "lucide-react";
import { useMemo } from "react";
import { useCommands, type Command } from "@/app/keys/commands";
import { useRefusal } from "@/app/session/session";
import { Button } from "@/components/button";
import { SectionTitle } from "@/components/page";
import { Said } from "@/components/said";
import { Skeleton } from "@/components/skeleton";
import { words } from "@/words";
import type { ProjectConnection } from "../all-connections";
import { fieldsOf } from "../fields";
import type { Opened } from "../values/opened";
import { opens } from "../values/use-focus-back";
import { overlaysOf, valuesOf, type Place } from "../values/values";
import { differencesOf } from "./differences";
import { EnvironmentRow } from "./environment-row";

const text = words.environments;

interface EnvironmentsProps {
  connection: ProjectConnection;
  /** The file's newest version, once it is there. */
  opened: Opened | undefined;
  /** Opens the form of an environment, or of a new one. */
  onOpen: (opened: Opened, place: Place | undefined) => void;
  onRemove: (opened: Opened, place: Place) => void;
}

/** What environments change of a connection, and the way to change that. */
export function Environments({ connection, opened, onOpen, onRemove }: EnvironmentsProps) {
  const { project, name, system } = connection;
  const refused = useRefusal()("editor", project);
  const unknown = system ? undefined : words.connections.noForm;
  const fields = useMemo(() => (system ? fieldsOf(system.form) : []), [system]);
  const add = useMemo(
    (): Command[] =>
      opened
        ? [
            {
              id: "add environment",
              group: "page",
              name: text.add,
              icon: Plus,
              refused: refused ?? unknown,
              run: () => onOpen(opened, undefined),
            },
          ]
        : [],
    [opened, refused, unknown, onOpen],
  );
  useCommands(add);
  const overlays = opened && overlaysOf(opened.plain, name);
  const count = overlays && overlays.length > 0 ? overlays.length : undefined;
  return (
    <section className="shrink-0 border-b border-line px-5 py-3" aria-label={text.title}>
      <div className="flex items-center gap-4">
        <div className="min-w-0 grow">
          <SectionTitle count={count}>{text.title}</SectionTitle>
          {!overlays ? (
            <Skeleton className="my-1 w-72" />
          ) : (
            overlays.length === 0 && (
              <p className="text-12 text-fg-3">
                <Said text={text.about} />
              </p>
            )
          )}
        </div>
        <Button
          icon={Plus}
          refused={refused ?? unknown}
          disabled={!opened}
          {...opens(undefined)}
          onClick={() => opened && onOpen(opened, undefined)}
        >
          {text.add}
        </Button>
      </div>
      {opened && count !== undefined && (
        <ul>
          {overlays?.map(({ environment, keys }) => {
            const place = { connection: name, environment };
            return (
              <EnvironmentRow
                key={environment}
                place={place}
                differences={differencesOf(valuesOf(opened.plain, { connection: name }), keys, fields)}
                refused={refused}
                unknown={unknown}
                onEdit={() => onOpen(opened, place)}
                onRemove={() => onRemove(opened, place)}
              />
            );
          })}
        </ul>
      )}
    </section>
  );
}
