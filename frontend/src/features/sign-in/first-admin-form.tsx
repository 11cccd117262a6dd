import { useMutation } from "@tanstack/react-query";
import { useState, type SyntheticEvent } from "react";
import { agent, answer } from "@/api/client";
import { quiet } from "@/app/session/query-client";
import { Button } from "@/components/button";
import { ProblemPanel } from "@/components/error-panel";
import { Field, Input } from "@/components/field";
import { words } from "@/words";
import { useSignIn } from "./sign-in-form";

const text = words.signIn;
/** The agent takes no shorter passwords. */
const SHORTEST = 12;

/** Makes the first admin by the one-time token, and signs it in. */
export function FirstAdminForm() {
  const [token, setToken] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [checked, setChecked] = useState(false);
  const signIn = useSignIn();
  const make = useMutation({
    meta: quiet,
    mutationFn: () =>
      answer(agent.POST("/api/v1/first-admin", { body: { token: token.trim(), name, password } })),
    onSuccess: () => signIn.mutateAsync({ name, password }),
  });
  const short = checked && password.length < SHORTEST ? text.short : undefined;
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-2">
      <Field label={text.token} help={text.tokenHelp}>
        {(names) => (
          <Input {...names} data value={token} onChange={(event) => setToken(event.target.value)} />
        )}
      </Field>
      <Field label={text.name}>
        {(names) => (
          <Input
            {...names}
            autoComplete="username"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <Field label={text.password} help={text.passwordHelp} error={short}>
        {(names) => (
          <Input
            {...names}
            type="password"
            autoComplete="new-password"
            value={password}
            onChange={(event) => {
              setPassword(event.target.value);
              setChecked(false);
            }}
            onBlur={() => setChecked(password !== "")}
          />
        )}
      </Field>
      {make.error && <ProblemPanel title={text.madeNot} problem={make.error} />}
      <Button
        look="primary"
        size="lg"
        type="submit"
        className="mt-1"
        disabled={token === "" || name === "" || password.length < SHORTEST || make.isPending}
      >
        {text.make}
      </Button>
    </form>
  );
}
