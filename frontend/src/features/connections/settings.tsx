import { Link } from "@tanstack/react-router";
import { Pencil, Trash2 } from "lucide-react";
import { useMemo } from "react";
import { useCommands, type Command } from "@/app/keys/commands";
import { useRefusal } from "@/app/session/session";
import { Button } from "@/components/button";
import { ConnectorIcon, drawingOf } from "@/components/connector-icon";
import { words } from "@/words";
import type { ProjectConnection } from "./all-connections";
import type { Opened } from "./values/opened";
import { opens } from "./values/use-focus-back";
import { leavesOf, type Keys, type Place } from "./values/values";

const text = words.connections;

interface SettingsProps {
  connection: ProjectConnection;
  /** The file's newest version, once it is there. */
  opened: Opened | undefined;
  onOpen: (opened: Opened, place: Place) => void;
  onRemove: (opened: Opened, place: Place) => void;
}

/** A connection's own values, and the way to change them. */
export function Settings({ connection, opened, onOpen, onRemove }: SettingsProps) {
  const { project, name, connector, system, keys, uses } = connection;
  const refused = useRefusal()("editor", project);
  const unknown = system ? undefined : text.noForm;
  const syncs = [...new Set(uses.map(({ sync }) => sync))];
  const used = syncs.length === 0 ? undefined : text.usedBy(syncs);
  const place = useMemo((): Place => ({ connection: name }), [name]);
  const [noEdit, noRemoval] = [refused ?? unknown, refused ?? used];
  useCommands(
    useMemo((): Command[] => {
      const edit = { id: "edit", name: text.editIt, keys: "e", icon: Pencil, refused: noEdit };
      const remove = { id: "remove", name: text.removeIt, icon: Trash2, refused: noRemoval };
      return opened
        ? [
            { ...edit, group: "page", run: () => onOpen(opened, place) },
            { ...remove, group: "page", run: () => onRemove(opened, place) },
          ]
        : [];
    }, [opened, noEdit, noRemoval, place, onOpen, onRemove]),
  );
  return (
    <section className="shrink-0 border-b border-line p-5" aria-label={text.settings}>
      <div className="flex items-center gap-3">
        <ConnectorIcon drawing={drawingOf(system?.form)} large />
        <div className="min-w-0 grow">
          <h2 className="text-16 font-semibold tracking-tight">{system?.title ?? connector}</h2>
          <p className="text-12 text-fg-3">
            {text.fromFile}{" "}
            <Link
              to="/projects/$project/push"
              params={{ project }}
              className="text-accent-text underline underline-offset-2"
            >
              {text.push}
            </Link>
          </p>
        </div>
        <Button
          keys="e"
          refused={noEdit}
          disabled={!opened}
          {...opens(place)}
          onClick={() => opened && onOpen(opened, place)}
        >
          {text.edit}
        </Button>
        <Button
          look="bad"
          refused={noRemoval}
          disabled={!opened}
          onClick={() => opened && onRemove(opened, place)}
        >
          {words.actions.remove}
        </Button>
      </div>
      <dl className="mt-4 grid max-w-160 grid-cols-[160px_1fr] items-baseline gap-y-1.5">
        {leavesOf(keys as Keys).map(({ path, value }) => (
          <div key={path.join(".")} className="contents">
            <dt className="text-fg-3">{path.join(".")}</dt>
            <dd className="data wrap-break-word">
              {typeof value === "string" ? value : JSON.stringify(value)}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
