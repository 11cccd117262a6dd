import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Ellipsis, KeyRound, ShieldCheck, UserCheck, UserPlus, UserX } from "lucide-react";
import { useState } from "react";
import { disableUser, enableUser, usersQuery } from "@/api/access";
import type { Grant, User } from "@/api/types";
import { useRefusal } from "@/app/session/session";
import { Button, IconButton } from "@/components/button";
import { ProblemPanel } from "@/components/error-panel";
import { Moment } from "@/components/moment";
import { Menu, MenuItem, MenuLine } from "@/components/popover";
import { Rows } from "@/components/rows";
import { RunState } from "@/components/run-state";
import { SkeletonRows } from "@/components/skeleton";
import { Cell, Column, Head, Row } from "@/components/table";
import { toast } from "@/components/toast";
import { words } from "@/words";
import { AdminPage } from "./admin-page";
import { NewUserDialog, PasswordDialog, RolesDialog } from "./user-dialogs";

const text = words.admin.user;

/** Who may sign in, and what they may. */
export function UsersPage() {
  const mayAll = useRefusal()("admin") === undefined;
  const { data: users, error } = useQuery({ ...usersQuery, enabled: mayAll });
  const [dialog, setDialog] = useState<{ kind: "new" } | { kind: "roles" | "password"; user: User }>();
  const close = () => setDialog(undefined);
  return (
    <AdminPage
      part="users"
      actions={
        <Button look="primary" icon={UserPlus} onClick={() => setDialog({ kind: "new" })}>
          {text.add}
        </Button>
      }
    >
      {error ? (
        <div className="max-w-160 p-6">
          <ProblemPanel title={words.errors.notLoaded} problem={error} />
        </div>
      ) : !users ? (
        <SkeletonRows tall />
      ) : users.length === 0 ? (
        <p className="px-5 py-4 text-fg-3">{text.none}</p>
      ) : (
        <Rows
          name={words.admin.users}
          height={36}
          items={users}
          head={
            <Head>
              <Column width={260}>{text.columns.name}</Column>
              <Column width={360}>{text.columns.roles}</Column>
              <Column width={130}>{text.columns.state}</Column>
              <Column width={170} right>
                {text.columns.created}
              </Column>
              <Column width={64} />
            </Head>
          }
          row={(user) => (
            <Row key={user.name}>
              <Cell tall className="text-13 font-medium">
                {user.name}
              </Cell>
              <Cell tall className="text-fg-2">
                {user.roles.map(grantText).join(", ")}
              </Cell>
              <Cell tall>
                <RunState state={user.disabled ? "paused" : "done"}>
                  {user.disabled ? text.disabled : text.active}
                </RunState>
              </Cell>
              <Cell tall right>
                <Moment at={user.created_at} />
              </Cell>
              <Cell tall className="text-right">
                <UserMenu user={user} onDialog={(kind) => setDialog({ kind, user })} />
              </Cell>
            </Row>
          )}
        />
      )}
      {dialog?.kind === "new" && <NewUserDialog onClose={close} />}
      {dialog?.kind === "roles" && <RolesDialog user={dialog.user} onClose={close} />}
      {dialog?.kind === "password" && <PasswordDialog user={dialog.user} onClose={close} />}
    </AdminPage>
  );
}

/** `Editor: shop`. */
export const grantText = ({ role, project }: Grant): string =>
  `${words.roles[role]}: ${project ?? words.settings.everywhere}`;

function UserMenu({ user, onDialog }: { user: User; onDialog: (kind: "roles" | "password") => void }) {
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: () => (user.disabled ? enableUser(user.name) : disableUser(user.name)),
    onSuccess: ({ disabled, name }) => {
      void client.invalidateQueries({ queryKey: usersQuery.queryKey });
      toast({ title: disabled ? text.disabledNow(name) : text.enabledNow(name) });
    },
  });
  return (
    <Menu trigger={<IconButton icon={Ellipsis} size="sm" name={`${words.actions.more}: ${user.name}`} />}>
      <MenuItem icon={ShieldCheck} onSelect={() => onDialog("roles")}>
        {text.changeRoles}
      </MenuItem>
      <MenuItem icon={KeyRound} onSelect={() => onDialog("password")}>
        {text.setPassword}
      </MenuItem>
      <MenuLine />
      <MenuItem
        icon={user.disabled ? UserCheck : UserX}
        bad={!user.disabled}
        onSelect={() => change.mutate()}
      >
        {user.disabled ? text.enable : text.disable}
      </MenuItem>
    </Menu>
  );
}
