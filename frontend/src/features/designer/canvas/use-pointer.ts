import { type PointerEvent, type RefObject, useEffect, useRef, useState } from "react";
import { portAt, wireAt } from "../view/hit";
import type { Loose } from "../view/paint";
import type { Hovered } from "../view/paths";
import type { Adding } from "../view/selection";
import type { ViewStore } from "../view/view-store";
import { zoomed } from "../view/view";
import type { Port, Wiring } from "./wires";

/** What the pointer does on the canvas. Pointer events only: no drag and drop of the browser's. */
export interface PointerActions {
  choose: (side: "source" | "target", name: string, adding: Adding) => void;
  chooseItem: (item: string) => void;
  clear: () => void;
  /** A wire was drawn between two rows; `target` is empty where a new column was met. */
  connect: (source: string, target: string) => void;
  addColumn: () => void;
  accept: (target: string) => void;
  refuse: (target: string) => void;
  moveNode: (item: string, y: number) => void;
}

export interface PointerState {
  hovered: Hovered | undefined;
  loose: Loose | undefined;
  /** The target row, or the empty name of a new column, that a drawn wire would meet. */
  drop: string | undefined;
  panning: boolean;
}

type Gesture =
  | { kind: "pan"; x: number; y: number; moved: boolean }
  | { kind: "node"; item: string; grab: number; moved: boolean; startY: number }
  | { kind: "wire"; from: Port };

const NONE: PointerState = { hovered: undefined, loose: undefined, drop: undefined, panning: false };
const STILL = 4;

