import { type PointerEvent, useEffect, useRef } from "react";
import { words } from "@/words";
import type { Canvas } from "./model";
import type { Middle } from "./nodes";
import { FIRST_ROW, ROW, TOP } from "./space";
import type { Drawn } from "./use-canvas-state";

const LARGE = { width: 96, height: 60 };
/** Where the canvas is low, so that no row lies below it. */
const SMALL = { width: 56, height: 24 };

/** How far the frame may be from its place, in pixels of the page, before it is drawn anew. */
const UNSEEN = 0.25;

/** The whole canvas, small; what is in sight is framed. Pressing it goes there. */
export function MiniMap({
  canvas,
  items,
  drawn,
  chosen,
  low,
}: {
  canvas: Canvas;
  items: readonly Middle[];
  drawn: Drawn;
  chosen: ReadonlySet<string>;
  low: boolean;
}) {
  const { store, plan, places, height } = drawn;
  const frame = useRef<SVGRectElement>(null);
  const size = low ? SMALL : LARGE;
  const unseen = UNSEEN * Math.min(plan.width / size.width, height / size.height);
  useEffect(() => {
    let shown: number[] = [];
    const follow = () => {
      const { view, pane } = store;
      const box = [
        Math.max(view.x, 0),
        view.y,
        Math.min(pane.width / view.zoom, plan.width),
        Math.min(pane.height / view.zoom, height),
      ];
      if (box.some((length, at) => Math.abs(length - (shown[at] ?? Infinity)) >= unseen)) {
        shown = box;
        ["x", "y", "width", "height"].forEach((name, at) =>
          frame.current?.setAttribute(name, String(box[at])),
        );
      }
    };
    store.redraw();
    return store.onFrame(follow);
  }, [store, plan, height, unseen]);
  const go = (event: PointerEvent<SVGSVGElement>) => {
    if (event.buttons !== 1) {
      return;
    }
    event.currentTarget.setPointerCapture(event.pointerId);
    const box = event.currentTarget.getBoundingClientRect();
    const { view, pane } = store;
    const y = ((event.clientY - box.top) / box.height) * height - pane.height / view.zoom / 2;
    store.move({ ...view, y });
  };
  const table = (rows: number) => FIRST_ROW - TOP + rows * ROW;
  return (
    <svg
      {...size}
      viewBox={`0 0 ${plan.width} ${height}`}
      preserveAspectRatio="none"
      className="rounded-2 border border-line-2 bg-surface-1"
      role="img"
      aria-label={words.designer.canvas.miniMap}
      onPointerDown={go}
      onPointerMove={go}
    >
      <rect
        x={plan.source.x}
        y={TOP}
        width={plan.source.width}
        height={table(canvas.source.length)}
        rx="8"
        className="fill-line-2"
      />
      <rect
        x={plan.target.x}
        y={TOP}
        width={plan.target.width}
        height={table(canvas.target.length + 1)}
        rx="8"
        className="fill-line-2"
      />
      {items.length <= 300 &&
        items.map((item) => (
          <rect
            key={item.id}
            x={plan.nodes.x}
            y={(places.get(item.id) ?? 0) - item.height / 2}
            width={plan.nodes.width}
            height={item.height}
            className={
              chosen.has(item.id) ? "fill-accent" : item.kind === "lane" ? "fill-transparent" : "fill-line-2"
            }
          />
        ))}
      <rect
        ref={frame}
        className="fill-transparent stroke-accent"
        strokeWidth="1.5"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}
