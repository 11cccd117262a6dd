import { Trash2 } from "lucide-react";
import { Button } from "@/components/button";
import { Select } from "@/components/select";
import { words } from "@/words";
import { setMask, setType } from "../document/column-edits";
import { TYPES } from "../mapping/types";
import { inTurn, removeSelected } from "../state/actions";
import { useDesigner } from "../state/designer";
import { maskOf } from "./mask-field";
import { Section } from "./section";

const text = words.designer.inspector;
const MASKS = ["none", "hash", "redact", "null", "partial", "encrypt"] as const;

/** What can be done to several columns at once. */
export function SeveralSection() {
  const designer = useDesigner();
  const { selection, mapping, edit } = designer;
  if (selection.kind !== "target" && selection.kind !== "source") {
    return null;
  }
  const { names } = selection;
  return (
    <Section>
      <p className="data mb-3 line-clamp-4 text-fg-2">{names.join(", ")}</p>
      {selection.kind === "target" && (
        <div className="mb-3 flex flex-col gap-2">
          <Select
            small
            aria-label={text.maskTitle}
            value=""
            choices={[
              { value: "", name: text.maskTitle },
              ...MASKS.map((value) => ({ value, name: text.masks[value] })),
            ]}
            onChoose={(kind) =>
              kind !== "" &&
              edit(
                inTurn(mapping, names, (now, name) => setMask(now, name, maskOf(kind))),
                text.maskTitle,
              )
            }
          />
          <Select
            small
            aria-label={text.type}
            value=""
            choices={[
              { value: "", name: text.type },
              ...TYPES.map((value) => ({ value: value, name: value })),
            ]}
            onChoose={(type) =>
              type !== "" &&
              edit(
                inTurn(mapping, names, (now, name) => setType(now, name, type)),
                text.type,
              )
            }
          />
        </div>
      )}
      <Button size="sm" look="bad" icon={Trash2} keys="delete" onClick={() => removeSelected(designer)}>
        {selection.kind === "source" ? text.leaveOut : words.designer.tools.remove}
      </Button>
    </Section>
  );
}
