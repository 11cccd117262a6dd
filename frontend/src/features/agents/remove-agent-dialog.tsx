import { useMutation, useQueryClient } from "@tanstack/react-query";
import { storedAgentsQuery } from "@/api/stored-agents";
import { quiet } from "@/app/session/query-client";
import { FormDialog } from "@/components/form-dialog";
import { toast } from "@/components/toast";
import type { Desktop, StoredAgent } from "@/platform/desktop-only";
import { goToPlace, usePlace } from "@/platform/place";
import { words } from "@/words";

const text = words.agents;

interface RemoveAgentDialogProps {
  desktop: Desktop;
  agent: StoredAgent;
  onClose: () => void;
}

/** Forgets an agent and its token. What is shown goes back to this computer if it was that agent's. */
export function RemoveAgentDialog({ desktop, agent: { name }, onClose }: RemoveAgentDialogProps) {
  const client = useQueryClient();
  const here = usePlace();
  const remove = useMutation({
    meta: quiet,
    mutationFn: () => desktop.removeAgent(name),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: storedAgentsQuery(desktop).queryKey });
      toast({ title: text.removed(name), tone: "removed" });
      onClose();
      if (here === name) {
        goToPlace(null);
      }
    },
  });
  return (
    <FormDialog
      title={text.removeTitle(name)}
      about={text.removeAbout}
      verb={text.remove}
      look="bad"
      isPending={remove.isPending}
      problem={remove.error}
      failed={text.notRemoved}
      onSubmit={() => remove.mutate()}
      onClose={onClose}
    />
  );
}
