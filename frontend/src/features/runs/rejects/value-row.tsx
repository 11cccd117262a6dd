import { Pencil, X } from "lucide-react";
import { IconButton } from "@/components/button";
import { Input } from "@/components/field";
import { Select } from "@/components/select";
import { words } from "@/words";
import type { Fix } from "./fixes";

const text = words.rejects;
const KINDS = (["value", "null", "expression"] as const).map((value) => ({ value, name: text.kinds[value] }));

interface ValueRowProps {
  column: string;
  value: string | null;
  fix: Fix | undefined;
  onFix: (fix: Fix | undefined) => void;
}

/** A value of the source's row, and what takes its place when the row is sent again. */
export function ValueRow({ column, value, fix, onFix }: ValueRowProps) {
  return (
    <li className="border-b border-line py-1 last:border-0">
      <div className="flex min-h-6 items-center gap-2">
        <span className="data w-32 shrink-0 truncate text-fg-2" title={column}>
          {column}
        </span>
        <span className="data min-w-0 grow truncate" title={value ?? undefined}>
          <Value value={value} />
        </span>
        <IconButton
          icon={fix ? X : Pencil}
          size="sm"
          name={fix ? text.unfix(column) : text.fix(column)}
          onClick={() => onFix(fix ? undefined : { kind: "value", text: value ?? "" })}
        />
      </div>
      {fix && (
        <div className="flex gap-2 py-1 pl-34">
          <Select
            small
            className="w-30 shrink-0"
            aria-label={text.kindOf(column)}
            value={fix.kind}
            choices={KINDS}
            onChoose={(kind) => onFix({ ...fix, kind })}
          />
          {fix.kind !== "null" && (
            <Input
              small
              data
              aria-label={text.fixOf(column)}
              value={fix.text}
              onChange={(event) => onFix({ ...fix, text: event.target.value })}
            />
          )}
        </div>
      )}
    </li>
  );
}

function Value({ value }: { value: string | null }) {
  return value === null ? <span className="text-11 text-fg-3">NULL</span> : value === "" ? "''" : value;
}
