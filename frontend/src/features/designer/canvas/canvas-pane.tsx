import { useCallback, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { EmptyState } from "@/components/empty-state";
import { words } from "@/words";
import * as columns from "../document/column-edits";
import { accept, connect, freshName } from "../state/actions";
import { useDesigner } from "../state/designer";
import { short } from "../view/format";
import { NO_PATHS, pathsOf } from "../view/paths";
import { chosen, current, NOTHING } from "../view/selection";
import { useSize } from "../view/use-size";
import { CanvasTools } from "./canvas-tools";
import { Legend, ZoomBar } from "./canvas-corner";
import { MapByKeys } from "./map-by-keys";
import { MiniMap } from "./mini-map";
import type { TargetRow } from "./model";
import { FILTER } from "./nodes";
import { FilterCard, NodeCard } from "./node-card";
import { ProposalChip } from "./proposal-chip";
import { SourceTable } from "./source-table";
import { FIRST_ROW, HEADER, ROW, rowMiddle, TOP } from "./space";
import { TargetTable } from "./target-table";
import { useCanvasKeys } from "./use-canvas-keys";
import { useCanvasState } from "./use-canvas-state";
import { usePainting } from "./use-painting";
import { type PointerActions, usePointer } from "./use-pointer";
import { revealing } from "../view/view";

const text = words.designer;

/** The mapping as a picture: source left, target right, what happens between. */
export function CanvasPane({ onInside, covered }: { onInside: () => void; covered: number }) {
  const designer = useDesigner();
  const { canvas, items, marks, proposals, selection, select, ends, config, sync, stream } = designer;
  const viewport = useRef<HTMLDivElement>(null);
  const rest = useRef<HTMLCanvasElement>(null);
  const top = useRef<HTMLCanvasElement>(null);
  const world = useRef<HTMLDivElement>(null);
  const layers = useMemo(() => ({ rest, top, world }), []);
  const whole = useSize(viewport);
  const pane = useMemo(
    () => ({ width: Math.max(320, whole.width - covered), height: whole.height }),
    [whole, covered],
  );
  const drawn = useCanvasState(canvas, items, pane);
  const { store, plan, places, wiring } = drawn;
  const seen = useSyncExternalStore(store.subscribe, store.seen);
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

  const chosenSource = useMemo(() => namesAt(active.source, sourceNames), [active, sourceNames]);
  const chosenTarget = useMemo(() => namesAt(active.target, targetNames), [active, targetNames]);
  const proposed = useMemo(() => new Set(proposals.map((proposal) => proposal.source)), [proposals]);
  const types = designer.sample.sample?.types;
  const typeOf = useCallback((row: TargetRow) => row.type ?? types?.[row.name], [types]);
  const now = current(selection);
  const [from, to] = [seen.first, seen.last];
  const visible = (y: number) => y > FIRST_ROW + (from - 4) * ROW && y < FIRST_ROW + (to + 4) * ROW;
  const currentPlace =
    now === undefined ? -1 : (selection.kind === "source" ? sourceNames : targetNames).indexOf(now);
  const write = config.write ?? (config.mode === "incremental" ? "merge" : "overwrite");
  const key = config.primary_key ?? ends.source?.primaryKey ?? [];

  return (
    <div className="canvas-ground relative flex min-h-0 min-w-0 grow flex-col">
      <CanvasTools
        drawn={drawn}
        covered={covered}
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
        style={{ cursor: panning ? "grabbing" : loose ? "crosshair" : undefined, marginRight: covered }}
        data-canvas=""
      >
        <canvas ref={rest} className="canvas-wires" aria-hidden />
        <div
          ref={world}
          className="canvas-world"
          data-detail={seen.detail}
          {...(lifted.items.size > 0 && { "data-lifting": "" })}
          {...(drawn.tidying && { "data-tidying": "" })}
        >
          <SourceTable
            rows={canvas.source}
            x={plan.source.x}
            width={plan.source.width}
            title={stream ?? ""}
            about={[
              sync?.source,
              ends.source?.rows === undefined ? undefined : text.canvas.rows(short(ends.source.rows)),
            ]
              .filter(Boolean)
              .join(" · ")}
            first={from}
            last={to}
            chosen={chosenSource}
            lifted={lifted.source}
            found={found}
            current={selection.kind === "source" ? now : undefined}
            proposed={proposed}
          />
          {config.where !== undefined && (
            <FilterCard
              filter={config.where}
              x={plan.nodes.x}
              width={plan.nodes.width}
              top={TOP}
              height={HEADER}
              about=""
              chosen={selection.kind === "filter"}
            />
          )}
          {items.map((item) => {
            const y = places.get(item.id) ?? 0;
            const row = item.target === undefined ? undefined : canvas.target[item.target];
            if (item.kind === "lane" || !row || !visible(y)) {
              return null;
            }
            const shared = { chosen: active.items.has(item.id), lifted: lifted.items.has(item.id), y };
            return item.proposal ? (
              <ProposalChip
                key={item.id}
                proposal={item.proposal}
                x={plan.nodes.x + 8}
                width={plan.nodes.width - 16}
                {...shared}
              />
            ) : (
              <NodeCard
                key={item.id}
                item={item}
                row={row}
                type={typeOf(row)}
                x={plan.nodes.x}
                width={plan.nodes.width}
                marks={marks.get(row.name)}
                {...shared}
              />
            );
          })}
          <TargetTable
            rows={canvas.target}
            x={plan.target.x}
            width={plan.target.width}
            title={ends.into}
            about={[
              sync?.destination,
              `${write}${key.length > 0 && write !== "append" ? ` on ${key.join(", ")}` : ""}`,
            ]
              .filter(Boolean)
              .join(" · ")}
            first={from}
            last={to}
            chosen={chosenTarget}
            lifted={lifted.target}
            found={found}
            current={selection.kind === "target" ? now : undefined}
            drop={drop}
            typeOf={typeOf}
          />
        </div>
        <canvas ref={top} className="canvas-wires top" aria-hidden />
        {!ends.looking && canvas.source.length === 0 && (
          <div className="absolute inset-0 z-(--z-canvas-ui) grid place-items-center">
            <EmptyState title={stream === undefined ? text.canvas.noStream : text.canvas.noSource}>
              {stream === undefined ? text.canvas.noStreamAbout : text.canvas.noSourceAbout}
            </EmptyState>
          </div>
        )}
      </div>
      <Legend />
      <div
        className="absolute bottom-3 z-(--z-canvas-ui) flex items-end gap-2"
        style={{ right: 20 + covered }}
      >
        <MiniMap canvas={canvas} items={items} drawn={drawn} chosen={active.items} />
        <ZoomBar store={store} />
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

function namesAt(places: ReadonlySet<number>, names: readonly string[]): ReadonlySet<string> {
  return new Set([...places].map((place) => names[place] ?? ""));
}
