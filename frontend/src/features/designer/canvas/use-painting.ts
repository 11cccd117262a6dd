import { type RefObject, useEffect, useRef } from "react";
import { useTheme } from "@/app/theme/theme";
import { type Colours, coloursOf } from "../view/colours";
import { type Emphasis, type Loose, paintRest, paintTop, prepare } from "../view/paint";
import type { Drawn } from "./use-canvas-state";
import { TOP } from "./space";

export interface Layers {
  rest: RefObject<HTMLCanvasElement | null>;
  top: RefObject<HTMLCanvasElement | null>;
  world: RefObject<HTMLDivElement | null>;
}

/** Draws the wires and moves the world in one frame, so that they never part. */
export function usePainting(
  layers: Layers,
  drawn: Drawn,
  emphasis: Emphasis,
  loose: Loose | undefined,
  pane: { width: number; height: number },
): void {
  const { shown } = useTheme();
  const now = useRef({ drawn, emphasis, loose, pane });
  const colours = useRef<Colours>(undefined);
  useEffect(() => {
    now.current = { drawn, emphasis, loose, pane };
    drawn.store.redraw();
  });
  useEffect(() => {
    colours.current = undefined;
    drawn.store.redraw();
  }, [shown, drawn.store]);
  const { store } = drawn;
  useEffect(
    () =>
      store.onFrame(() => {
        const { rest, top, world } = layers;
        if (!rest.current || !top.current || !world.current) {
          return;
        }
        colours.current ??= coloursOf(rest.current);
        draw({ rest: rest.current, top: top.current, world: world.current }, now.current, colours.current);
      }),
    [store, layers],
  );
}

interface Frame {
  drawn: Drawn;
  emphasis: Emphasis;
  loose: Loose | undefined;
  pane: { width: number; height: number };
}

function draw(
  { rest, top, world }: { rest: HTMLCanvasElement; top: HTMLCanvasElement; world: HTMLElement },
  { drawn, emphasis, loose, pane }: Frame,
  colours: Colours,
): void {
  const { view } = drawn.store;
  const ratio = window.devicePixelRatio;
  for (const canvas of [rest, top]) {
    const [width, height] = [Math.round(pane.width * ratio), Math.round(pane.height * ratio)];
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
  }
  world.style.transform = `translate(${-view.x * view.zoom}px, ${-view.y * view.zoom}px) scale(${view.zoom})`;
  for (const head of world.querySelectorAll<HTMLElement>("[data-sticky]")) {
    const most = Number(head.dataset.sticky) - 2 * head.offsetHeight;
    const down = Math.max(0, Math.min(view.y - TOP + 1, most));
    head.style.transform = `translateY(${down}px)`;
  }
  const behind = rest.getContext("2d");
  const above = top.getContext("2d");
  if (behind && above) {
    prepare(behind, view, pane, ratio);
    paintRest(behind, drawn.wiring, view, pane, colours, emphasis);
    prepare(above, view, pane, ratio);
    paintTop(above, drawn.wiring, view, pane, colours, emphasis, loose);
  }
}
