import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState, type SyntheticEvent } from "react";
import { Problem } from "@/api/problem";
import type { Connector } from "@/api/types";
import { useRefusal } from "@/app/session/session";
import { Button } from "@/components/button";
import { ConnectorIcon, drawingOf } from "@/components/connector-icon";
import { ProblemPanel } from "@/components/error-panel";
import { words } from "@/words";
import { DraftTest } from "../draft-test";
import { NameField } from "./name-field";
import { openNewest, type Opened } from "./opened";
import { isEmpty } from "./overlay";
import { OverlayFields } from "./overlay-fields";
import { useSaveOverlay } from "./save-overlay";
import { useEnvironmentForm } from "./use-environment-form";

const text = words.environments;

export interface EnvironmentFormProps {
  connection: string;
  connector: Connector;
  /** The file as it was when the form was opened: a newer one is met when this one is saved. */
  first: Opened;
  /** The environment that is edited; none where one is added. */
  environment: string | undefined;
  /** Goes back, to the environment where there is one. */
  onClose: (environment: string | undefined) => void;
}

/** The values of a connection where an environment holds: each is the connection's own until something is typed. */
export function EnvironmentForm({
  connection,
  connector,
  first,
  environment,
  onClose,
}: EnvironmentFormProps) {
  const client = useQueryClient();
  const [opened, setOpened] = useState(first);
  const { project } = opened.file;
  const refused = useRefusal()("editor", project);
  const state = useEnvironmentForm({ connection, connector, opened, environment });
  const { place, edit, isReady } = state;
  const save = useSaveOverlay(
    () => ({ title: text.saved(connection, place.environment) }),
    () => onClose(place.environment),
  );
  const again = useMutation({
    mutationFn: () => openNewest(client, project),
    onSuccess: (newest) => {
      setOpened(newest);
      save.reset();
    },
  });
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector<HTMLElement>("input, select, textarea")?.focus(), []);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (isReady && refused === undefined && !save.isPending) {
      save.mutate({ file: opened.file, place, after: edit.after, sealed: edit.sealed });
    }
  };
  const title = environment === undefined ? text.newOf(connection) : text.titleOf(connection, environment);
  const isMoved = save.error !== null && [409, 412].includes(Problem.from(save.error).status);
  return (
    <form ref={form} onSubmit={submit} className="flex min-h-0 grow">
      <div className="flex min-w-0 grow flex-col min-[1600px]:w-136 min-[1600px]:shrink-0 min-[1600px]:grow-0">
        <div className="min-h-0 grow overflow-auto px-8 py-5" tabIndex={0} role="group" aria-label={title}>
          <div className="flex max-w-120 flex-col gap-3">
            <div className="mb-1 flex items-center gap-3">
              <ConnectorIcon drawing={drawingOf(connector.form)} large />
              <div className="min-w-0">
                <h2 className="text-16 font-semibold tracking-tight wrap-break-word">{title}</h2>
                <p className="text-12 text-fg-3">{text.formAbout}</p>
              </div>
            </div>
            {environment === undefined && (
              <NameField
                name={state.name}
                known={state.known}
                error={state.nameError}
                onName={(name) => {
                  state.setName(name);
                  state.enter("");
                }}
                onLeave={() => state.leave("")}
              />
            )}
            <OverlayFields state={state} connection={connection} />
          </div>
        </div>
        {save.error && (
          <div className="max-h-[45%] shrink-0 overflow-auto border-t border-line px-8 py-3">
            <ProblemPanel
              title={text.notSaved}
              problem={save.error}
              action={
                isMoved && (
                  <Button disabled={again.isPending} onClick={() => again.mutate()}>
                    {words.push.moved}
                  </Button>
                )
              }
            />
          </div>
        )}
        <footer className="flex shrink-0 items-center justify-end gap-2 border-t border-line px-8 py-3">
          <p aria-live="polite" className="min-w-0 grow text-12 text-fg-3">
            {environment !== undefined && edit.changes && isEmpty(edit.after) && text.emptied(environment)}
          </p>
          <Button look="ghost" onClick={() => onClose(environment)}>
            {words.actions.cancel}
          </Button>
          <Button look="primary" type="submit" refused={refused} disabled={!isReady || save.isPending}>
            {text.save}
          </Button>
        </footer>
      </div>
      <DraftTest draft={state.draft} refused={refused} about={text.testAbout} />
    </form>
  );
}
