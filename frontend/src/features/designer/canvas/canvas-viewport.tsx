import { type RefObject, useMemo, useRef } from "react";
import { EmptyState } from "@/components/empty-state";
import { words } from "@/words";
import * as columns from "../document/column-edits";
import { accept, connect, freshName } from "../state/actions";
import { useDesigner } from "../state/designer";
import { NO_PATHS, type Paths, pathsOf } from "../view/paths";
import { chosen, current, NOTHING } from "../view/selection";
import { FILTER } from "./nodes";
import type { Drawn } from "./use-canvas-state";
import { useCanvasKeys } from "./use-canvas-keys";
import { usePainting } from "./use-painting";
import { type PointerActions, usePointer } from "./use-pointer";
import { World } from "./world";

const text = words.designer;

/** The mapping as a picture: source left, target right, what happens between. Only this renders while the pointer moves. */
export function CanvasViewport(props: {
  viewport: RefObject<HTMLDivElement | null>;
  pane: { width: number; height: number };
  drawn: Drawn;
  /** The chosen paths. */
  active: Paths;
  found: ReadonlySet<string>;
  sourceNames: readonly string[];
  targetNames: readonly string[];
  reveal: (place: number) => void;
  onInside: () => void;
}) {
  const { viewport, pane, drawn, active, found, sourceNames, targetNames, reveal, onInside } = props;
  const designer = useDesigner();
  const { canvas, items, proposals, selection, select, ends, config, stream } = designer;
  const { store, places, wiring } = drawn;
  const rest = useRef<HTMLDivElement>(null);
  const top = useRef<HTMLDivElement>(null);
  const hand = useRef<HTMLCanvasElement>(null);
  const world = useRef<HTMLDivElement>(null);
  const layers = useMemo(() => ({ rest, top, hand, world }), []);

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

  const { onKeyDown } = useCanvasKeys({ sourceNames, targetNames, reveal, onInside, store });

  const now = current(selection);
  const currentPlace =
    now === undefined ? -1 : (selection.kind === "source" ? sourceNames : targetNames).indexOf(now);

  return (
    // One place for keys and pointer: rows and nodes are many, and are found by what is under it.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- an application takes both
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
  );
}
