import type { KeyboardEvent } from "react";
import { setConsent } from "../document/column-edits";
import { accept, removeSelected } from "../state/actions";
import { useDesigner } from "../state/designer";
import { chosen, current, NOTHING } from "../view/selection";
import type { ViewStore } from "../view/view-store";
import { zoomed } from "../view/view";

const PAGE = 10;

/** What keys do while the canvas has the focus. */
export function useCanvasKeys({
  sourceNames,
  targetNames,
  reveal,
  onInside,
  store,
}: {
  sourceNames: readonly string[];
  targetNames: readonly string[];
  reveal: (place: number) => void;
  onInside: () => void;
  store: ViewStore;
}) {
  const designer = useDesigner();
  const { canvas, selection, select, proposals } = designer;
  const side = selection.kind === "target" ? "target" : "source";
  const order = side === "source" ? sourceNames : targetNames;
  const now = current(selection);
  const place = now === undefined ? -1 : order.indexOf(now);

  const step = (by: number, adding: boolean) => {
    const next = Math.min(Math.max(place + by, 0), order.length - 1);
    const name = order[next];
    if (name !== undefined) {
      select(chosen(selection, side, name, adding ? "range" : "only", order));
      reveal(next);
    }
  };
  /** To the other end of the first wire. */
  const across = (to: "source" | "target") => {
    if (side === to && now !== undefined) {
      return;
    }
    const item = designer.items.find((one) =>
      to === "target" ? one.inputs.includes(place) : one.target === place && one.inputs.length > 0,
    );
    const row = to === "target" ? item?.target : item?.inputs[0];
    const near = row ?? Math.max(place, 0);
    const name = to === "target" ? canvas.target[near]?.name : canvas.source[near]?.column.name;
    if (name !== undefined) {
      select({ kind: to, names: [name] });
      reveal(near);
    }
  };
  const acceptChosen = () => {
    const own = proposals.filter(
      (proposal) => selection.kind === "target" && selection.names.includes(proposal.target),
    );
    if (own.length > 0) {
      accept(designer, own);
    } else {
      document.querySelector<HTMLElement>("[data-inspector] .cm-content, [data-inspector] input")?.focus();
    }
  };
  const consent = () => {
    const row = canvas.target.find((one) => one.name === now);
    if (side === "target" && row && (row.loss === "asks" || row.loss === "allowed")) {
      designer.edit(setConsent(designer.mapping, row.name, row.loss === "asks"), "consent");
    }
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const { key, shiftKey } = event;
    const mod = event.ctrlKey || event.metaKey;
    if (mod && key.toLowerCase() === "a") {
      event.preventDefault();
      select({ kind: side, names: order });
      return;
    }
    if (mod || event.altKey) {
      return;
    }
    const does: Record<string, () => void> = {
      ArrowDown: () => step(1, shiftKey),
      ArrowUp: () => step(-1, shiftKey),
      j: () => step(1, false),
      k: () => step(-1, false),
      PageDown: () => step(PAGE, shiftKey),
      PageUp: () => step(-PAGE, shiftKey),
      Home: () => step(-order.length, shiftKey),
      End: () => step(order.length, shiftKey),
      ArrowRight: () => across("target"),
      ArrowLeft: () => across("source"),
      Enter: acceptChosen,
      Delete: () => removeSelected(designer),
      Backspace: () => removeSelected(designer),
      e: acceptChosen,
      l: consent,
      " ": onInside,
      Escape: () => select(NOTHING),
      "+": () => store.move(zoomed(store.view, store.view.zoom * 1.25, { x: 0, y: 0 })),
      "-": () => store.move(zoomed(store.view, store.view.zoom / 1.25, { x: 0, y: 0 })),
    };
    const found = does[key];
    if (found) {
      event.preventDefault();
      found();
    }
  };
  return { onKeyDown };
}
