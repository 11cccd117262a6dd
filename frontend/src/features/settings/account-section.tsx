import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type SyntheticEvent } from "react";
import { agent, answer } from "@/api/client";
import { meQuery } from "@/app/session/session";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { ProblemPanel } from "@/components/error-panel";
import { Field, Input } from "@/components/field";
import { quiet } from "@/app/session/query-client";
import { words } from "@/words";
import { Section } from "./section";

const text = words.settings;

/** Who is signed in, what they may, and their password. */
export function AccountSection() {
  const { data: me } = useQuery(meQuery);
  const [open, setOpen] = useState(false);
  const roles = me?.roles.map(({ role, project }) => `${words.roles[role]}: ${project ?? text.everywhere}`);
  return (
    <Section title={text.account}>
      <dl className="grid grid-cols-[120px_1fr] gap-y-1">
        <dt className="text-fg-3">{text.signedInAs}</dt>
        <dd className="font-medium">{me?.name ?? words.shell.agentToken}</dd>
        <dt className="text-fg-3">{text.roles}</dt>
        <dd>{roles?.join(", ")}</dd>
      </dl>
      <Button
        className="mt-3"
        onClick={() => setOpen(true)}
        refused={me?.kind === "user" ? undefined : text.noPassword}
      >
        {text.password}
      </Button>
      {open && <PasswordDialog onClose={() => setOpen(false)} />}
    </Section>
  );
}

function PasswordDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [before, setBefore] = useState("");
  const [after, setAfter] = useState("");
  const change = useMutation({
    meta: quiet,
    mutationFn: () => answer(agent.PUT("/api/v1/me/password", { body: { old: before, new: after } })),
    onSuccess: () => client.resetQueries({ queryKey: meQuery.queryKey }),
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={text.password}
      about={text.passwordAbout}
      actions={
        <Button
          look="primary"
          type="submit"
          form="own-password"
          disabled={after.length < 12 || change.isPending}
        >
          {text.change}
        </Button>
      }
    >
      <form id="own-password" onSubmit={submit} className="flex flex-col gap-3">
        <Field label={text.old}>
          {(names) => (
            <Input
              {...names}
              type="password"
              autoComplete="current-password"
              value={before}
              onChange={(event) => setBefore(event.target.value)}
            />
          )}
        </Field>
        <Field label={text.new} help={text.newHelp}>
          {(names) => (
            <Input
              {...names}
              type="password"
              autoComplete="new-password"
              value={after}
              onChange={(event) => setAfter(event.target.value)}
            />
          )}
        </Field>
        {change.error && <ProblemPanel title={text.password} problem={change.error} />}
      </form>
    </Dialog>
  );
}
