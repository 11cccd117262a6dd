import { Field, Input, TextArea } from "@/components/field";
import { Select, type Choice } from "@/components/select";
import { words } from "@/words";
import type { Field as FormField } from "./fields";
import { isSecretName, secretNameOf } from "./secret-name";

const text = words.connections;

/** A secret that is to be sealed: the name that the file gets, and the value that it never gets. */
export interface SecretTyped {
  name: string;
  value: string;
}

interface FieldControlProps {
  field: FormField;
  /** The connection's name: secrets are named after it. */
  connection: string;
  typed: string;
  /** What holds where nothing is typed; only an environment's fields have something to fall back to. */
  base?: string;
  secret: SecretTyped | undefined;
  /** What is wrong with what was typed, once it is to be told. */
  error: string | undefined;
  onType: (typed: string) => void;
  onSecret: (secret: SecretTyped) => void;
  onLeave: () => void;
}

/** One field of a connector's form, as its kind wants it. */
export function FieldControl(props: FieldControlProps) {
  const { field, typed, base, error, onType, onLeave } = props;
  if (field.kind === "secret") {
    return <SecretControl {...props} />;
  }
  const chosen =
    field.kind === "choice" ? field.choices.find(({ value }) => value === typed)?.help : undefined;
  const own = base === undefined || typed === "" ? undefined : words.environments.own;
  return (
    <Field
      label={field.name}
      help={chosen || field.help}
      error={error}
      optional={base === undefined && !field.required}
      note={own}
    >
      {(names) => {
        switch (field.kind) {
          case "choice":
          case "boolean":
            return (
              <Select {...names} value={typed} choices={choicesOf(field, typed, base)} onChoose={onType} />
            );
          case "list":
          case "map":
            return (
              <TextArea
                {...names}
                data
                rows={3}
                placeholder={base}
                value={typed}
                onChange={(event) => onType(event.target.value)}
                onBlur={onLeave}
              />
            );
          default:
            return (
              <Input
                {...names}
                data
                inputMode={field.kind === "number" ? "numeric" : undefined}
                placeholder={base}
                value={typed}
                onChange={(event) => onType(event.target.value)}
                onBlur={onLeave}
              />
            );
        }
      }}
    </Field>
  );
}

const BOOLEANS = [
  { value: "true", name: text.yes },
  { value: "false", name: text.no },
];

/** What can be chosen; what the file has besides, such as a variable, stays one of it. */
function choicesOf(field: FormField, typed: string, base: string | undefined): Choice[] {
  const known =
    field.kind === "choice" ? field.choices.map(({ value }) => ({ value, name: value })) : BOOLEANS;
  const nameOf = (value: string) => known.find((one) => one.value === value)?.name ?? value;
  const none = base === undefined ? text.unset : words.environments.asBase(nameOf(base));
  const others =
    typed === "" || known.some(({ value }) => value === typed) ? [] : [{ value: typed, name: typed }];
  return [{ value: "", name: none }, ...known, ...others];
}

function SecretControl({ field, connection, secret, onSecret, onLeave }: FieldControlProps) {
  const name = secret?.name || secretNameOf(connection, field);
  const value = secret?.value ?? "";
  const bad = value !== "" && !isSecretName(name) ? text.secretBad : undefined;
  return (
    <Field label={field.name} help={text.secretHelp} error={bad} optional={!field.required}>
      {(names) => (
        <span className="grid grid-cols-[2fr_3fr] gap-2">
          <Input
            data
            aria-label={`${field.name}: ${text.secretName}`}
            value={name}
            onChange={(event) => onSecret({ name: event.target.value, value })}
          />
          <Input
            {...names}
            type="password"
            autoComplete="new-password"
            placeholder={text.secretValue}
            value={value}
            onChange={(event) => onSecret({ name: secret?.name ?? "", value: event.target.value })}
            onBlur={onLeave}
          />
        </span>
      )}
    </Field>
  );
}
