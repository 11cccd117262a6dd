import { useMutation, useQueryClient } from "@tanstack/react-query";
import { pauseSync, resumeSync } from "@/api/projects";
import { toast } from "@/components/toast";
import { words } from "@/words";

const text = words.projects;

/** Pauses a sync, or lets it go on; the toast undoes it. */
export function usePauseSync() {
  const client = useQueryClient();
  const pause = useMutation({
    mutationFn: ({ project, sync, paused }: { project: string; sync: string; paused: boolean }) =>
      paused ? pauseSync(project, sync) : resumeSync(project, sync),
    onSuccess: (_, asked) => {
      void client.invalidateQueries({ queryKey: ["projects", asked.project] });
      toast({
        title: asked.paused ? text.paused(asked.sync) : text.resumed(asked.sync),
        ...(asked.paused && { more: text.pausedMore }),
        action: { name: words.actions.undo, run: () => pause.mutate({ ...asked, paused: !asked.paused }) },
      });
    },
  });
  return pause;
}
