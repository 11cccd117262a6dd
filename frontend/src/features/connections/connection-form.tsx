import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Check } from "lucide-react";
import { useMemo, useState, type SyntheticEvent } from "react";
import { projectFileQuery } from "@/api/project-file";
import { projectsQuery } from "@/api/projects";
import type { Connector } from "@/api/types";
import { useRefusal } from "@/app/session/session";
import { Button, buttonClasses } from "@/components/button";
import { ConnectorIcon, drawingOf } from "@/components/connector-icon";
import { EmptyState } from "@/components/empty-state";
import { ProblemPanel } from "@/components/error-panel";
import { Field, Input } from "@/components/field";
import { Select } from "@/components/select";
import { words } from "@/words";
import { AdvancedToggle } from "./advanced-toggle";
import { DraftTest } from "./draft-test";
import { FieldControl } from "./field-control";
import { fieldsOf, isWrong, keyOf, partsOf, type SecretTyped, type Typed } from "./fields";
import { NewSecretControl } from "./new-secret-control";
import { isSecretName, secretNameOf } from "./secret-name";
import { draftOf, useSaveConnection } from "./save-connection";

const text = words.connections;
const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_-]*$/u;

/** The form of a connector, drawn from its schema. What is saved is a part of the project's file. */
export function ConnectionForm({
  connector,
  project: asked,
}: {
  connector: Connector;
  project: string | undefined;
}) {
  const { data: projects } = useQuery(projectsQuery);
  const [chosen, setChosen] = useState(asked);
  const project = projects?.find((one) => one.project === chosen) ?? projects?.[0];
  const { data: file } = useQuery({
    ...projectFileQuery(project?.project ?? "", project?.version ?? 0),
    enabled: project !== undefined,
  });
  const refused = useRefusal()("editor", project?.project);
  const fields = useMemo(() => fieldsOf(connector.form), [connector]);
  const [name, setName] = useState("");
  const [typed, setTyped] = useState<Typed>({});
  const [secrets, setSecrets] = useState<Readonly<Record<string, SecretTyped>>>({});
  const [advanced, setAdvanced] = useState(false);
  const [checked, setChecked] = useState<ReadonlySet<string>>(new Set());
  const save = useSaveConnection();
  const taken = file?.connections.some((one) => one.name === name) ?? false;
  const nameError = taken
    ? text.nameTaken
    : checked.has("name") && !NAME.test(name)
      ? text.nameNeeded
      : undefined;
  const wrong = fields.filter((field) => isWrong(field, typed[keyOf(field)] ?? ""));
  const missing = fields.filter(
    (field) => field.required && !(typed[keyOf(field)] ?? "").trim() && !secrets[keyOf(field)]?.value,
  );
  const badSecret = fields.some((field) => {
    const secret = secrets[keyOf(field)];
    return secret && secret.value !== "" && !isSecretName(secret.name || secretNameOf(name, field));
  });
  const ready =
    NAME.test(name) &&
    !taken &&
    wrong.length === 0 &&
    missing.length === 0 &&
    !badSecret &&
    file !== undefined;
  // Half a password is not tried: too many wrong ones lock people out.
  const isTyping = fields.some((field) => secrets[keyOf(field)]?.value && !checked.has(keyOf(field)));
  const connection = useMemo(
    () => (ready ? { file, name, connector: connector.id, fields, typed, secrets } : undefined),
    [ready, file, name, connector.id, fields, typed, secrets],
  );
  const draft = useMemo(() => connection && draftOf(connection), [connection]);
  if (projects?.length === 0) {
    return (
      <EmptyState
        title={text.noProject}
        action={
          <Link to="/push" className={buttonClasses("primary")}>
            {words.home.push}
          </Link>
        }
      />
    );
  }
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (connection && refused === undefined && !save.isPending) {
      save.mutate(connection);
    }
  };
  // An address says all of it at once: it is asked for above the fields that it fills.
  const paste = fields.find((field) => field.kind === "secret" && keyOf(field) === "url");
  const shown = fields.filter((field) => field !== paste && (advanced || !field.advanced));
  const hidden = fields.filter((field) => field.advanced).length;
  return (
    <form onSubmit={submit} className="flex min-h-0 grow">
      {/* Where the form has all the room that it takes, the test gets the rest. */}
      <div className="flex min-w-0 grow flex-col min-[1600px]:w-136 min-[1600px]:shrink-0 min-[1600px]:grow-0">
        <div
          className="min-h-0 grow overflow-auto px-8 py-5"
          tabIndex={0}
          role="group"
          aria-label={text.newOf(connector.title)}
        >
          <div className="flex max-w-120 flex-col gap-3">
            <div className="mb-1 flex items-center gap-3">
              <ConnectorIcon drawing={drawingOf(connector.form)} large />
              <div>
                <h2 className="text-16 font-semibold tracking-tight">{text.newOf(connector.title)}</h2>
                <p className="text-12 text-fg-3">
                  {
                    text.sides[
                      connector.source && connector.destination
                        ? "both"
                        : connector.source
                          ? "source"
                          : "destination"
                    ]
                  }
                </p>
              </div>
            </div>
            {paste && (
              <PasteAddress
                onPaste={(address) => {
                  const parts = partsOf(address, fields);
                  if (!parts) {
                    return 0;
                  }
                  setTyped({ ...typed, ...parts.typed });
                  if (parts.password !== "") {
                    setChecked(new Set([...checked, "password"]));
                    setSecrets({
                      ...secrets,
                      password: { name: secrets.password?.name ?? "", value: parts.password },
                    });
                  }
                  return Object.keys(parts.typed).length;
                }}
              />
            )}
            <Field label={text.project} help={text.projectHelp}>
              {(names) => (
                <Select
                  {...names}
                  value={project?.project ?? ""}
                  choices={(projects ?? []).map(({ project }) => ({ value: project, name: project }))}
                  onChoose={setChosen}
                />
              )}
            </Field>
            <Field label={text.name} help={text.nameHelp(name)} error={nameError}>
              {(names) => (
                <Input
                  {...names}
                  data
                  value={name}
                  onChange={(event) => {
                    setName(event.target.value);
                    setChecked(without(checked, "name"));
                  }}
                  onBlur={() => setChecked(new Set([...checked, "name"]))}
                />
              )}
            </Field>
            {shown.map((field) => {
              const key = keyOf(field);
              const leave = () => setChecked(new Set([...checked, key]));
              return field.kind === "secret" ? (
                <NewSecretControl
                  key={key}
                  field={field}
                  connection={name}
                  secret={secrets[key]}
                  onSecret={(secret) => {
                    setSecrets({ ...secrets, [key]: secret });
                    setChecked(without(checked, key));
                  }}
                  onLeave={leave}
                />
              ) : (
                <FieldControl
                  key={key}
                  field={field}
                  typed={typed[key] ?? ""}
                  error={checked.has(key) && wrong.includes(field) ? text.notNumber : undefined}
                  onType={(value) => {
                    setTyped({ ...typed, [key]: value });
                    setChecked(without(checked, key));
                  }}
                  onLeave={leave}
                />
              );
            })}
            <AdvancedToggle count={hidden} isOpen={advanced} onToggle={setAdvanced} />
            {save.error && <ProblemPanel title={text.notSaved} problem={save.error} />}
          </div>
        </div>
        <footer className="flex shrink-0 items-center justify-end gap-2 border-t border-line px-8 py-3">
          <Link to="/connections" className={buttonClasses("ghost")}>
            {words.actions.cancel}
          </Link>
          <Button look="primary" type="submit" refused={refused} disabled={!ready || save.isPending}>
            {text.save}
          </Button>
        </footer>
      </div>
      <DraftTest draft={isTyping ? undefined : draft} refused={refused} />
    </form>
  );
}

const without = (all: ReadonlySet<string>, one: string): ReadonlySet<string> =>
  new Set([...all].filter((key) => key !== one));

function PasteAddress({ onPaste }: { onPaste: (address: string) => number }) {
  const [address, setAddress] = useState("");
  const [filled, setFilled] = useState(0);
  return (
    <Field label={text.paste} help={text.pasteSecret} className="border-b border-line pb-4">
      {(names) => (
        <span className="relative block">
          <Input
            {...names}
            data
            value={address}
            onChange={(event) => {
              setAddress(event.target.value);
              setFilled(onPaste(event.target.value));
            }}
          />
          {filled > 0 && (
            <span className="absolute top-2 right-2 flex items-center gap-1 bg-surface-1 pl-2 text-12 text-fg-2 dark:bg-surface-2">
              <Check size={14} className="text-ok" aria-hidden />
              {text.pasted(filled)}
            </span>
          )}
        </span>
      )}
    </Field>
  );
}
