import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { certificateQuery, storedAgentsQuery } from "@/api/stored-agents";
import { quiet } from "@/app/session/query-client";
import { useDebounced } from "@/components/debounced";
import { Field, Input } from "@/components/field";
import { FormDialog } from "@/components/form-dialog";
import { Segmented } from "@/components/tabs";
import { toast } from "@/components/toast";
import type { Desktop, StoredAgent } from "@/platform/desktop-only";
import { words } from "@/words";
import { addressOf, nameFrom } from "./address";
import { CertificateCard } from "./certificate-card";

const text = words.agents;

interface AddAgentDialogProps {
  desktop: Desktop;
  known: readonly StoredAgent[];
  onClose: () => void;
}

/** Adds an agent by its address: who answers there is shown, and is accepted, before anything secret goes there. */
export function AddAgentDialog({ desktop, known, onClose }: AddAgentDialogProps) {
  const client = useQueryClient();
  const [url, setUrl] = useState("");
  const [left, setLeft] = useState(false);
  const [named, setName] = useState<string>();
  const [way, setWay] = useState<"token" | "user">("token");
  const [token, setToken] = useState("");
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const [accepted, setAccepted] = useState<string>();
  const address = addressOf(url);
  const settled = useDebounced(address);
  const certificate = useQuery({
    ...certificateQuery(desktop, settled ?? ""),
    enabled: settled !== undefined && settled === address,
  });
  const name = named ?? (address === undefined ? "" : nameFrom(address));
  const taken = known.some((agent) => agent.name === name);
  const who = settled === address ? certificate.data : undefined;
  const isKnown = who !== undefined && (who === null || who.trusted || who.fingerprint === accepted);
  const add = useMutation({
    meta: quiet,
    mutationFn: () =>
      desktop.addAgent({
        name,
        url: address ?? "",
        token: way === "token" ? token.trim() : null,
        user: way === "user" ? user : null,
        password: way === "user" ? password : null,
        certificate: who && !who.trusted ? who.fingerprint : null,
      }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: storedAgentsQuery(desktop).queryKey });
      toast({ title: text.added(name) });
      onClose();
    },
  });
  const hasSecret = way === "token" ? token.trim() !== "" : user !== "" && password !== "";
  return (
    <FormDialog
      title={text.add}
      verb={text.do}
      ready={address !== undefined && name !== "" && !taken && isKnown && hasSecret}
      isPending={add.isPending}
      problem={add.error}
      failed={text.notAdded}
      onSubmit={() => add.mutate()}
      onClose={onClose}
    >
      <Field
        label={text.url}
        help={text.urlHelp}
        error={left && url !== "" && address === undefined ? text.urlBad : undefined}
      >
        {(names) => (
          <Input
            {...names}
            data
            value={url}
            onChange={(event) => {
              setUrl(event.target.value);
              setLeft(false);
            }}
            onBlur={() => setLeft(true)}
          />
        )}
      </Field>
      {settled !== undefined && settled === address && (
        <CertificateCard
          certificate={certificate.data}
          problem={certificate.error}
          accepted={accepted}
          onAccept={setAccepted}
        />
      )}
      <Field label={text.name} help={text.nameHelp} error={taken ? text.nameTaken : undefined}>
        {(names) => <Input {...names} data value={name} onChange={(event) => setName(event.target.value)} />}
      </Field>
      <div>
        <Segmented
          name={text.way}
          value={way}
          onChoose={setWay}
          choices={[
            { value: "token", name: text.byToken },
            { value: "user", name: text.byUser },
          ]}
        />
      </div>
      {way === "token" ? (
        <Field label={text.token} help={text.tokenHelp}>
          {(names) => (
            <Input
              {...names}
              data
              type="password"
              value={token}
              onChange={(event) => setToken(event.target.value)}
            />
          )}
        </Field>
      ) : (
        <>
          <Field label={text.user}>
            {(names) => <Input {...names} value={user} onChange={(event) => setUser(event.target.value)} />}
          </Field>
          <Field label={text.password} help={text.passwordHelp}>
            {(names) => (
              <Input
                {...names}
                type="password"
                value={password}
                onChange={(event) => setPassword(event.target.value)}
              />
            )}
          </Field>
        </>
      )}
    </FormDialog>
  );
}
