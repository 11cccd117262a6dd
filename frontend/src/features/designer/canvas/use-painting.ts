import { type RefObject, useEffect, useMemo, useRef } from "react";
import { useTheme } from "@/app/theme/theme";
import { type Colours, coloursOf } from "../view/colours";
import { type Emphasis, type Loose, paintLoose, paintRest, paintTop } from "../view/paint";
import { cleared, type Picture, Strips } from "../view/strips";
import { corner, type Size, type View } from "../view/view";
import type { Drawn } from "./use-canvas-state";
import { HEADER, type Plan, TOP } from "./space";
import type { Wiring } from "./wires";

export interface Layers {
  rest: RefObject<HTMLDivElement | null>;
  top: RefObject<HTMLDivElement | null>;
  /** There while a wire is drawn by hand. */
  hand: RefObject<HTMLCanvasElement | null>;
  world: RefObject<HTMLDivElement | null>;
}

/** Draws the wires and moves the world in one frame, so that they never part. */
export function usePainting(
  layers: Layers,
  drawn: Drawn,
  emphasis: Emphasis,
  loose: Loose | undefined,
  pane: Size,
): void {
  const { shown } = useTheme();
  const { store, wiring, plan } = drawn;
  const pictures = useMemo(() => picturesOf(wiring, plan, emphasis), [wiring, plan, emphasis]);
  const now = useRef({ pictures, loose, pane });
  const colours = useRef<Colours>(undefined);
  useEffect(() => {
    now.current = { pictures, loose, pane };
    store.redraw();
  });
  useEffect(() => {
    colours.current = undefined;
    store.redraw();
  }, [shown, store]);
  useEffect(() => {
    const { rest, top, hand, world } = layers;
    if (!rest.current || !top.current || !world.current) {
      return;
    }
    const [behind, above, moved] = [new Strips(rest.current), new Strips(top.current), world.current];
    return store.onFrame(() => {
      colours.current ??= coloursOf(moved);
      const { view } = store;
      const { pictures, loose, pane } = now.current;
      const ratio = window.devicePixelRatio;
      moveTo(moved, view, ratio);
      behind.show(pictures.rest, colours.current, view, pane, ratio);
      above.show(pictures.top, colours.current, view, pane, ratio);
      if (hand.current && loose) {
        drawLoose(hand.current, loose, colours.current, view, pane, ratio);
      }
    });
  }, [store, layers]);
}

/** How far ports reach out of the gap between the tables. */
const PORT = 8;

function picturesOf(wiring: Wiring, plan: Plan, emphasis: Emphasis): { rest: Picture; top: Picture } {
  const between = { left: plan.source.x + plan.source.width - PORT, right: plan.target.x + PORT };
  return {
    rest: {
      ...between,
      paint: (context, span, colours) => paintRest(context, wiring, span, colours, emphasis),
    },
    top: {
      ...between,
      paint: (context, span, colours) => paintTop(context, wiring, span, colours, emphasis),
    },
  };
}

function moveTo(world: HTMLElement, view: View, ratio: number): void {
  const { x, y } = corner(view, ratio);
  world.style.transform = `translate3d(${-x}px, ${-y}px, 0) scale(${view.zoom})`;
  for (const head of world.querySelectorAll<HTMLElement>("[data-sticky]")) {
    const most = Number(head.dataset.sticky) - 2 * HEADER;
    const down = Math.max(0, Math.min(view.y - TOP - 1, most));
    head.style.transform = `translate3d(0, ${down}px, 0)`;
  }
}

function drawLoose(
  canvas: HTMLCanvasElement,
  loose: Loose,
  colours: Colours,
  view: View,
  pane: Size,
  ratio: number,
): void {
  const size = { width: Math.round(pane.width * ratio), height: Math.round(pane.height * ratio) };
  const { x, y } = corner(view, ratio);
  const scale = view.zoom * ratio;
  const context = cleared(canvas, size, ratio);
  context?.setTransform(scale, 0, 0, scale, -x * ratio, -y * ratio);
  if (context) {
    paintLoose(context, loose, colours);
  }
}
