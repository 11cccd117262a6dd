import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { secretsPlaceQuery } from "@/api/stored-agents";
import { quiet } from "@/app/session/query-client";
import { Button } from "@/components/button";
import { Field, Input } from "@/components/field";
import { FormDialog } from "@/components/form-dialog";
import { toast } from "@/components/toast";
import type { Desktop } from "@/platform/desktop-only";
import { words } from "@/words";

const text = words.agents.secrets;
const LEAST = 12;

/** Says that secrets cannot be kept where there is no keyring, and opens the encrypted file instead. */
export function SecretsNotice({ desktop }: { desktop: Desktop }) {
  const { data: secrets } = useQuery(secretsPlaceQuery(desktop));
  const [open, setOpen] = useState(false);
  if (secrets?.place !== "none") {
    return null;
  }
  return (
    <div
      role="status"
      className="flex shrink-0 items-center gap-3 border-b border-line bg-warn-soft px-4 py-2 text-12"
    >
      <KeyRound size={14} aria-hidden className="shrink-0 text-warn-text" />
      <p className="min-w-0 grow">
        <span className="font-medium text-warn-text">{text.none}</span>.{" "}
        {text.noneAbout(secrets.reason ?? text.noKeyring)}
      </p>
      <Button size="sm" onClick={() => setOpen(true)}>
        {text.give}
      </Button>
      {open && <UnlockDialog desktop={desktop} onClose={() => setOpen(false)} />}
    </div>
  );
}

function UnlockDialog({ desktop, onClose }: { desktop: Desktop; onClose: () => void }) {
  const client = useQueryClient();
  const [passphrase, setPassphrase] = useState("");
  const unlock = useMutation({
    meta: quiet,
    mutationFn: () => desktop.unlock(passphrase),
    onSuccess: () => {
      // Agents and vaults could not be asked before.
      void client.invalidateQueries();
      toast({ title: text.opened });
      onClose();
    },
  });
  return (
    <FormDialog
      title={text.title}
      about={text.about}
      verb={text.open}
      ready={passphrase.length >= LEAST}
      isPending={unlock.isPending}
      problem={unlock.error}
      failed={text.failed}
      onSubmit={() => unlock.mutate()}
      onClose={onClose}
    >
      <Field label={text.passphrase} help={text.passphraseHelp}>
        {(names) => (
          <Input
            {...names}
            type="password"
            value={passphrase}
            onChange={(event) => setPassphrase(event.target.value)}
          />
        )}
      </Field>
    </FormDialog>
  );
}
