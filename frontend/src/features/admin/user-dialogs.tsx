import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { makeUser, setPassword, setRoles, usersQuery } from "@/api/access";
import type { Grant, User } from "@/api/types";
import { quiet } from "@/app/session/query-client";
import { Field, Input } from "@/components/field";
import { FormDialog } from "@/components/form-dialog";
import { toast } from "@/components/toast";
import { words } from "@/words";
import { GrantsField } from "./grants-field";

const text = words.admin.user;
/** The agent takes no shorter passwords. */
const SHORTEST = 12;

/** Asks for a new user. */
export function NewUserDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [password, setValue] = useState("");
  const [roles, setGrants] = useState<Grant[]>([{ role: "viewer" }]);
  const make = useMutation({
    meta: quiet,
    mutationFn: () => makeUser({ name, password, roles }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: usersQuery.queryKey });
      toast({ title: text.made(name) });
      onClose();
    },
  });
  return (
    <FormDialog
      title={text.add}
      verb={text.make}
      ready={name !== "" && password.length >= SHORTEST}
      isPending={make.isPending}
      problem={make.error}
      failed={text.notMade}
      onSubmit={() => make.mutate()}
      onClose={onClose}
    >
      <Field label={text.name}>
        {(names) => <Input {...names} value={name} onChange={(event) => setName(event.target.value)} />}
      </Field>
      <PasswordField password={password} onChange={setValue} />
      <GrantsField grants={roles} onChange={setGrants} />
    </FormDialog>
  );
}

const PasswordField = ({
  password,
  onChange,
}: {
  password: string;
  onChange: (password: string) => void;
}) => (
  <Field label={text.password} help={text.passwordHelp}>
    {(names) => (
      <Input
        {...names}
        type="password"
        autoComplete="new-password"
        value={password}
        onChange={(event) => onChange(event.target.value)}
      />
    )}
  </Field>
);

/** Gives a user other roles. */
export function RolesDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const client = useQueryClient();
  const [roles, setGrants] = useState<Grant[]>(user.roles);
  const save = useMutation({
    meta: quiet,
    mutationFn: () => setRoles(user.name, roles),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: usersQuery.queryKey });
      toast({ title: text.rolesSaved(user.name) });
      onClose();
    },
  });
  return (
    <FormDialog
      title={text.rolesOf(user.name)}
      verb={text.saveRoles}
      isPending={save.isPending}
      problem={save.error}
      failed={text.notSaved}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <GrantsField grants={roles} onChange={setGrants} />
    </FormDialog>
  );
}

/** Gives a user another password. */
export function PasswordDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const [password, setValue] = useState("");
  const save = useMutation({
    meta: quiet,
    mutationFn: () => setPassword(user.name, password),
    onSuccess: () => {
      toast({ title: text.passwordSaved(user.name) });
      onClose();
    },
  });
  return (
    <FormDialog
      title={text.passwordOf(user.name)}
      about={text.passwordAbout}
      verb={text.setPassword}
      ready={password.length >= SHORTEST}
      isPending={save.isPending}
      problem={save.error}
      failed={text.notSaved}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <PasswordField password={password} onChange={setValue} />
    </FormDialog>
  );
}
