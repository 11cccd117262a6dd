import { Maximize, Minus, Plus } from "lucide-react";
import { useSyncExternalStore } from "react";
import { Button, IconButton } from "@/components/button";
import { words } from "@/words";
import { fitting, zoomed } from "../view/view";
import type { ViewStore } from "../view/view-store";

const text = words.designer;

/** What the wires' looks mean. */
export function Legend() {
  const { legend } = text.canvas;
  const line = (className: string, width = 1.5, dash?: string) => (
    <svg width="18" height="6" aria-hidden>
      <path d="M0 3h18" strokeWidth={width} strokeDasharray={dash} className={className} />
    </svg>
  );
  return (
    <div className="flex gap-3.5 text-11 text-fg-3">
      <span className="flex items-center gap-1.5">
        {line("stroke-wire")}
        {legend.exact}
      </span>
      <span className="flex items-center gap-1.5">
        {line("stroke-warn")}
        {legend.lossy}
      </span>
      <span className="flex items-center gap-1.5">
        {line("stroke-accent", 1.5, "3 4")}
        {legend.proposed}
      </span>
      <span className="flex items-center gap-1.5">
        {line("stroke-wire", 3)}
        {legend.rows}
      </span>
    </div>
  );
}

export function ZoomBar({ store }: { store: ViewStore }) {
  const percent = useSyncExternalStore(store.subscribe, () => store.seen().percent);
  const to = (zoom: number) => store.move(zoomed(store.view, zoom, { x: store.pane.width / 2, y: 0 }));
  return (
    <div className="flex" role="group" aria-label={text.canvas.zoom(percent)}>
      <IconButton
        icon={Minus}
        name={text.tools.zoomOut}
        keys="-"
        size="sm"
        look="plain"
        className="rounded-r-none!"
        onClick={() => to(store.view.zoom / 1.25)}
      />
      <Button
        size="sm"
        className="figures -ml-px w-14 rounded-none!"
        title={text.tools.whole}
        onClick={() => to(1)}
      >
        {text.canvas.zoom(percent)}
      </Button>
      <IconButton
        icon={Plus}
        name={text.tools.zoomIn}
        keys="+"
        size="sm"
        look="plain"
        className="-ml-px rounded-none!"
        onClick={() => to(store.view.zoom * 1.25)}
      />
      <IconButton
        icon={Maximize}
        name={text.tools.fit}
        keys="shift+1"
        size="sm"
        look="plain"
        className="-ml-px rounded-l-none!"
        onClick={() => store.move(fitting(store.pane, store.world))}
      />
    </div>
  );
}
