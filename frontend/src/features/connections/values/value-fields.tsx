import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { classes } from "@/components/classes";
import { words } from "@/words";
import { FieldControl } from "../field-control";
import { keyOf } from "../fields";
import { SecretControl } from "./secret-control";
import type { ValuesFormState } from "./use-values-form";

/** The fields of the connection's form with the values of a place, and what the connection has where an environment's is empty. */
export function ValueFields({ state, connection }: { state: ValuesFormState; connection: string }) {
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
            connection={connection}
            typed={typed[key] ?? own}
            {...(base !== undefined && { base })}
            secret={undefined}
            error={wrong}
            onType={(value) => {
              state.type(key, value);
              state.enter(key);
            }}
            onSecret={() => undefined}
            onLeave={() => state.leave(key)}
          />
        );
      })}
      {hidden > 0 && (
        <button
          type="button"
          aria-expanded={advanced}
          onClick={() => setAdvanced(!advanced)}
          className="flex h-7 items-center gap-2 self-start rounded-2 font-medium"
        >
          <ChevronRight size={14} aria-hidden className={classes("text-fg-3", advanced && "rotate-90")} />
          {words.connections.advanced}
          <span className="text-12 font-normal text-fg-3">{hidden}</span>
        </button>
      )}
      {undrawn.length > 0 && (
        <p className="text-12 text-fg-3">{words.environments.stays(undrawn.join(", "))}</p>
      )}
    </>
  );
}
