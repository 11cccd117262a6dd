import { Search } from "lucide-react";
import { useDeferredValue, useEffect, useMemo, useState } from "react";
import { Kbd } from "@/components/kbd";
import { words } from "@/words";
import { useDesigner } from "../state/designer";

const text = words.designer.tools;

interface Found {
  side: "source" | "target";
  name: string;
  place: number;
}

/** Finds columns of both tables; Enter goes from one to the next. */
export function FindColumn({
  sourceNames,
  targetNames,
  onFound,
  reveal,
}: {
  sourceNames: readonly string[];
  targetNames: readonly string[];
  onFound: (names: ReadonlySet<string>) => void;
  reveal: (place: number) => void;
}) {
  const { select } = useDesigner();
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(-1);
  const wanted = useDeferredValue(typed.trim().toLowerCase());
  const found = useMemo((): Found[] => {
    if (wanted === "") {
      return [];
    }
    const among = (side: Found["side"], names: readonly string[]) =>
      names.flatMap((name, place) => (name.toLowerCase().includes(wanted) ? [{ side, name, place }] : []));
    return [...among("source", sourceNames), ...among("target", targetNames)];
  }, [wanted, sourceNames, targetNames]);
  useEffect(() => {
    onFound(new Set(found.map((one) => one.name)));
    const first = found[0];
    if (first) {
      reveal(first.place);
    }
  }, [found, onFound, reveal]);
  const go = (step: number) => {
    const next = (at + step + found.length) % Math.max(found.length, 1);
    const one = found[next];
    if (one) {
      setAt(next);
      reveal(one.place);
      select({ kind: one.side, names: [one.name] });
    }
  };
  const clear = () => {
    setTyped("");
    setAt(-1);
  };
  return (
    <label className="flex h-6 w-44 items-center gap-2 rounded-2 border border-line-2 bg-surface-1 px-2 shadow-e1 focus-within:border-accent">
      <Search size={14} strokeWidth={1.6} className="shrink-0 text-fg-3" aria-hidden />
      <input
        data-find-column=""
        value={typed}
        placeholder={text.find}
        aria-label={text.find}
        spellCheck={false}
        className="min-w-0 grow bg-transparent text-12 outline-none placeholder:text-fg-3"
        onChange={(event) => {
          setTyped(event.target.value);
          setAt(-1);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter") {
            go(event.shiftKey ? -1 : 1);
          } else if (event.key === "Escape") {
            clear();
            document.querySelector<HTMLElement>("[data-canvas]")?.focus();
          }
        }}
      />
      {typed === "" ? (
        <Kbd keys="/" />
      ) : (
        <span className="figures shrink-0 text-11 text-fg-3">
          {text.found(at < 0 ? 0 : at + 1, found.length)}
        </span>
      )}
    </label>
  );
}
