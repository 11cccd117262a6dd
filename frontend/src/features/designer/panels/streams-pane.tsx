import { useVirtualizer } from "@tanstack/react-virtual";
import { ListFilter, Search } from "lucide-react";
import { memo, useCallback, useDeferredValue, useMemo, useRef, useState } from "react";
import { IconButton } from "@/components/button";
import { classes } from "@/components/classes";
import { Checkbox } from "@/components/choice";
import { Dot } from "@/components/run-state";
import { words } from "@/words";
import { addStream, removeStream } from "../document/stream-edits";
import { isGlob } from "../document/sync-file";
import { useDesigner } from "../state/designer";
import { useStreams } from "../state/use-ground";
import { SettingsSummary } from "./settings-summary";

const text = words.designer.streams;

interface Line {
  name: string;
  /** The same in small letters, as it is looked for. */
  small: string;
  /** Whether it is an entry of the file. */
  on: boolean;
  /** How many of its columns the file changes. */
  changes: number;
  /** The glob that takes it in. */
  glob?: string;
}

/** What the source holds, and which of it is in this sync. */
export function StreamsPane() {
  const { project, catalog, sync, stream, chooseStream, history, edit, canvas, sample } = useDesigner();
  const [typed, setTyped] = useState("");
  const [onlyOwn, setOnlyOwn] = useState(false);
  const wanted = useDeferredValue(typed.trim().toLowerCase());
  const { data: held, isPending } = useStreams(project, catalog, sync?.source);
  const lines = useMemo((): Line[] => {
    const entries = sync?.streams ?? [];
    const own = new Set(entries.map((entry) => entry.name));
    const globs = entries.filter((entry) => isGlob(entry.name) && !entry.name.startsWith("!"));
    const mine = entries.map((entry): Line => ({
      name: entry.name,
      small: entry.name.toLowerCase(),
      on: true,
      changes: entry.all.columns?.size ?? 0,
    }));
    const others = (held ?? [])
      .filter((name) => !own.has(name))
      .map((name): Line => {
        const glob = globs.find((entry) => matches(entry.name, name))?.name;
        const small = name.toLowerCase();
        return { name, small, on: false, changes: 0, ...(glob !== undefined && { glob }) };
      });
    return [...mine, ...others];
  }, [sync, held]);
  const shown = useMemo(
    () => lines.filter((line) => (!onlyOwn || line.on) && line.small.includes(wanted)),
    [lines, onlyOwn, wanted],
  );
  const shared = useMemo(() => namespacesOf(lines), [lines]);
  const own = useMemo(() => lines.filter((line) => line.on).length, [lines]);
  const list = useRef<HTMLDivElement>(null);

  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => list.current,
    estimateSize: () => 28,
    overscan: 6,
  });
  const toneOf = (line: Line) => {
    if (line.name !== stream || !line.on) {
      return line.on ? "ok" : undefined;
    }
    const asks = canvas.target.some((row) => row.loss === "asks" || row.origin?.kind === "unknown");
    return asks || (sample.sample?.failing.length ?? 0) > 0 ? "warn" : "ok";
  };
  const choose = useCallback((line: Line) => chooseStream(line.name), [chooseStream]);
  const toggle = useCallback(
    (line: Line) => {
      const place = { sync: sync?.name ?? "", stream: line.name };
      const { plain } = history.source;
      edit(
        line.on ? removeStream(plain, place) : addStream(plain, place),
        line.on ? words.actions.remove : words.actions.add,
      );
      if (!line.on) {
        chooseStream(line.name);
      }
    },
    [sync?.name, history.source, edit, chooseStream],
  );
  return (
    <aside className="flex w-52 shrink-0 flex-col border-r border-line" aria-label={text.title}>
      <div className="flex h-10 shrink-0 items-center gap-2 pr-2 pl-3">
        <h2 className="font-medium">{text.title}</h2>
        <span className="figures text-12 text-fg-3">{text.of(own, lines.length)}</span>
        <IconButton
          icon={ListFilter}
          name={onlyOwn ? text.all : text.only}
          size="sm"
          className={classes("ml-auto", onlyOwn && "bg-accent-soft text-accent-text!")}
          aria-pressed={onlyOwn}
          onClick={() => setOnlyOwn(!onlyOwn)}
        />
      </div>
      <label className="mx-2 mb-2 flex h-7 shrink-0 items-center gap-2 rounded-2 border border-line-2 bg-surface-1 px-2 focus-within:border-accent dark:bg-surface-2">
        <Search size={14} strokeWidth={1.6} className="shrink-0 text-fg-3" aria-hidden />
        <input
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          placeholder={text.filter}
          aria-label={text.filter}
          spellCheck={false}
          className="min-w-0 grow bg-transparent text-12 outline-none placeholder:text-fg-3"
        />
      </label>
      {/* A list that scrolls takes the focus, so that keys scroll it. */}
      <div ref={list} className="min-h-0 grow overflow-auto px-2">
        <ul className="relative" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map((item) => {
            const line = shown[item.index];
            return (
              line && (
                <li
                  key={line.name}
                  className="absolute inset-x-0 top-0"
                  style={{ transform: `translateY(${item.start}px)` }}
                >
                  <StreamLine
                    line={line}
                    namespace={shared.has(namespaceOf(line.name)) ? namespaceOf(line.name) : undefined}
                    chosen={line.name === stream}
                    tone={toneOf(line)}
                    onChoose={choose}
                    onToggle={toggle}
                  />
                </li>
              )
            );
          })}
        </ul>
        {shown.length === 0 && !isPending && <p className="px-1.5 py-1 text-12 text-fg-3">{text.none}</p>}
        {isPending && <p className="px-1.5 py-1 text-12 text-fg-3">{text.loading}</p>}
      </div>
      <SettingsSummary />
    </aside>
  );
}

