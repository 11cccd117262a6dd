import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Badge } from "@/components/badge";
import { IconButton } from "@/components/button";
import { Splitter } from "@/components/splitter";
import { words } from "@/words";
import { kindOf } from "../canvas/nodes";
import { useDesigner } from "../state/designer";
import { current, NOTHING } from "../view/selection";
import { FilterSection } from "./filter-section";
import { SettingsForm } from "./settings-form";
import { SeveralSection } from "./several-section";
import { SourceSection } from "./source-section";
import { TargetSection } from "./target-section";

const text = words.designer.inspector;

const LEAST = 280;
const MOST = 480;

/** What is chosen on the canvas, and all that can be said of it. */
export function Inspector({
  width,
  onResize,
  over,
}: {
  width: number;
  onResize: (width: number) => void;
  over: boolean;
}) {
  const designer = useDesigner();
  const { selection, select, canvas, stream } = designer;
  const name = current(selection);
  const several = "names" in selection && selection.names.length > 1;
  const row = selection.kind === "target" ? canvas.target.find((one) => one.name === name) : undefined;
  const column =
    selection.kind === "source" ? canvas.source.find((one) => one.column.name === name) : undefined;
  let title = name ?? "";
  let kind: string = text.column;
  let body: ReactNode = null;
  if (several) {
    title = text.several(selection.names.length);
    kind = selection.kind === "source" ? text.sourceColumn : text.column;
    body = <SeveralSection />;
  } else if (row) {
    const node = kindOf(row);
    kind = node === "expression" || node === "mask" || node === "cast" ? text[node] : text.column;
    body = <TargetSection key={row.name} row={row} />;
  } else if (column) {
    kind = text.sourceColumn;
    body = <SourceSection key={column.column.name} row={column} />;
  } else if (selection.kind === "filter") {
    title = words.designer.canvas.filter;
    kind = text.filter;
    body = <FilterSection />;
  } else if (selection.kind === "settings") {
    title = stream ?? "";
    kind = text.settings;
    body = <SettingsForm />;
  }
  if (body === null) {
    return null;
  }
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- Esc leaves it from any of its fields
    <aside
      data-inspector=""
      aria-label={`${title}, ${kind}`}
      className={`flex min-h-0 shrink-0 flex-col border-l border-line bg-surface-1 ${over ? "absolute inset-y-0 right-0 z-(--z-panel) shadow-e2" : "relative"}`}
      style={{ width }}
      onKeyDown={(event) => {
        if (
          event.key === "Escape" &&
          !event.defaultPrevented &&
          event.target instanceof HTMLElement &&
          !event.target.closest(".cm-editor")
        ) {
          select(NOTHING);
          document.querySelector<HTMLElement>("[data-canvas]")?.focus();
        }
      }}
    >
      <Splitter edge="left" size={width} least={LEAST} most={MOST} name={text.resize} onResize={onResize} />
      <header className="flex h-10 shrink-0 items-center gap-2 border-b border-line pr-2 pl-3">
        <h2 className="min-w-0 truncate font-semibold" title={title}>
          {title}
        </h2>
        <Badge>{kind}</Badge>
        <span className="grow" />
        <IconButton
          icon={X}
          name={words.actions.close}
          keys="escape"
          size="sm"
          onClick={() => select(NOTHING)}
        />
      </header>
      <div className="min-h-0 grow overflow-x-hidden overflow-y-auto">{body}</div>
    </aside>
  );
}
