/** How keys are written and read on this machine. */

export const isMac = /Macintosh|iPhone|iPad/.test(navigator.userAgent);

const NAMES: Record<string, string> = {
  mod: isMac ? "⌘" : "Ctrl",
  shift: isMac ? "⇧" : "Shift",
  alt: isMac ? "⌥" : "Alt",
  enter: "↵",
  escape: "Esc",
  space: "Space",
  arrowup: "↑",
  arrowdown: "↓",
  delete: "Del",
  tab: "Tab",
};

/** Writes `mod+enter` as Ctrl ↵, `g h` as G H. */
export function spell(keys: string): string {
  const one = (key: string) => NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key);
  return keys
    .split(" ")
    .map((chord) => chord.split("+").map(one).join(" "))
    .join(" ");
}

/** Reads a pressed key as `spell` takes it; modifiers alone are none. */
export function chordOf(event: KeyboardEvent): string | undefined {
  const key = event.key === " " ? "space" : event.key.toLowerCase();
  if (["control", "meta", "shift", "alt", "dead", "unidentified"].includes(key)) {
    return undefined;
  }
  const mod = isMac ? event.metaKey : event.ctrlKey;
  // A shifted sign such as `?` is a key of its own; shift is told of letters and named keys only.
  const shift = event.shiftKey && (key.length > 1 || /[a-z0-9]/.test(key));
  return [mod && "mod", event.altKey && "alt", shift && "shift", key].filter(Boolean).join("+");
}
