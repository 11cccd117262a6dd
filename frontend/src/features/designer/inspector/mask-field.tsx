import { Input } from "@/components/field";
import { Select } from "@/components/select";
import { words } from "@/words";
import type { TargetRow } from "../canvas/model";
import { setMask } from "../document/column-edits";
import type { Mask } from "../document/sync-file";
import { useDesigner } from "../state/designer";

const text = words.designer.inspector;
const KINDS = ["none", "hash", "redact", "null", "partial", "encrypt"] as const;
type Kind = (typeof KINDS)[number];

export function maskOf(kind: Kind): Mask | undefined {
  return kind === "none" ? undefined : kind === "partial" ? { partial: { keep_last: 4 } } : kind;
}

/** How the column's values are hidden. */
export function MaskField({ row }: { row: TargetRow }) {
  const { mapping, edit } = useDesigner();
  const mask = row.config?.mask;
  const kind: Kind = mask === undefined ? "none" : typeof mask === "string" ? mask : "partial";
  const put = (next: Mask | undefined, group?: string) =>
    edit(setMask(mapping, row.name, next), text.mask, group);
  const partial = typeof mask === "object" ? mask.partial : undefined;
  const keep = (key: "keep_first" | "keep_last", typed: string) => {
    const kept = { ...partial, [key]: Math.max(0, Math.floor(Number(typed)) || 0) };
    put({ partial: kept }, `mask ${row.name}`);
  };
  return (
    <>
      <div className="mt-2.5 flex items-center gap-2">
        <span className="min-w-0 grow truncate text-12 text-fg-2">{text.maskTitle}</span>
        <Select
          small
          aria-label={text.maskTitle}
          className="w-48 shrink-0"
          value={kind}
          disabled={!row.origin}
          choices={KINDS.map((value) => ({ value, name: text.masks[value] }))}
          onChoose={(value) => put(maskOf(value))}
        />
      </div>
      {partial && (
        <div className="mt-1.5 flex items-center justify-end gap-2 text-12 text-fg-3">
          {(["keep_first", "keep_last"] as const).map((key) => (
            <label key={key} className="flex items-center gap-1.5">
              {key === "keep_first" ? text.keepFirst : text.keepLast}
              <Input
                small
                data
                type="number"
                min={0}
                className="w-14!"
                value={partial[key] ?? 0}
                onChange={(event) => keep(key, event.target.value)}
              />
            </label>
          ))}
        </div>
      )}
    </>
  );
}