export function usePointer(
  viewport: RefObject<HTMLDivElement | null>,
  store: ViewStore,
  wiring: Wiring,
  nameOf: (side: "source" | "target", row: number) => string | undefined,
  placeOf: (item: string) => number | undefined,
  actions: PointerActions,
) {
  const [state, setState] = useState(NONE);
  const gesture = useRef<Gesture>(undefined);

  useEffect(() => {
    const element = viewport.current;
    if (!element) {
      return;
    }
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const { x, y, zoom } = store.view;
      if (event.ctrlKey || event.metaKey) {
        const box = element.getBoundingClientRect();
        const at = { x: event.clientX - box.left, y: event.clientY - box.top };
        store.move(zoomed(store.view, zoom * Math.exp(-event.deltaY / 300), at));
        return;
      }
      const step = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 28 : 1;
      const [across, down] = event.shiftKey ? [event.deltaY, 0] : [event.deltaX, event.deltaY];
      store.move({ x: x + (across * step) / zoom, y: y + (down * step) / zoom, zoom });
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [viewport, store]);

  const pointOf = (event: PointerEvent) => {
    const box = viewport.current?.getBoundingClientRect();
    return { x: event.clientX - (box?.left ?? 0), y: event.clientY - (box?.top ?? 0) };
  };
  const rowUnder = (event: PointerEvent) => {
    const element = document
      .elementFromPoint(event.clientX, event.clientY)
      ?.closest<HTMLElement>("[data-side],[data-add],[data-item]");
    return element && viewport.current?.contains(element) ? element.dataset : undefined;
  };

  const onPointerDown = (event: PointerEvent) => {
    const target = event.target as HTMLElement;
    if (target.closest("button") || (event.button !== 0 && event.button !== 1)) {
      return;
    }
    viewport.current?.setPointerCapture(event.pointerId);
    const point = pointOf(event);
    if (event.button === 1) {
      gesture.current = { kind: "pan", ...point, moved: false };
      return;
    }
    const at = store.at(point);
    const port = portAt(wiring, at.x, at.y, store.view.zoom);
    if (port) {
      gesture.current = { kind: "wire", from: port };
      return;
    }
    const under = target.closest<HTMLElement>("[data-side],[data-add],[data-item]")?.dataset;
    const { side, name, item, add } = under ?? {};
    if ((side === "source" || side === "target") && name !== undefined) {
      actions.choose(
        side,
        name,
        event.shiftKey ? "range" : event.ctrlKey || event.metaKey ? "toggle" : "only",
      );
    } else if (add !== undefined) {
      actions.addColumn();
    } else if (item !== undefined) {
      actions.chooseItem(item);
      const place = placeOf(item);
      if (place !== undefined) {
        gesture.current = { kind: "node", item, grab: at.y - place, moved: false, startY: at.y };
      }
    } else {
      const wire = wireAt(wiring, at.x, at.y, store.view.zoom);
      if (wire !== undefined) {
        actions.chooseItem(wire);
      } else {
        gesture.current = { kind: "pan", ...point, moved: false };
      }
    }
  };

  const onPointerMove = (event: PointerEvent) => {
    const point = pointOf(event);
    const at = store.at(point);
    const doing = gesture.current;
    switch (doing?.kind) {
      case "pan": {
        const { x, y, zoom } = store.view;
        doing.moved ||= Math.hypot(point.x - doing.x, point.y - doing.y) > STILL;
        if (doing.moved) {
          store.move({ x: x - (point.x - doing.x) / zoom, y: y - (point.y - doing.y) / zoom, zoom });
          doing.x = point.x;
          doing.y = point.y;
          setState((now) => (now.panning ? now : { ...NONE, panning: true }));
        }
        return;
      }
      case "node":
        doing.moved ||= Math.abs(at.y - doing.startY) > STILL;
        if (doing.moved) {
          actions.moveNode(doing.item, Math.round(at.y - doing.grab));
        }
        return;
      case "wire":
        setState({ ...NONE, ...wireState(doing.from, at, rowUnder(event)) });
        return;
      default:
        hover(event, at);
    }
  };

  const hover = (event: PointerEvent, at: { x: number; y: number }) => {
    const { side, name, item } =
      (event.target as HTMLElement).closest<HTMLElement>("[data-side],[data-item]")?.dataset ?? {};
    let hovered: Hovered | undefined;
    if ((side === "source" || side === "target") && name !== undefined) {
      hovered = { side, name };
    } else {
      const found = item ?? wireAt(wiring, at.x, at.y, store.view.zoom);
      hovered = found === undefined ? undefined : { item: found };
    }
    setState((now) => (JSON.stringify(now.hovered) === JSON.stringify(hovered) ? now : { ...NONE, hovered }));
  };

  const onPointerUp = (event: PointerEvent) => {
    const doing = gesture.current;
    gesture.current = undefined;
    if (doing?.kind === "pan" && !doing.moved && event.button === 0) {
      actions.clear();
    }
    if (doing?.kind === "wire") {
      finish(doing.from, rowUnder(event), event);
    }
    if (doing) {
      setState(NONE);
    }
  };

  const finish = (from: Port, under: DOMStringMap | undefined, event: PointerEvent) => {
    const own =
      from.row === undefined || (from.side !== "source" && from.side !== "target")
        ? undefined
        : nameOf(from.side, from.row);
    if (own === undefined) {
      return;
    }
    const { side, name, add, target } = under ?? {};
    if (from.side === "source") {
      const to = side === "target" ? name : add !== undefined ? "" : target;
      if (to !== undefined) {
        actions.connect(own, to);
        return;
      }
    } else if (side === "source" && name !== undefined) {
      actions.connect(name, own);
      return;
    }
    if (side === from.side && name === own && (from.side === "source" || from.side === "target")) {
      actions.choose(
        from.side,
        own,
        event.shiftKey ? "range" : event.ctrlKey || event.metaKey ? "toggle" : "only",
      );
    }
  };

  return {
    ...state,
    onPointerDown,
    onPointerMove,
    onPointerUp,
    onPointerCancel: () => {
      gesture.current = undefined;
      setState(NONE);
    },
    onPointerLeave: () => {
      if (!gesture.current) {
        setState(NONE);
      }
    },
    onClick: (event: { target: EventTarget }) => {
      const button = (event.target as HTMLElement).closest<HTMLElement>("[data-accept],[data-refuse]");
      const target = button?.closest<HTMLElement>("[data-target]")?.dataset.target;
      if (button && target !== undefined) {
        (button.dataset.accept === undefined ? actions.refuse : actions.accept)(target);
      }
    },
  };
}

function wireState(
  from: Port,
  at: { x: number; y: number },
  under: DOMStringMap | undefined,
): Partial<PointerState> {
  const loose =
    from.side === "source"
      ? { x1: from.x, y1: from.y, x2: at.x, y2: at.y }
      : { x1: at.x, y1: at.y, x2: from.x, y2: from.y };
  const { side, name, add, target } = under ?? {};
  const drop =
    from.side !== "source" ? undefined : side === "target" ? name : add !== undefined ? "" : target;
  return { loose, ...(drop !== undefined && { drop }) };
}
