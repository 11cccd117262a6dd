import { useMemo, useState } from "react";
import { Input } from "@/components/field";
import { classes } from "@/components/classes";
import { words } from "@/words";
import { connect, freshName } from "../state/actions";
import { useDesigner } from "../state/designer";
import { current } from "../view/selection";
import { TypeGlyph } from "./labels";

const text = words.designer.map;
const SHOWN = 8;

/** Connects two columns without a pointer: the source, then the target, each by the letters of its name. */
export function MapByKeys({ onClose }: { onClose: () => void }) {
  const designer = useDesigner();
  const { canvas, selection } = designer;
  const [source, setSource] = useState(selection.kind === "source" ? current(selection) : undefined);
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const choices = useMemo(() => {
    const all =
      source === undefined
        ? canvas.source.map(({ column }) => ({ name: column.name, type: column.type }))
        : canvas.target.map((row) => ({ name: row.name, type: row.type ?? "string" }));
    const low = typed.toLowerCase();
    const rank = (name: string) => (name.toLowerCase().startsWith(low) ? 0 : 1);
    const found = all
      .filter(({ name }) => name.toLowerCase().includes(low))
      .sort((one, other) => rank(one.name) - rank(other.name));
    const fresh = source !== undefined && typed !== "" && !all.some(({ name }) => name === typed);
    return [...found.slice(0, SHOWN), ...(fresh ? [{ name: typed, type: "" }] : [])];
  }, [canvas, source, typed]);
  const choose = (name: string | undefined) => {
    if (name === undefined) {
      return;
    }
    if (source === undefined) {
      setSource(name);
      setTyped("");
      setAt(0);
      return;
    }
    connect(
      designer,
      source,
      canvas.target.some((row) => row.name === name) ? name : freshName(designer, name),
    );
    onClose();
  };
  return (
    <div
      role="dialog"
      aria-label={words.designer.tools.map}
      className="appear absolute top-12 left-1/2 z-(--z-popover) w-80 -translate-x-1/2 rounded-3 border border-line-2 bg-pop p-2 shadow-e2"
    >
      <div className="mb-1.5 flex items-center gap-1.5 px-1 text-12 text-fg-3">
        {source === undefined ? (
          text.source
        ) : (
          <>
            <span className="data text-fg-1">{source}</span> → {text.target}
          </>
        )}
      </div>
      <Input
        // The field is what the key was pressed for.
        // eslint-disable-next-line jsx-a11y/no-autofocus -- opened by its key
        autoFocus
        small
        data
        role="combobox"
        aria-expanded
        aria-controls="map-choices"
        aria-activedescendant={choices[at] ? `map-choice-${at}` : undefined}
        aria-label={source === undefined ? text.source : text.target}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setAt(0);
        }}
        onBlur={onClose}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            setAt((at + (event.key === "ArrowDown" ? 1 : -1) + choices.length) % Math.max(choices.length, 1));
          } else if (event.key === "Enter") {
            event.preventDefault();
            choose(choices[at]?.name);
          } else if (event.key === "Escape") {
            event.stopPropagation();
            onClose();
          }
        }}
      />
      <div
        id="map-choices"
        role="listbox"
        aria-label={source === undefined ? text.source : text.target}
        className="mt-1.5"
      >
        {choices.map(({ name, type }, place) => (
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events -- keys are the field's
          <div
            key={name}
            id={`map-choice-${place}`}
            role="option"
            aria-selected={place === at}
            tabIndex={-1}
            className={classes("flex h-7 items-center gap-2 rounded-2 px-2", place === at && "bg-surface-3")}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => choose(name)}
          >
            {type === "" ? (
              <span className="text-12 text-fg-2">{text.fresh(name)}</span>
            ) : (
              <>
                <TypeGlyph type={type} />
                <span className="data min-w-0 grow truncate">{name}</span>
                <span className="text-11 text-fg-3">{type}</span>
              </>
            )}
          </div>
        ))}
      </div>
      {choices.length === 0 && <p className="px-2 py-1 text-12 text-fg-3">{text.none}</p>}
    </div>
  );
}
