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
import { EnvironmentWanted, useSaveValues } from "./save-values";
import { useValuesForm } from "./use-values-form";
import { ValueFields } from "./value-fields";
import { isEmpty, type Place } from "./values";
import { wordsOf } from "./words-of";

export interface ValuesFormProps {
  connection: string;
  connector: Connector;
  /** The file as it was when the form was opened: a newer one is met when this one is saved. */
  first: Opened;
  /** The values that are edited; none where an environment is added. */
  given: Place | undefined;
  /** Goes back, to the values where there are some. */
  onClose: (place: Place | undefined) => void;
}

/** Values of a connection: its own, or what an environment has instead, where each is the connection's until something is typed. */
export function ValuesForm({ connection, connector, first, given, onClose }: ValuesFormProps) {
  const client = useQueryClient();
  const [opened, setOpened] = useState(first);
  const { project } = opened.file;
  const state = useValuesForm({ connection, connector, opened, given });
  const { place, edit, isReady } = state;
  const refused = useRefusal()("editor", project) ?? (state.isThere ? undefined : words.connections.gone);
  const text = wordsOf(place);
  const save = useSaveValues(() => ({ title: text.saved }), onClose);
  const again = useMutation({
    mutationFn: () => openNewest(client, project),
    onSuccess: (newest) => {
      setOpened(newest);
      save.reset();
    },
  });
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector<HTMLElement>("input, select, textarea")?.focus(), []);
  const put = (keeps: boolean) => {
    if (isReady && refused === undefined && !save.isPending) {
      save.mutate({ opened, place, after: edit.after, sealed: edit.sealed, keeps });
    }
  };
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    put(false);
  };
  const title = given ? text.title : words.environments.newOf(connection);
  const { error } = save;
  const isMoved = error !== null && [409, 412].includes(Problem.from(error).status);
  const emptied = given && edit.changes && isEmpty(edit.after) ? given.environment : undefined;
  return (
    <form ref={form} onSubmit={submit} className="flex min-h-0 grow">
      <div className="flex min-w-0 grow flex-col min-[1600px]:w-136 min-[1600px]:shrink-0 min-[1600px]:grow-0">
        <div className="min-h-0 grow overflow-auto px-8 py-5" tabIndex={0} role="group" aria-label={title}>
          <div className="flex max-w-120 flex-col gap-3">
            <div className="mb-1 flex items-center gap-3">
              <ConnectorIcon drawing={drawingOf(connector.form)} large />
              <div className="min-w-0">
                <h2 className="text-16 font-semibold tracking-tight wrap-break-word">{title}</h2>
                <p className="text-12 text-fg-3">{text.about}</p>
              </div>
            </div>
            {!given && (
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
            <ValueFields state={state} />
          </div>
        </div>
        {error && (
          <div className="max-h-[45%] shrink-0 overflow-auto border-t border-line px-8 py-3">
            <ProblemPanel
              title={text.notSaved}
              problem={error}
              action={
                isMoved ? (
                  <Button disabled={again.isPending} onClick={() => again.mutate()}>
                    {words.push.moved}
                  </Button>
                ) : (
                  error instanceof EnvironmentWanted && (
                    <Button disabled={save.isPending} onClick={() => put(true)}>
                      {words.environments.keep(error.environments.join(", "))}
                    </Button>
                  )
                )
              }
            />
          </div>
        )}
        <footer className="flex shrink-0 items-center justify-end gap-2 border-t border-line px-8 py-3">
          <p aria-live="polite" className="min-w-0 grow text-12 text-fg-3">
            {emptied !== undefined && words.environments.emptied(emptied)}
          </p>
          <Button look="ghost" onClick={() => onClose(given)}>
            {words.actions.cancel}
          </Button>
          <Button look="primary" type="submit" refused={refused} disabled={!isReady || save.isPending}>
            {text.save}
          </Button>
        </footer>
      </div>
      <DraftTest draft={state.draft} refused={refused} about={text.test} />
    </form>
  );
}
