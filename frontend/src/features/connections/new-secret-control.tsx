import { Field, Input } from "@/components/field";
import { words } from "@/words";
import type { Field as FormField, SecretTyped } from "./fields";
import { isSecretName, secretNameOf } from "./secret-name";

const text = words.connections;

interface NewSecretControlProps {
  field: FormField;
  /** The connection's name: secrets are named after it. */
  connection: string;
  secret: SecretTyped | undefined;
  onSecret: (secret: SecretTyped) => void;
  onLeave: () => void;
}

/** A secret of a connection that is not there yet. */
export function NewSecretControl({ field, connection, secret, onSecret, onLeave }: NewSecretControlProps) {
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
