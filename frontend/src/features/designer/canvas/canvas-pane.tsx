import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { EmptyState } from "@/components/empty-state";
import { words } from "@/words";
import * as columns from "../document/column-edits";
import { accept, connect, freshName } from "../state/actions";
import { useDesigner } from "../state/designer";
import { NO_PATHS, pathsOf } from "../view/paths";
import { chosen, current, NOTHING } from "../view/selection";
import { useSize } from "../view/use-size";
import { CanvasTools } from "./canvas-tools";
import { Legend, ZoomBar } from "./canvas-corner";
import { MapByKeys } from "./map-by-keys";
import { MiniMap } from "./mini-map";
import { FILTER } from "./nodes";
import { HEADER, ROW, rowMiddle } from "./space";
import { useCanvasKeys } from "./use-canvas-keys";
import { useCanvasState } from "./use-canvas-state";
import { usePainting } from "./use-painting";
import { type PointerActions, usePointer } from "./use-pointer";
import { revealing } from "../view/view";
import { World } from "./world";

const text = words.designer;

/** A canvas so low that the mini-map would lie over rows. */
const LOW = 420;

/** The mapping as a picture: source left, target right, what happens between. */
export function CanvasPane({
  covered,
  onInside,
}: {
  /** How much of its right side lies under the inspector. */
  covered: number;
  onInside: () => void;
}) {
  const designer = useDesigner();
  const { canvas, items, proposals, selection, select, ends, config, stream } = designer;
  const viewport = useRef<HTMLDivElement>(null);
  const rest = useRef<HTMLDivElement>(null);
  const top = useRef<HTMLDivElement>(null);
  const hand = useRef<HTMLCanvasElement>(null);
  const world = useRef<HTMLDivElement>(null);
  const layers = useMemo(() => ({ rest, top, hand, world }), []);
  const pane = useSize(viewport);
  const drawn = useCanvasState(canvas, items, pane, covered);
  const { store, places, wiring } = drawn;
  const [found, setFound] = useState<ReadonlySet<string>>(new Set());
  const [mapping, setMapping] = useState(false);

  const sourceNames = useMemo(() => canvas.source.map((row) => row.column.name), [canvas]);
  const targetNames = useMemo(() => canvas.target.map((row) => row.name), [canvas]);
  const active = useMemo(() => pathsOf(canvas, items, selection), [canvas, items, selection]);

  const actions: PointerActions = {
    choose: (side, name, adding) =>
      select(chosen(selection, side, name, adding, side === "source" ? sourceNames : targetNames)),
    chooseItem: (item) => {
      if (item === FILTER) {
        select(config.where === undefined ? NOTHING : { kind: "filter" });
        return;
      }
      const target = items.find((one) => one.id === item)?.target;
      const row = target === undefined ? undefined : canvas.target[target];
      if (row) {
        select({ kind: "target", names: [row.name] });
      }
    },
    clear: () => select(NOTHING),
    connect: (source, target) =>
      connect(designer, source, target === "" ? freshName(designer, source) : target),
    addColumn: () => {
      const name = freshName(designer, "new_column");
      designer.edit(columns.setExpression(designer.mapping, name, "''"), text.canvas.addColumn);
      select({ kind: "target", names: [name] });
    },
    accept: (target) =>
      accept(
        designer,
        proposals.filter((proposal) => proposal.target === target),
      ),
    refuse: (target) => designer.refuse(proposals.filter((proposal) => proposal.target === target)),
    moveNode: drawn.place,
  };
  const pointer = usePointer(
    viewport,
    store,
    wiring,
    (side, row) => (side === "source" ? sourceNames[row] : targetNames[row]),
    (item) => places.get(item),
    actions,
  );
  const { hovered, loose, drop, panning, ...handlers } = pointer;
  const lifted = useMemo(() => {
    const paths = pathsOf(canvas, items, hovered);
    // A row that leads nowhere lifts nothing: the rest would fade for no reason.
    return paths.items.size > 0 ? paths : NO_PATHS;
  }, [canvas, items, hovered]);
  const emphasis = useMemo(() => ({ active: active.items, hovered: lifted.items }), [active, lifted]);
  usePainting(layers, drawn, emphasis, loose, pane);

  const reveal = useCallback(
    (place: number) => {
      const y = rowMiddle(place);
      store.move(revealing(store.view, store.pane, y - ROW - HEADER, y + ROW));
    },
    [store],
  );
  const { onKeyDown } = useCanvasKeys({ reveal, onInside, store });

  const isTarget = selection.kind === "target";
  // The inspector never hides the column that it is about.
  useEffect(() => {
    if (isTarget) {
      store.move({ ...store.view, x: covered / store.view.zoom });
    }
  }, [isTarget, covered, store]);

  const now = current(selection);
  const currentPlace =
    now === undefined ? -1 : (selection.kind === "source" ? sourceNames : targetNames).indexOf(now);

  return (
    <div className="canvas-ground relative flex min-h-0 min-w-0 grow flex-col">
      <CanvasTools
        covered={covered}
        drawn={drawn}
        onFound={setFound}
        reveal={reveal}
        sourceNames={sourceNames}
        targetNames={targetNames}
        onMap={() => setMapping(true)}
      />
      {/* One place for keys and pointer: rows and nodes are many, and are found by what is under it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- an application takes both */}
      <div
        ref={viewport}
        role="application"
        aria-label={text.canvas.name}
        aria-activedescendant={currentPlace < 0 ? undefined : `${selection.kind}-${currentPlace}`}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- an application takes keys
        tabIndex={0}
        onKeyDown={onKeyDown}
        {...handlers}
        className="canvas-viewport relative min-h-0 grow touch-none overflow-hidden outline-none select-none"
        style={{ cursor: panning ? "grabbing" : loose ? "crosshair" : undefined }}
        data-canvas=""
      >
        <div ref={rest} className="canvas-wires" aria-hidden />
        <World world={world} drawn={drawn} active={active} lifted={lifted} found={found} drop={drop} />
        {loose && <canvas ref={hand} className="canvas-wires top" aria-hidden />}
        <div ref={top} className="canvas-wires top" aria-hidden />
        {!ends.looking && canvas.source.length === 0 && (
          <div className="absolute inset-0 z-(--z-canvas-ui) grid place-items-center">
            <EmptyState title={stream === undefined ? text.canvas.noStream : text.canvas.noSource}>
              {stream === undefined ? text.canvas.noStreamAbout : text.canvas.noSourceAbout}
            </EmptyState>
          </div>
        )}
      </div>
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
