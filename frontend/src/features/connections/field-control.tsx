import { Field, Input, TextArea } from "@/components/field";
import { Select, type Choice } from "@/components/select";
import { words } from "@/words";
import type { Field as FormField } from "./fields";

const text = words.connections;

interface FieldControlProps {
  field: FormField;
  typed: string;
  /** What holds where nothing is typed; only an environment's fields have something to fall back to. */
  base?: string;
  /** What is wrong with what was typed, once it is to be told. */
  error: string | undefined;
  onType: (typed: string) => void;
  onLeave: () => void;
}

/** One field of a connector's form, as its kind wants it; secrets have controls of their own. */
export function FieldControl({ field, typed, base, error, onType, onLeave }: FieldControlProps) {
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
