import { memo, type RefObject, useCallback, useMemo, useSyncExternalStore } from "react";
import { words } from "@/words";
import { useDesigner } from "../state/designer";
import { shortCount } from "@/words/figures";
import type { Paths } from "../view/paths";
import { current } from "../view/selection";
import type { TargetRow } from "./model";
import { FilterCard, NodeCard } from "./node-card";
import { ProposalChip } from "./proposal-chip";
import { SourceTable } from "./source-table";
import { FIRST_ROW, HEADER, ROW, TOP } from "./space";
import { TargetTable } from "./target-table";
import type { Drawn } from "./use-canvas-state";

const text = words.designer;

interface WorldProps {
  world: RefObject<HTMLDivElement | null>;
  drawn: Drawn;
  /** The chosen paths, and those under the pointer. */
  active: Paths;
  lifted: Paths;
  found: ReadonlySet<string>;
  drop: string | undefined;
}

/** Both tables and the nodes between them: what is in sight of it. Only this renders while the view moves. */
export const World = memo(function World({ world, drawn, active, lifted, found, drop }: WorldProps) {
  const { canvas, items, marks, proposals, selection, ends, config, sync, stream, sample } = useDesigner();
  const { store, plan, places } = drawn;
  const { first, last, detail } = useSyncExternalStore(store.subscribe, store.seen);
  const chosenSource = useMemo(
    () => new Set([...active.source].map((place) => canvas.source[place]?.column.name ?? "")),
    [active, canvas],
  );
  const chosenTarget = useMemo(
    () => new Set([...active.target].map((place) => canvas.target[place]?.name ?? "")),
    [active, canvas],
  );
  const proposed = useMemo(() => new Set(proposals.map((proposal) => proposal.source)), [proposals]);
  const types = sample.sample?.types;
  const typeOf = useCallback((row: TargetRow) => row.type ?? types?.[row.name], [types]);
  const nodes = useMemo(() => items.filter((item) => item.kind !== "lane"), [items]);
  const [top, bottom] = [FIRST_ROW + (first - 4) * ROW, FIRST_ROW + (last + 4) * ROW];
  const seen = nodes.filter((item) => {
    const y = places.get(item.id) ?? 0;
    return y > top && y < bottom;
  });
  const now = current(selection);
  const write = config.write ?? (config.mode === "incremental" ? "merge" : "overwrite");
  const key = config.primary_key ?? ends.source?.primaryKey ?? [];
  const held = ends.source?.rows === undefined ? undefined : text.canvas.rows(shortCount(ends.source.rows));
  const lands = `${write}${key.length > 0 && write !== "append" ? ` on ${key.join(", ")}` : ""}`;
  const sourcePlace = {
    ...plan.source,
    title: stream ?? "",
    about: [sync?.source, held].filter(Boolean).join(" · "),
    first,
    last,
  };
  const targetPlace = {
    ...plan.target,
    title: ends.into,
    about: [sync?.destination, lands].filter(Boolean).join(" · "),
    first,
    last,
  };
  return (
    <div
      ref={world}
      className="canvas-world"
      data-detail={detail}
      {...(lifted.items.size > 0 && { "data-lifting": "" })}
      {...(drawn.tidying && { "data-tidying": "" })}
    >
      <SourceTable
        rows={canvas.source}
        place={sourcePlace}
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
          chosen={selection.kind === "filter"}
        />
      )}
      {seen.map((item) => {
        const row = item.target === undefined ? undefined : canvas.target[item.target];
        const shared = {
          chosen: active.items.has(item.id),
          lifted: lifted.items.has(item.id),
          y: places.get(item.id) ?? 0,
        };
        if (item.proposal) {
          return (
            <ProposalChip
              key={item.id}
              proposal={item.proposal}
              x={plan.nodes.x + 8}
              width={plan.nodes.width - 16}
              {...shared}
            />
          );
        }
        return (
          row && (
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
          )
        );
      })}
      <TargetTable
        rows={canvas.target}
        place={targetPlace}
        chosen={chosenTarget}
        lifted={lifted.target}
        found={found}
        current={selection.kind === "target" ? now : undefined}
        drop={drop}
        typeOf={typeOf}
      />
    </div>
  );
});
