import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { cancelRun, retryRun, startRun } from "@/api/runs";
import { toast } from "@/components/toast";
import { follow } from "@/features/runs/run-ends";
import { words } from "@/words";

const text = words.runs;

/** Starts a run of a sync, offers to look at it, and tells how it ends. */
export function useRunSync() {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: ({ project, sync }: { project: string; sync: string }) =>
      startRun(project, sync, crypto.randomUUID()),
    onSuccess: ({ run }, { sync }) => {
      follow(client, run);
      void client.invalidateQueries({ queryKey: ["runs"] });
      toast({
        about: run,
        title: text.started,
        more: sync,
        action: { name: text.view, run: () => void navigate({ to: "/runs/$run", params: { run } }) },
      });
    },
  });
}

/** Cancels a run. */
export function useCancelRun() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: cancelRun,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["runs"] });
      toast({ title: text.cancelling, more: text.cancellingMore });
    },
  });
}

/** Runs the failed streams of a run again, and goes there. */
export function useRetryRun() {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: retryRun,
    onSuccess: ({ run }) => {
      void client.invalidateQueries({ queryKey: ["runs"] });
      toast({ title: text.retried });
      return navigate({ to: "/runs/$run", params: { run } });
    },
  });
}
