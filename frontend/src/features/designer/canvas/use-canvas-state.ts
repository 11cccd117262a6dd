import { useEffect, useMemo, useState } from "react";
import { type Canvas } from "./model";
import type { Middle } from "./nodes";
import { FIRST_ROW, plan, type Plan, ROW } from "./space";
import { tidy } from "./tidy";
import { wiring, type Wiring } from "./wires";
import { ViewStore } from "../view/view-store";

/** Where everything on the canvas stands. */
export interface Drawn {
  store: ViewStore;
  plan: Plan;
  places: ReadonlyMap<string, number>;
  wiring: Wiring;
  /** Lets a node stand where it was dragged to, until everything is tidied. */
  place: (id: string, y: number) => void;
  tidyUp: () => void;
  tidying: boolean;
  height: number;
}

/** How long the tidying animation takes, with its tail. */
const TIDYING = 260;

export function useCanvasState(
  canvas: Canvas,
  items: readonly Middle[],
  pane: { width: number; height: number },
  covered: number,
): Drawn {
  const [store] = useState(() => new ViewStore());
  const [dragged, setDragged] = useState<ReadonlyMap<string, number>>(new Map());
  const [tidying, setTidying] = useState(false);
  const columns = useMemo(() => plan(pane.width), [pane.width]);
  const tidied = useMemo(() => tidy(items), [items]);
  const places = useMemo(() => new Map([...tidied, ...dragged]), [tidied, dragged]);
  const wired = useMemo(() => wiring(canvas, items, places, columns), [canvas, items, places, columns]);
  const height = useMemo(() => {
    const rows = Math.max(canvas.source.length, canvas.target.length + 1);
    const lowest = items.reduce(
      (most, item) => Math.max(most, (places.get(item.id) ?? 0) + item.height / 2),
      0,
    );
    return Math.max(FIRST_ROW + rows * ROW, lowest) + 44;
  }, [canvas, items, places]);
  useEffect(() => {
    // What lies under the inspector can be moved out from below it.
    store.resize(pane, { width: columns.width + covered, height });
  }, [store, pane, columns, covered, height]);
  useEffect(() => store.redraw(), [store, wired]);
  useEffect(() => {
    if (!tidying) {
      return;
    }
    const timer = setTimeout(() => setTidying(false), TIDYING);
    return () => clearTimeout(timer);
  }, [tidying]);
  return {
    store,
    plan: columns,
    places,
    wiring: wired,
    place: (id, y) => setDragged((known) => new Map(known).set(id, y)),
    tidyUp: () => {
      setTidying(true);
      setDragged(new Map());
    },
    tidying,
    height,
  };
}
