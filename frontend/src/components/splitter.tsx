import { useRef, type KeyboardEvent, type PointerEvent } from "react";
import { classes } from "./classes";

/** How far a key moves it. */
const STEP = 16;

interface SplitterProps {
  /** Which edge of its pane it is: the pane grows to the left, or upwards. */
  edge: "left" | "top";
  size: number;
  least: number;
  most: number;
  name: string;
  onResize: (size: number) => void;
}

/** The edge by which a pane is made larger: dragged, or moved by arrows. */
export function Splitter({ edge, size, least, most, name, onResize }: SplitterProps) {
  const from = useRef<{ at: number; size: number }>(undefined);
  const isLeft = edge === "left";
  const at = (event: PointerEvent) => (isLeft ? event.clientX : event.clientY);
  const resize = (to: number) => onResize(Math.min(most, Math.max(least, to)));
  const step: Partial<Record<string, number>> = isLeft
    ? { ArrowLeft: STEP, ArrowRight: -STEP }
    : { ArrowUp: STEP, ArrowDown: -STEP };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = step[event.key];
    if (by !== undefined) {
      event.preventDefault();
      resize(size + by);
    }
  };
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- a separator that moves takes keys and the pointer
    <div
      role="separator"
      aria-orientation={isLeft ? "vertical" : "horizontal"}
      aria-label={name}
      aria-valuenow={size}
      aria-valuemin={least}
      aria-valuemax={most}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a separator that moves takes the focus
      tabIndex={0}
      className={classes(
        "absolute z-1 touch-none",
        isLeft ? "inset-y-0 -left-1 w-2 cursor-col-resize" : "inset-x-0 -top-1 h-2 cursor-row-resize",
      )}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        from.current = { at: at(event), size };
      }}
      onPointerMove={(event) => {
        if (from.current) {
          resize(from.current.size + from.current.at - at(event));
        }
      }}
      onPointerUp={() => (from.current = undefined)}
      onKeyDown={onKeyDown}
    />
  );
}
