import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { makeToken, tokensQuery } from "@/api/access";
import type { Role } from "@/api/types";
import { quiet } from "@/app/session/query-client";
import { may, meQuery } from "@/app/session/session";
import { Button } from "@/components/button";
import { CopyButton } from "@/components/copy-button";
import { Dialog } from "@/components/dialog";
import { Field, Input } from "@/components/field";
import { FormDialog } from "@/components/form-dialog";
import { Select } from "@/components/select";
import { words } from "@/words";
import { roleChoices, useProjectChoices } from "./grants-field";

const text = words.admin.token;

/** Asks for a token, and shows its text this once. */
export function NewTokenDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const { data: me } = useQuery(meQuery);
  // Nobody gives what they have not: an admin of a project names one.
  const projects = useProjectChoices().filter(({ value }) => me && may(me, "admin", value || undefined));
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("operator");
  const [chosen, setProject] = useState<string>();
  const [days, setDays] = useState("90");
  const project = chosen ?? projects[0]?.value ?? "";
  const lasts = Number(days);
  const make = useMutation({
    meta: quiet,
    mutationFn: () => makeToken({ name, role, expires_in_days: lasts, ...(project !== "" && { project }) }),
    onSuccess: () => client.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  });
  if (make.data) {
    return (
      <Dialog
        open
        onClose={onClose}
        title={text.made}
        about={text.madeAbout}
        actions={
          <Button look="primary" onClick={onClose}>
            {words.actions.close}
          </Button>
        }
      >
        <div className="flex items-center gap-2 rounded-3 border border-line-2 bg-surface-2 py-1 pr-1 pl-3">
          <code className="data grow break-all">{make.data.token}</code>
          <CopyButton name={text.copy} text={make.data.token} />
        </div>
      </Dialog>
    );
  }
  return (
    <FormDialog
      title={text.add}
      verb={text.make}
      ready={name !== "" && Number.isInteger(lasts) && lasts >= 1 && lasts <= 3650}
      isPending={make.isPending}
      problem={make.error}
      failed={text.notMade}
      onSubmit={() => make.mutate()}
      onClose={onClose}
    >
      <Field label={text.name} help={text.nameHelp}>
        {(names) => <Input {...names} value={name} onChange={(event) => setName(event.target.value)} />}
      </Field>
      <Field label={text.columns.role} help={words.admin.roleAbout[role]}>
        {(names) => <Select {...names} value={role} choices={roleChoices} onChoose={setRole} />}
      </Field>
      <Field label={text.columns.project}>
        {(names) => <Select {...names} value={project} choices={projects} onChoose={setProject} />}
      </Field>
      <Field label={text.days} help={text.daysHelp}>
        {(names) => (
          <Input
            {...names}
            data
            inputMode="numeric"
            value={days}
            onChange={(event) => setDays(event.target.value)}
          />
        )}
      </Field>
    </FormDialog>
  );
}
