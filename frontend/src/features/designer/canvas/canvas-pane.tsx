import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useDesigner } from "../state/designer";
import { pathsOf } from "../view/paths";
import { useSize } from "../view/use-size";
import { revealing } from "../view/view";
import { Legend, ZoomBar } from "./canvas-corner";
import { CanvasTools } from "./canvas-tools";
import { CanvasViewport } from "./canvas-viewport";
import { MapByKeys } from "./map-by-keys";
import { MiniMap } from "./mini-map";
import { HEADER, ROW, rowMiddle } from "./space";
import { useCanvasState } from "./use-canvas-state";

/** A canvas so low that the mini-map would lie over rows. */
const LOW = 420;

/** The mapping as a picture, its tools above and below it. */
export function CanvasPane({
  covered,
  onInside,
}: {
  /** How much of its right side lies under the inspector. */
  covered: number;
  onInside: () => void;
}) {
  const { canvas, items, selection } = useDesigner();
  const viewport = useRef<HTMLDivElement>(null);
  const pane = useSize(viewport);
  const drawn = useCanvasState(canvas, items, pane, covered);
  const { store } = drawn;
  const [found, setFound] = useState<ReadonlySet<string>>(new Set());
  const [mapping, setMapping] = useState(false);
  const sourceNames = useMemo(() => canvas.source.map((row) => row.column.name), [canvas]);
  const targetNames = useMemo(() => canvas.target.map((row) => row.name), [canvas]);
  const active = useMemo(() => pathsOf(canvas, items, selection), [canvas, items, selection]);
  const isTarget = selection.kind === "target";
  // The inspector never hides the column that it is about.
  useEffect(() => {
    if (isTarget) {
      store.move({ ...store.view, x: covered / store.view.zoom });
    }
  }, [isTarget, covered, store]);
  const reveal = useCallback(
    (place: number) => {
      const y = rowMiddle(place);
      store.move(revealing(store.view, store.pane, y - ROW - HEADER, y + ROW));
    },
    [store],
  );
  const mapByKeys = useCallback(() => setMapping(true), []);
  return (
    <div className="canvas-ground relative flex min-h-0 min-w-0 grow flex-col">
      <CanvasTools
        covered={covered}
        drawn={drawn}
        onFound={setFound}
        reveal={reveal}
        sourceNames={sourceNames}
        targetNames={targetNames}
        onMap={mapByKeys}
      />
      <CanvasViewport
        viewport={viewport}
        pane={pane}
        drawn={drawn}
        active={active}
        found={found}
        sourceNames={sourceNames}
        targetNames={targetNames}
        reveal={reveal}
        onInside={onInside}
      />
      <div
        className="relative z-(--z-canvas-ui) flex h-9 shrink-0 items-center justify-between gap-2 px-5"
        style={{ marginRight: covered }}
      >
        <Legend />
        <div className="flex items-end gap-2 self-end pb-1.5">
          <MiniMap
            canvas={canvas}
            items={items}
            drawn={drawn}
            chosen={active.items}
            low={pane.height < LOW}
          />
          <ZoomBar store={store} />
        </div>
      </div>
      {mapping && (
        <MapByKeys
          onClose={() => {
            setMapping(false);
            viewport.current?.focus();
          }}
        />
      )}
    </div>
  );
}
