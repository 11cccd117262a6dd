import { useNavigate } from "@tanstack/react-router";
import { useCallback, useRef, useState } from "react";
import type { ProjectConnection } from "./all-connections";
import { Environments } from "./environments/environments";
import { Holdings } from "./holdings";
import { Settings } from "./settings";
import { useOpened, type Opened } from "./values/opened";
import { RemoveDialog } from "./values/remove-dialog";
import { useFocusBack } from "./values/use-focus-back";
import type { Place } from "./values/values";

interface ConnectionValuesProps {
  connection: ProjectConnection;
  /** The values whose form was left last; no place where an environment was to be added. */
  left: { place: Place | undefined } | undefined;
  /** Opens the form of values, or of those of a new environment. */
  onOpen: (opened: Opened, place: Place | undefined) => void;
  /** The focus is back where that form was opened. */
  onBack: () => void;
}

/** What the file says of a connection, where which environment holds, and what it holds itself. */
export function ConnectionValues({ connection, left, onOpen, onBack }: ConnectionValuesProps) {
  const { project, name, system } = connection;
  const opened = useOpened(project);
  const [removing, setRemoving] = useState<{ opened: Opened; place: Place }>();
  const column = useRef<HTMLDivElement>(null);
  const focusBack = useFocusBack(column, left, opened, onBack);
  const navigate = useNavigate();
  const remove = useCallback((now: Opened, place: Place) => setRemoving({ opened: now, place }), []);
  return (
    <div ref={column} className="flex min-w-0 grow flex-col overflow-auto">
      <Settings connection={connection} opened={opened} onOpen={onOpen} onRemove={remove} />
      <Environments connection={connection} opened={opened} onOpen={onOpen} onRemove={remove} />
      {system?.source && (
        <div className="flex min-h-80 shrink-0 grow basis-0 flex-col">
          <Holdings project={project} connection={name} />
        </div>
      )}
      {removing && (
        <RemoveDialog
          {...removing}
          onRemoved={() =>
            removing.place.environment === undefined
              ? void navigate({ to: "/connections" })
              : focusBack(undefined)
          }
          onClose={() => setRemoving(undefined)}
        />
      )}
    </div>
  );
}
