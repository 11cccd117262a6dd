import { Select } from "@/components/select";
import { words } from "@/words";
import type { TargetRow } from "../canvas/model";
import { setType } from "../document/column-edits";
import { isType, TYPES } from "../mapping/types";
import { useDesigner } from "../state/designer";
import { useState } from "react";
import { Input } from "@/components/field";

const text = words.designer.inspector;
const OTHER = "decimal(12,2)";

/** The type that lands: as it is made, or cast to another one. */
export function TypeField({ row }: { row: TargetRow }) {
  const { mapping, edit } = useDesigner();
  const { config } = row;
  const own = config?.type ?? "";
  const made = row.origin?.kind === "source" ? text.asSource : text.asMade;
  const choices = [
    {
      value: "",
      name: config?.native ?? [made, row.made ?? row.type].filter(Boolean).join(" · "),
    },
    ...[
      ...TYPES,
      OTHER,
      ...((TYPES as readonly string[]).includes(own) || own === "" || own === OTHER ? [] : [own]),
    ].map((type) => ({
      value: type,
      name: type,
    })),
  ];
  const cast = (type: string) => edit(setType(mapping, row.name, type === "" ? undefined : type), text.type);
  return (
    <>
      <div className="flex items-center gap-2">
        <span className="min-w-0 grow truncate text-12 text-fg-2">{text.type}</span>
        <Select
          small
          aria-label={text.type}
          className="w-48 shrink-0"
          value={own}
          choices={choices}
          disabled={!row.origin}
          onChoose={cast}
        />
      </div>
      {own.startsWith("decimal(") && <Digits key={own} type={own} onChange={cast} />}
    </>
  );
}

/** How many digits a decimal has, in all and behind its point. */
function Digits({ type, onChange }: { type: string; onChange: (type: string) => void }) {
  const [typed, setTyped] = useState(type.slice(8, -1));
  const wanted = `decimal(${typed.replace(/\s/g, "")})`;
  return (
    <div className="mt-1.5 flex items-center justify-end gap-2 text-12 text-fg-3">
      {words.designer.inspectorDigits}
      <Input
        small
        data
        aria-label={words.designer.inspectorDigits}
        aria-invalid={!isType(wanted)}
        className="w-20!"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={() => isType(wanted) && wanted !== type && onChange(wanted)}
        onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
      />
    </div>
  );
}
