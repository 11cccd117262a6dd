import { useMemo, useState } from "react";
import type { Connector } from "@/api/types";
import { words } from "@/words";
import type { Draft } from "../check-draft";
import { fieldsOf, keyOf, type Field, type SecretTyped, type Typed } from "../fields";
import { isEnvironmentName, namedElsewhere, ownSecretName } from "./names";
import type { Opened } from "./opened";
import { baseOf, environmentsOf, isEmpty, overlaysOf, pathOf, valueAt, valuesOf, type Place } from "./values";
import { drawnOf, editedValues, suffices, undrawnOf, withSealed } from "./edit-values";
import { mergedFile } from "./write-values";

const text = words.environments;

interface Edited {
  connection: string;
  connector: Connector;
  opened: Opened;
  /** None where an environment is added. */
  given: Place | undefined;
}

/** What was typed of a connection's values, what is wrong with it, and what it makes of the file. */
export function useValuesForm({ connection, connector, opened, given }: Edited) {
  // Of an environment that is added.
  const [name, setName] = useState("");
  const [typed, setTyped] = useState<Typed>({});
  const [secrets, setSecrets] = useState<Readonly<Record<string, SecretTyped>>>({});
  // Fields that were left: only then it is told what is wrong.
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const { file, plain } = opened;
  const isNew = given === undefined;
  const place = useMemo((): Place => given ?? { connection, environment: name }, [given, connection, name]);
  const fields = useMemo(() => fieldsOf(connector.form), [connector]);
  const { base, values, drawn, names } = useMemo(() => {
    const base = baseOf(plain, place);
    const values = isNew ? {} : valuesOf(plain, place);
    const taken = (field: Field) => namedElsewhere(plain, place, field);
    const names = { taken, own: (field: Field) => ownSecretName(place, field, taken(field)) };
    return { base, values, drawn: drawnOf(fields, base, values), names };
  }, [plain, isNew, place, fields]);
  const edit = useMemo(
    () => editedValues(values, drawn, { typed, secrets }, names),
    [values, drawn, typed, secrets, names],
  );
  const isThere = valueAt(plain, [...pathOf({ connection }), "connector"]) === connector.id;
  const taken = overlaysOf(plain, connection).map((one) => one.environment);
  const isTaken = isNew && taken.includes(name);
  const isNamed = !isNew || (!isTaken && isEnvironmentName(name));
  const isRight = Object.keys(edit.wrong).length === 0;
  // Half a password is not tried: too many wrong ones lock people out.
  const isTyping = drawn.some(({ field }) => secrets[keyOf(field)]?.value && !left.has(keyOf(field)));
  const isTried =
    isThere && isRight && !isTyping && !isEmpty(edit.after) && suffices(fields, base, edit.after);
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
    /** Whether the file has the connection still. */
    isThere,
    drawn,
    ownName: names.own,
    undrawn: undrawnOf(values, drawn),
    typed,
    secrets,
    edit,
    isReady: isThere && isNamed && isRight && edit.changes && !(isNew && isEmpty(edit.after)),
    draft,
    isLeft: (key: string) => left.has(key),
    leave: (key: string) => setLeft(new Set([...left, key])),
    enter: (key: string) => setLeft(new Set([...left].filter((one) => one !== key))),
    type: (key: string, value: string) => setTyped({ ...typed, [key]: value }),
    seal: (key: string, secret: SecretTyped) => setSecrets({ ...secrets, [key]: secret }),
  };
}

export type ValuesFormState = ReturnType<typeof useValuesForm>;
