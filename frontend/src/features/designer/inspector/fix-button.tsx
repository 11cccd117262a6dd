import { Wrench } from "lucide-react";
import { useMemo } from "react";
import { type Command, useCommands } from "@/app/keys/commands";
import { Button } from "@/components/button";
import { words } from "@/words";
import type { TargetRow } from "../canvas/model";
import { useDesigner } from "../state/designer";
import { fixOf } from "../state/fix";

const text = words.designer.fix;

/** The fix that a column's error offers, by a press or by F; nothing where it offers none. */
export function FixButton({ row }: { row: TargetRow }) {
  const { mapping, edit } = useDesigner();
  const fix = useMemo(() => fixOf(mapping, row), [mapping, row]);
  const commands = useMemo(
    (): Command[] =>
      fix
        ? [
            {
              id: "designer fix",
              group: "page",
              name: text.name,
              keys: "f",
              icon: Wrench,
              run: () => edit(fix.ops, text.name),
            },
          ]
        : [],
    [fix, edit],
  );
  useCommands(commands);
  return (
    fix && (
      <Button size="sm" keys="f" onClick={() => edit(fix.ops, text.name)}>
        {text[fix.kind](fix.name)}
      </Button>
    )
  );
}
