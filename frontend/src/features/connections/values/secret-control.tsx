import { Field, Input } from "@/components/field";
import { words } from "@/words";
import type { SecretTyped } from "../fields";
import { nameShown, type Drawn } from "./edit-values";

const text = words.environments;

interface SecretControlProps {
  drawn: Drawn;
  /** The name that a value gets by itself. */
  ownName: string;
  secret: SecretTyped | undefined;
  error: string | undefined;
  onSecret: (secret: SecretTyped) => void;
  onLeave: () => void;
}

/** A secret that may be there already: the name that the file gets, and a value that is only ever sealed. */
export function SecretControl({ drawn, ownName, secret, error, onSecret, onLeave }: SecretControlProps) {
  const { field, own, base } = drawn;
  const name = nameShown(own, secret, ownName);
  const value = secret?.value ?? "";
  const isKept = own !== "" && name === own;
  const isOwn = base === undefined;
  return (
    <Field
      label={field.name}
      help={isOwn ? words.connections.secretHelp : text.secretHelp}
      error={error}
      optional={isOwn && !field.required}
      note={isOwn || name === "" ? undefined : text.own}
    >
      {(names) => (
        <span className="grid grid-cols-[2fr_3fr] gap-2">
          <Input
            data
            aria-label={`${field.name}: ${words.connections.secretName}`}
            aria-invalid={error !== undefined}
            aria-describedby={names["aria-describedby"]}
            placeholder={base}
            value={name}
            onChange={(event) => onSecret({ name: event.target.value, value })}
            onBlur={onLeave}
          />
          <Input
            {...names}
            type="password"
            autoComplete="new-password"
            placeholder={isKept ? text.secretKept : words.connections.secretValue}
            value={value}
            onChange={(event) => onSecret({ name: secret?.name ?? own, value: event.target.value })}
            onBlur={onLeave}
          />
        </span>
      )}
    </Field>
  );
}
