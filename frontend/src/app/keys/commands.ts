import type { LucideIcon } from "lucide-react";
import { useEffect, useSyncExternalStore } from "react";
import { chordOf } from "@/platform/keyboard";

/** Something that can be done now: by its key, and from the palette. */
export interface Command {
  id: string;
  name: string;
  group: "page" | "go" | "everywhere";
  /** `mod+k`, `?`, `g h`; several with commas. Single letters sleep in text fields. */
  keys?: string;
  icon?: LucideIcon;
  /** Why it cannot be done now. */
  refused?: string | undefined;
  run: () => void;
  /** Only a key; the palette does not list it. */
  quiet?: boolean;
}

/** Groups of commands, the newest last: a page's go before the shell's. */
let groups: readonly (readonly Command[])[] = [];
const listeners = new Set<() => void>();

function change(next: typeof groups) {
  groups = next;
  listeners.forEach((tell) => tell());
}

/** Offers commands for as long as the caller is shown. Give a list that stays the same while it means the same. */
export function useCommands(commands: readonly Command[]): void {
  useEffect(() => {
    change([...groups, commands]);
    return () => change(groups.filter((group) => group !== commands));
  }, [commands]);
}

const subscribe = (tell: () => void) => {
  listeners.add(tell);
  return () => listeners.delete(tell);
};

/** All commands on offer, those of the page first; of two with one id the newer one holds. */
export function useOffered(): Command[] {
  const all = useSyncExternalStore(subscribe, () => groups);
  return offered(all);
}

function offered(all: typeof groups): Command[] {
  const byId = new Map<string, Command>();
  for (const command of all.toReversed().flat()) {
    if (!byId.has(command.id)) {
      byId.set(command.id, command);
    }
  }
  return [...byId.values()];
}

/** How long a sequence such as `g h` may take between its keys. */
const SEQUENCE = 900;

/** Listens for the keys of all commands on offer. */
export function listenForKeys(): () => void {
  let before: { chord: string; at: number } | undefined;
  const onKey = (event: KeyboardEvent) => {
    const chord = chordOf(event);
    if (chord === undefined || event.defaultPrevented || event.isComposing) {
      return;
    }
    const bare = !chord.startsWith("mod+") && !chord.startsWith("alt+");
    if (bare && (isTyping(event.target) || isInDialog(event.target))) {
      return;
    }
    const sequence =
      before && event.timeStamp - before.at < SEQUENCE ? `${before.chord} ${chord}` : undefined;
    before = bare ? { chord, at: event.timeStamp } : undefined;
    const found = find(sequence) ?? find(chord);
    if (found) {
      event.preventDefault();
      before = undefined;
      found.run();
    }
  };
  window.addEventListener("keydown", onKey);
  return () => window.removeEventListener("keydown", onKey);
}

const find = (keys: string | undefined): Command | undefined =>
  keys === undefined
    ? undefined
    : offered(groups).find((command) => !command.refused && command.keys?.split(", ").includes(keys));

/** Whether letters go into a field there. */
const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches("input:not([type=checkbox]), textarea, select"));

/** Whether the page is behind something that asks first. */
const isInDialog = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest("[role=dialog], [role=menu]") !== null;