const StreamLine = memo(function StreamLine({
  line,
  namespace,
  chosen,
  tone,
  onChoose,
  onToggle,
}: {
  line: Line;
  /** What its name has in common with others. */
  namespace: string | undefined;
  chosen: boolean;
  tone: "ok" | "warn" | undefined;
  onChoose: (line: Line) => void;
  onToggle: (line: Line) => void;
}) {
  return (
    <div
      className={classes(
        "flex h-7 items-center gap-2 rounded-2 pr-2 pl-1.5 text-12",
        chosen ? "bg-surface-3 font-medium" : "hover:bg-surface-2",
      )}
    >
      <Checkbox
        checked={line.on || line.glob !== undefined}
        onChange={() => onToggle(line)}
        aria-label={text.add(line.name)}
      />
      <button
        type="button"
        className={classes("min-w-0 grow truncate text-left", !line.on && "text-fg-3")}
        aria-current={chosen}
        title={line.glob === undefined ? line.name : text.byGlob(line.glob)}
        onClick={() => (line.on ? onChoose : onToggle)(line)}
      >
        {namespace !== undefined && <span className="text-fg-3">{namespace}.</span>}
        {namespace === undefined ? line.name : line.name.slice(namespace.length + 1)}
      </button>
      {line.changes > 0 && (
        <span className="figures text-11 font-normal text-fg-3" title={text.changes(line.changes)}>
          {line.changes}
        </span>
      )}
      {tone && <Dot tone={tone} />}
    </div>
  );
});

/** What stands before the first dot. */
function namespaceOf(name: string): string {
  return isGlob(name) || name.startsWith('"') ? "" : name.slice(0, Math.max(name.indexOf("."), 0));
}

/** Those that several streams share: a file's name has a dot, and no namespace. */
function namespacesOf(lines: readonly Line[]): ReadonlySet<string> {
  const counted = new Map<string, number>();
  for (const line of lines) {
    const namespace = namespaceOf(line.name);
    counted.set(namespace, (counted.get(namespace) ?? 0) + 1);
  }
  return new Set([...counted].filter(([name, times]) => name !== "" && times > 1).map(([name]) => name));
}

/** Whether a glob means a stream: `*` and `?` within a part, `**` across parts. */
function matches(glob: string, name: string): boolean {
  const pattern = glob
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("**", "\u0000")
    .replaceAll("*", "[^.]*")
    .replaceAll("?", "[^.]")
    .replaceAll("\u0000", ".*");
  return new RegExp(`^${pattern}$`).test(name);
}
