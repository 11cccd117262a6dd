import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type SyntheticEvent } from "react";
import { agent, answer, keepPageToken } from "@/api/client";
import { quiet } from "@/app/session/query-client";
import { meQuery } from "@/app/session/session";
import { Button } from "@/components/button";
import { ProblemPanel } from "@/components/error-panel";
import { Field, Input } from "@/components/field";
import { words } from "@/words";

const text = words.signIn;

/** Signs in, and asks who that is. */
export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    meta: quiet,
    mutationFn: (body: { name: string; password: string }) => answer(agent.POST("/api/v1/session", { body })),
    onSuccess: ({ csrf_token }) => {
      keepPageToken(csrf_token);
      return client.resetQueries({ queryKey: meQuery.queryKey });
    },
  });
}

/** The one field that everybody fills first. */
const focus = (field: HTMLInputElement | null) => field?.focus();

/** A name and a password. */
export function SignInForm() {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const signIn = useSignIn();
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    signIn.mutate({ name, password });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-2">
      <Field label={text.name}>
        {(names) => (
          <Input
            {...names}
            ref={focus}
            autoComplete="username"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <Field label={text.password}>
        {(names) => (
          <Input
            {...names}
            type="password"
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
      </Field>
      {signIn.error && <ProblemPanel title={text.failed} problem={signIn.error} />}
      <Button
        look="primary"
        size="lg"
        type="submit"
        className="mt-1"
        disabled={name === "" || password === "" || signIn.isPending}
      >
        {text.submit}
      </Button>
    </form>
  );
}
