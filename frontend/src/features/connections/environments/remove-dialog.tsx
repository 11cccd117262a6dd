import { FormDialog } from "@/components/form-dialog";
import { words } from "@/words";
import { leavesOf } from "./differences";
import type { Opened } from "./opened";
import { overlayOf, type Place } from "./overlay";
import { useSaveOverlay } from "./save-overlay";

const text = words.environments;

interface RemoveDialogProps {
  /** The file as it was when this was asked. */
  opened: Opened;
  place: Place;
  onRemoved: () => void;
  onClose: () => void;
}

/**
 * Asks, since it cannot simply be undone: a vault's secret that goes nowhere any more has to be given again before it goes anywhere.
 */
export function RemoveDialog({ opened, place, onRemoved, onClose }: RemoveDialogProps) {
  const { connection, environment } = place;
  const keys = leavesOf(overlayOf(opened.plain, place)).map(({ path }) => path.join("."));
  const save = useSaveOverlay(
    () => ({ title: text.removed(connection, environment), tone: "removed" }),
    () => {
      onRemoved();
      onClose();
    },
  );
  return (
    <FormDialog
      title={text.removeTitle(connection, environment)}
      about={text.removeAbout(connection, environment, keys)}
      verb={words.actions.remove}
      look="bad"
      isPending={save.isPending}
      problem={save.error}
      failed={text.notRemoved}
      onSubmit={() => save.mutate({ file: opened.file, place, after: {}, sealed: [] })}
      onClose={onClose}
    />
  );
}
