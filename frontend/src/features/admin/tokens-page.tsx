import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, Trash2 } from "lucide-react";
import { useState } from "react";
import { revokeToken, tokensQuery } from "@/api/access";
import type { Token } from "@/api/types";
import { quiet } from "@/app/session/query-client";
import { meQuery } from "@/app/session/session";
import { Button, IconButton } from "@/components/button";
import { ProblemPanel } from "@/components/error-panel";
import { FormDialog } from "@/components/form-dialog";
import { Moment } from "@/components/moment";
import { Rows } from "@/components/rows";
import { Said } from "@/components/said";
import { SkeletonRows } from "@/components/skeleton";
import { Cell, Column, Head, Row } from "@/components/table";
import { toast } from "@/components/toast";
import { words } from "@/words";
import { AdminPage } from "./admin-page";
import { NewTokenDialog } from "./new-token-dialog";

const text = words.admin.token;

/** What programs show instead of a password. */
export function TokensPage() {
  const { data: me } = useQuery(meQuery);
  // An admin of a project makes tokens for it.
  const refused = me?.roles.some(({ role }) => role === "admin")
    ? undefined
    : words.refused(words.roles.admin);
  const { data: tokens, error } = useQuery({ ...tokensQuery, enabled: refused === undefined });
  const [dialog, setDialog] = useState<"new" | Token>();
  const close = () => setDialog(undefined);
  return (
    <AdminPage
      part="tokens"
      global={refused !== undefined}
      actions={
        <Button look="primary" icon={KeyRound} refused={refused} onClick={() => setDialog("new")}>
          {text.add}
        </Button>
      }
    >
      {error ? (
        <div className="max-w-160 p-6">
          <ProblemPanel title={words.errors.notLoaded} problem={error} />
        </div>
      ) : !tokens ? (
        <SkeletonRows tall />
      ) : tokens.length === 0 ? (
        <p className="px-5 py-4 text-fg-2">
          <Said text={text.none} />
        </p>
      ) : (
        <Rows
          name={words.admin.tokens}
          height={36}
          items={tokens}
          head={<TokensHead />}
          row={(token) => <TokenRow key={token.id} token={token} onRevoke={() => setDialog(token)} />}
        />
      )}
      {dialog === "new" && <NewTokenDialog onClose={close} />}
      {dialog !== undefined && dialog !== "new" && <RevokeDialog token={dialog} onClose={close} />}
    </AdminPage>
  );
}

const TokensHead = () => (
  <Head>
    <Column width={190}>{text.columns.name}</Column>
    <Column width={110}>{text.columns.role}</Column>
    <Column width={170}>{text.columns.project}</Column>
    <Column width={150} right>
      {text.columns.created}
    </Column>
    <Column width={150} right>
      {text.columns.used}
    </Column>
    <Column width={150} right>
      {text.columns.expires}
    </Column>
    <Column width={64} />
  </Head>
);

const TokenRow = ({ token, onRevoke }: { token: Token; onRevoke: () => void }) => (
  <Row>
    <Cell tall className="text-13 font-medium">
      {token.name}
    </Cell>
    <Cell tall>{words.roles[token.role]}</Cell>
    <Cell tall className="text-fg-2">
      {token.project ?? text.all}
    </Cell>
    <Cell tall right>
      <Moment at={token.created_at} />
    </Cell>
    <Cell tall right>
      {token.last_used_at ? (
        <Moment at={token.last_used_at} />
      ) : (
        <span className="text-fg-3">{text.never}</span>
      )}
    </Cell>
    <Cell tall right>
      {token.expires_at ? <Moment at={token.expires_at} /> : <span className="text-fg-3">{text.never}</span>}
    </Cell>
    <Cell tall className="text-right">
      <IconButton icon={Trash2} size="sm" name={`${text.revoke}: ${token.name}`} onClick={onRevoke} />
    </Cell>
  </Row>
);

function RevokeDialog({ token, onClose }: { token: Token; onClose: () => void }) {
  const client = useQueryClient();
  const revoke = useMutation({
    meta: quiet,
    mutationFn: () => revokeToken(token.id),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: tokensQuery.queryKey });
      toast({ title: text.revoked(token.name), tone: "removed" });
      onClose();
    },
  });
  return (
    <FormDialog
      title={text.revokeTitle(token.name)}
      about={text.revokeAbout}
      verb={text.revoke}
      look="bad"
      isPending={revoke.isPending}
      problem={revoke.error}
      failed={text.notMade}
      onSubmit={() => revoke.mutate()}
      onClose={onClose}
    />
  );
}
