import { Plus } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { useCommands, type Command } from "@/app/keys/commands";
import { useRefusal } from "@/app/session/session";
import { Button } from "@/components/button";
import { SectionTitle } from "@/components/page";
import { Said } from "@/components/said";
import { Skeleton } from "@/components/skeleton";
import { words } from "@/words";
import type { ProjectConnection } from "../all-connections";
import { fieldsOf } from "../fields";
import { differencesOf } from "./differences";
import { EnvironmentRow } from "./environment-row";
import { useOpened, type Opened } from "./opened";
import { baseOf, overlaysOf } from "./overlay";
import { RemoveDialog } from "./remove-dialog";
import { useFocusBack } from "./use-focus-back";

const text = words.environments;

interface EnvironmentsProps {
  connection: ProjectConnection;
  /** The environment whose form was left last; empty where one was to be added. */
  left: string | undefined;
  /** Opens the form of an environment, or of a new one. */
  onOpen: (opened: Opened, environment: string | undefined) => void;
  /** The focus is back where that form was opened. */
  onBack: () => void;
}

/** What environments change of a connection, and the way to change that. */
export function Environments({ connection, left, onOpen, onBack }: EnvironmentsProps) {
  const { project, name, system } = connection;
  const refused = useRefusal()("editor", project);
  const unknown = system ? undefined : text.noForm;
  const opened = useOpened(project);
  const fields = useMemo(() => (system ? fieldsOf(system.form) : []), [system]);
  const [removing, setRemoving] = useState<{ environment: string; opened: Opened }>();
  const section = useRef<HTMLElement>(null);
  const focusBack = useFocusBack(section, left, opened, onBack);
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
    <section ref={section} className="shrink-0 border-b border-line px-5 py-3" aria-label={text.title}>
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
          data-environment=""
          onClick={() => opened && onOpen(opened, undefined)}
        >
          {text.add}
        </Button>
      </div>
      {opened && count !== undefined && (
        <ul>
          {overlays?.map(({ environment, keys }) => (
            <EnvironmentRow
              key={environment}
              environment={environment}
              differences={differencesOf(baseOf(opened.plain, name), keys, fields)}
              refused={refused}
              unknown={unknown}
              onEdit={() => onOpen(opened, environment)}
              onRemove={() => setRemoving({ environment, opened })}
            />
          ))}
        </ul>
      )}
      {removing && (
        <RemoveDialog
          opened={removing.opened}
          place={{ environment: removing.environment, connection: name }}
          onRemoved={() => focusBack("")}
          onClose={() => setRemoving(undefined)}
        />
      )}
    </section>
  );
}
