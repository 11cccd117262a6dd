/** What is chosen on the canvas: columns of one side, the filter, or the stream itself. */
export type Selection =
  | { kind: "none" }
  | { kind: "source"; names: readonly string[] }
  | { kind: "target"; names: readonly string[] }
  | { kind: "filter" }
  | { kind: "settings" };

export const NOTHING: Selection = { kind: "none" };

/** How a click adds to what is chosen. */
export type Adding = "only" | "toggle" | "range";

/** The selection after a row was clicked. `order` holds the names of its side. */
export function chosen(
  now: Selection,
  side: "source" | "target",
  name: string,
  adding: Adding,
  order: readonly string[],
): Selection {
  const names = now.kind === side ? now.names : [];
  if (adding === "toggle") {
    const rest = names.filter((other) => other !== name);
    const next = rest.length === names.length ? [...names, name] : rest;
    return next.length === 0 ? NOTHING : { kind: side, names: next };
  }
  const anchor = names[0];
  if (adding === "range" && anchor !== undefined) {
    const [from, to] = [order.indexOf(anchor), order.indexOf(name)];
    if (from >= 0 && to >= 0) {
      const span = order.slice(Math.min(from, to), Math.max(from, to) + 1);
      return { kind: side, names: [anchor, ...span.filter((other) => other !== anchor)] };
    }
  }
  return { kind: side, names: [name] };
}

/** The row that keys act on: the last one chosen. */
export function current(selection: Selection): string | undefined {
  return selection.kind === "source" || selection.kind === "target" ? selection.names.at(-1) : undefined;
}
