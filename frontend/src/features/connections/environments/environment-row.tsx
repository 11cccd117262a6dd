import { Button } from "@/components/button";
import { words } from "@/words";
import { opens } from "../values/use-focus-back";
import type { Place } from "../values/values";
import { Differences } from "./differences-list";
import type { Difference } from "./differences";

const text = words.environments;

interface EnvironmentRowProps {
  place: Required<Place>;
  differences: readonly Difference[];
  /** Why it can be neither edited nor removed. */
  refused: string | undefined;
  /** Why it cannot be edited although it can be removed. */
  unknown: string | undefined;
  onEdit: () => void;
  onRemove: () => void;
}

/** An environment, and what it changes of a connection. */
export const EnvironmentRow = (props: EnvironmentRowProps) => {
  const { place, differences, refused, unknown, onEdit, onRemove } = props;
  const { environment } = place;
  return (
    <li className="mt-2 border-t border-line pt-2">
      <div className="flex items-center gap-1">
        <h3 className="data min-w-0 grow truncate font-medium!" title={environment}>
          {environment}
        </h3>
        <Button
          look="ghost"
          size="sm"
          aria-label={text.editOf(environment)}
          refused={refused ?? unknown}
          {...opens(place)}
          onClick={onEdit}
        >
          {text.edit}
        </Button>
        <Button
          look="ghost"
          size="sm"
          aria-label={text.removeOf(environment)}
          refused={refused}
          onClick={onRemove}
        >
          {words.actions.remove}
        </Button>
      </div>
      <Differences differences={differences} />
    </li>
  );
};
