import { useMemo, useState } from "react";
import type { Connector } from "@/api/types";
import { words } from "@/words";
import type { Draft } from "../check-draft";
import type { SecretTyped } from "../field-control";
import { fieldsOf, keyOf, type Typed } from "../fields";
import { isEnvironmentName, namedElsewhere, ownSecretName } from "./names";
import type { Opened } from "./opened";
import { baseOf, environmentsOf, isEmpty, overlayOf, overlaysOf, type Place } from "./overlay";
import { drawnOf, editedOverlay, suffices, undrawnOf, withSealed } from "./overlay-form";
import { mergedFile } from "./write-overlay";

const text = words.environments;

interface Edited {
  connection: string;
  connector: Connector;
  opened: Opened;
  /** None where one is added. */
  environment: string | undefined;
}

/** What was typed of an environment's values, what is wrong with it, and what it makes of the file. */
export function useEnvironmentForm({ connection, connector, opened, environment }: Edited) {
  const [name, setName] = useState(environment ?? "");
  const [typed, setTyped] = useState<Typed>({});
  const [secrets, setSecrets] = useState<Readonly<Record<string, SecretTyped>>>({});
  // Fields that were left: only then it is told what is wrong.
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const { file, plain } = opened;
  const isNew = environment === undefined;
  const place = useMemo((): Place => ({ environment: name, connection }), [name, connection]);
  const fields = useMemo(() => fieldsOf(connector.form), [connector]);
  const { base, overlay, drawn, names } = useMemo(() => {
    const base = baseOf(plain, connection);
    const overlay = isNew ? {} : overlayOf(plain, place);
    const taken = namedElsewhere(plain, place);
    const names = { taken, own: (field: (typeof fields)[number]) => ownSecretName(place, field, taken) };
    return { base, overlay, drawn: drawnOf(fields, base, overlay), names };
  }, [plain, connection, isNew, place, fields]);
  const edit = useMemo(
    () => editedOverlay(overlay, drawn, { typed, secrets }, names),
    [overlay, drawn, typed, secrets, names],
  );
  const taken = overlaysOf(plain, connection).map((one) => one.environment);
  const isTaken = isNew && taken.includes(name);
  const isNamed = !isNew || (!isTaken && isEnvironmentName(name));
  const isRight = Object.keys(edit.wrong).length === 0;
  // Half a password is not tried: too many wrong ones lock people out.
  const isTyping = drawn.some(({ field }) => secrets[keyOf(field)]?.value && !left.has(keyOf(field)));
  const isTried = isRight && !isTyping && !isEmpty(edit.after) && suffices(fields, base, edit.after);
  const draft = useMemo(
    (): Draft | undefined =>
      isTried
        ? {
            project: file.project,
            connection,
            sealed: edit.sealed,
            fileWith: (sealed) =>
              Promise.resolve(mergedFile(plain, place, withSealed(edit.after, fields, sealed))),
          }
        : undefined,
    [isTried, file, connection, edit, plain, place, fields],
  );
  return {
    name,
    setName,
    /** Environments of the project that have nothing of this connection. */
    known: environmentsOf(plain).filter((one) => !taken.includes(one)),
    nameError: isTaken ? text.nameTaken(name) : left.has("") && !isNamed ? text.nameNeeded : undefined,
    place,
    drawn,
    ownName: names.own,
    undrawn: undrawnOf(overlay, drawn),
    typed,
    secrets,
    edit,
    isReady: isNamed && isRight && edit.changes && !(isNew && isEmpty(edit.after)),
    draft,
    isLeft: (key: string) => left.has(key),
    leave: (key: string) => setLeft(new Set([...left, key])),
    enter: (key: string) => setLeft(new Set([...left].filter((one) => one !== key))),
    type: (key: string, value: string) => setTyped({ ...typed, [key]: value }),
    seal: (key: string, secret: SecretTyped) => setSecrets({ ...secrets, [key]: secret }),
  };
}

export type EnvironmentFormState = ReturnType<typeof useEnvironmentForm>;
