import { Search } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { useMemo, useState, type KeyboardEvent } from "react";
import type { Command } from "@/app/keys/commands";
import { classes } from "@/components/classes";
import { Kbd } from "@/components/kbd";
import { words } from "@/words";
import { matches, type Piece } from "./matches";
import { usePaletteCommands } from "./palette-commands";

const text = words.shell.palette;
/** How many are shown of each group. */
const MOST = 8;

/** Everything by its name: what this page does, where one can go, what can be done anywhere. */
export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Radix.Root open={open} onOpenChange={(now) => !now && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-(--z-palette)" />
        <Radix.Content
          aria-describedby={undefined}
          className="appear fixed top-[15%] left-1/2 z-(--z-palette) flex max-h-[70%] w-140 max-w-[calc(100vw-32px)] -translate-x-1/2 flex-col rounded-4 border border-line-2 bg-pop shadow-e3"
        >
          <Radix.Title className="sr-only">{text.title}</Radix.Title>
          <Found onClose={onClose} />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface Hit {
  command: Command;
  pieces: Piece[];
}

function Found({ onClose }: { onClose: () => void }) {
  const [query, setQuery] = useState("");
  const [place, setPlace] = useState(0);
  const commands = usePaletteCommands();
  const groups = useMemo(() => search(commands, query), [commands, query]);
  const hits = groups.flatMap((group) => group.hits);
  const chosen = hits[Math.min(place, hits.length - 1)];
  const run = (hit: Hit | undefined) => {
    if (hit && !hit.command.refused) {
      onClose();
      hit.command.run();
    }
  };
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && hits.length > 0) {
      event.preventDefault();
      setPlace((Math.min(place, hits.length - 1) + step + hits.length) % hits.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(chosen);
    }
  };
  return (
    <>
      <div className="flex h-11 shrink-0 items-center gap-2.5 border-b border-line px-3.5">
        <Search size={16} aria-hidden className="text-fg-3" />
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={chosen && optionId(chosen)}
          aria-label={words.shell.searchPlaceholder}
          placeholder={words.shell.searchPlaceholder}
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setPlace(0);
          }}
          onKeyDown={onKey}
          spellCheck={false}
          className="grow bg-transparent text-14 outline-none placeholder:text-fg-3"
        />
        <Kbd keys="escape" />
      </div>
      <div id="palette-list" role="listbox" aria-label={text.title} className="min-h-0 overflow-auto p-1.5">
        {groups.map(({ name, hits }) => (
          <div key={name} role="group" aria-label={name}>
            <div className="mt-2 mb-0.5 px-2 text-11 font-medium text-fg-3" aria-hidden>
              {name}
            </div>
            {hits.map((hit) => (
              <Option key={hit.command.id} hit={hit} chosen={hit === chosen} onRun={() => run(hit)} />
            ))}
          </div>
        ))}
        {hits.length === 0 && <div className="px-2 py-3 text-fg-2">{text.none}</div>}
      </div>
      <div className="flex shrink-0 gap-4 border-t border-line px-3.5 py-2 text-11 text-fg-3">
        <span>
          <Kbd keys="arrowup" /> <Kbd keys="arrowdown" /> {text.choose}
        </span>
        <span>
          <Kbd keys="enter" /> {text.open}
        </span>
      </div>
    </>
  );
}

const optionId = (hit: Hit): string => `palette-${hit.command.id.replaceAll(/[^\w-]/g, "_")}`;

function Option({
  hit: { command, pieces },
  chosen,
  onRun,
}: {
  hit: Hit;
  chosen: boolean;
  onRun: () => void;
}) {
  const { icon: Icon, keys, refused } = command;
  return (
    // The list's keys are in the field above: it alone has the focus.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
    <div
      id={optionId({ command, pieces })}
      role="option"
      aria-selected={chosen}
      aria-disabled={refused !== undefined}
      onClick={onRun}
      ref={(node) => {
        if (chosen) {
          node?.scrollIntoView({ block: "nearest" });
        }
      }}
      className={classes(
        "flex h-8 items-center gap-2.5 rounded-2 px-2 hover:bg-surface-3",
        chosen && "bg-surface-3",
      )}
    >
      {Icon ? (
        <Icon size={16} strokeWidth={1.5} aria-hidden className="text-fg-3" />
      ) : (
        <span className="w-4" />
      )}
      <span className={classes("truncate", refused && "text-fg-3")}>
        {pieces.map((piece, at) => (piece.found ? <b key={at}>{piece.text}</b> : piece.text))}
      </span>
      <span className="ml-auto truncate text-12 text-fg-3">{refused}</span>
      {keys !== undefined && <Kbd keys={keys.split(", ")[0] ?? ""} />}
    </div>
  );
}

function search(commands: readonly Command[], query: string): { name: string; hits: Hit[] }[] {
  const names = { page: text.page, go: text.go, everywhere: text.commands };
  return (["page", "go", "everywhere"] as const).flatMap((group) => {
    const hits = commands
      .filter((command) => command.group === group && !command.quiet)
      .flatMap((command) => {
        const found = matches(command.name, query);
        return found ? [{ command, ...found }] : [];
      })
      .sort((a, b) => a.rank - b.rank)
      .slice(0, MOST);
    return hits.length > 0 ? [{ name: names[group], hits }] : [];
  });
}
