import { Button } from "@/components/button";
import { FormDialog } from "@/components/form-dialog";
import { words } from "@/words";
import type { Opened } from "./opened";
import { EnvironmentWanted, useSaveValues } from "./save-values";
import { leavesOf, overlaysOf, valuesOf, type Place } from "./values";
import { wordsOf } from "./words-of";

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
  const text = wordsOf(place);
  const save = useSaveValues(
    () => ({ title: text.removed, tone: "removed" }),
    () => {
      onRemoved();
      onClose();
    },
  );
  const remove = { opened, place, after: {}, sealed: [] };
  const { error } = save;
  return (
    <FormDialog
      title={text.removeTitle}
      about={aboutOf(opened, place)}
      verb={words.actions.remove}
      look="bad"
      isPending={save.isPending}
      problem={error}
      failed={text.notRemoved}
      problemAction={
        error instanceof EnvironmentWanted && (
          <Button disabled={save.isPending} onClick={() => save.mutate({ ...remove, keeps: true })}>
            {words.environments.keep(error.environments.join(", "))}
          </Button>
        )
      }
      onSubmit={() => save.mutate(remove)}
      onClose={onClose}
    />
  );
}

/** What goes, and what holds then. */
function aboutOf({ plain }: Opened, place: Place): string {
  const { connection, environment } = place;
  if (environment === undefined) {
    return words.connections.removeAbout(overlaysOf(plain, connection).map((one) => one.environment));
  }
  const keys = leavesOf(valuesOf(plain, place)).map(({ path }) => path.join("."));
  return words.environments.removeAbout(connection, environment, keys);
}
