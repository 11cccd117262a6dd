import { useState } from "react";
import { words } from "@/words";
import { AdvancedToggle } from "../advanced-toggle";
import { FieldControl } from "../field-control";
import { keyOf } from "../fields";
import { SecretControl } from "./secret-control";
import type { ValuesFormState } from "./use-values-form";

/** The fields of the connection's form with the values of a place, and what the connection has where an environment's is empty. */
export function ValueFields({ state }: { state: ValuesFormState }) {
  const { drawn, undrawn, typed, secrets, edit } = state;
  // What is set already is never hidden.
  const [advanced, setAdvanced] = useState(() =>
    drawn.some(({ field, own }) => field.advanced && own !== ""),
  );
  const hidden = drawn.filter(({ field }) => field.advanced).length;
  return (
    <>
      {drawn.map((one) => {
        const { field, own, base } = one;
        const key = keyOf(field);
        if (field.advanced && !advanced) {
          return null;
        }
        const wrong = state.isLeft(key) ? edit.wrong[key] : undefined;
        return field.kind === "secret" ? (
          <SecretControl
            key={key}
            drawn={one}
            ownName={state.ownName(field)}
            secret={secrets[key]}
            error={wrong}
            onSecret={(secret) => {
              state.seal(key, secret);
              state.enter(key);
            }}
            onLeave={() => state.leave(key)}
          />
        ) : (
          <FieldControl
            key={key}
            field={field}
            typed={typed[key] ?? own}
            {...(base !== undefined && { base })}
            error={wrong}
            onType={(value) => {
              state.type(key, value);
              state.enter(key);
            }}
            onLeave={() => state.leave(key)}
          />
        );
      })}
      <AdvancedToggle count={hidden} isOpen={advanced} onToggle={setAdvanced} />
      {undrawn.length > 0 && (
        <p className="text-12 text-fg-3">{words.environments.stays(undrawn.join(", "))}</p>
      )}
    </>
  );
}
