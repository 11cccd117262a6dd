import { useMutation, useQueryClient } from "@tanstack/react-query";
import { projectFileQuery, type ProjectFile } from "@/api/project-file";
import { quiet } from "@/app/session/query-client";
import { toast, type ToastText } from "@/components/toast";
import { words } from "@/words";
import { sealAndPush, type Sealed } from "../seal-and-push";
import type { Keys, Place } from "./overlay";
import { withOverlay } from "./write-overlay";

export interface OverlayChange {
  /** The project's file as it was when its overlay was shown. */
  file: ProjectFile;
  place: Place;
  after: Keys;
  sealed: readonly Sealed[];
}

/** Puts an overlay into a project's file, and pushes it in the place of the version that was looked at. */
export function useSaveOverlay(said: (place: Place) => ToastText, onSaved: (place: Place) => void) {
  const client = useQueryClient();
  return useMutation({
    meta: quiet,
    mutationFn: async ({ file, place, after, sealed }: OverlayChange) => {
      const text = await withOverlay(file.text, place, after);
      return { text, pushed: await sealAndPush(client, file, text, sealed) };
    },
    onSuccess: ({ text, pushed: { project, version } }, { file, place }) => {
      if (version != null) {
        // Nothing else of the file has changed: the page goes on with it while the agent is asked.
        client.setQueryData(projectFileQuery(project, version).queryKey, { ...file, version, text });
      }
      void client.invalidateQueries({ queryKey: ["projects"] });
      toast({ ...said(place), ...(version != null && { more: words.connections.savedMore(version) }) });
      onSaved(place);
    },
  });
}
