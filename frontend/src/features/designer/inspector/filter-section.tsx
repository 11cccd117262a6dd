import { Trash2 } from "lucide-react";
import { Button } from "@/components/button";
import { words } from "@/words";
import { setKey } from "../document/stream-edits";
import { ExpressionEditor } from "../editor/expression-editor";
import { check } from "../expression/check";
import { inputs } from "../expression/inputs";
import { removeSelected } from "../state/actions";
import { useDesigner } from "../state/designer";
import { Section } from "./section";

const text = words.designer.inspector;

/** The rows that are kept. */
export function FilterSection() {
  const designer = useDesigner();
  const { config, mapping, edit, ends } = designer;
  const where = config.where ?? "";
  const first = check(where, ends.names)[0];
  return (
    <Section>
      <ExpressionEditor
        value={where}
        names={ends.names}
        name={text.filter}
        onChange={(typed) =>
          edit(
            setKey(mapping.plain, mapping.place, "where", typed.trim() === "" ? undefined : typed),
            text.filter,
            "where",
          )
        }
      />
      <div className="mt-1.5 flex items-center gap-2 text-12 text-fg-3">
        {first ? (
          <span className="min-w-0 truncate text-bad-text">{words.designer.faults(first)}</span>
        ) : (
          <span className="text-ok-text">{text.valid}</span>
        )}
        <span className="ml-auto">{text.inputs(inputs(where, ends.names).length)}</span>
      </div>
      <p className="mt-2 text-12 text-fg-3">{text.noFilter}</p>
      <Button
        size="sm"
        look="bad"
        icon={Trash2}
        keys="delete"
        className="mt-3"
        onClick={() => removeSelected(designer)}
      >
        {text.removeFilter}
      </Button>
    </Section>
  );
}
