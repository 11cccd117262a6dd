/**
 * The view while it moves. Whoever draws is told once a frame; React is told only when other rows come into sight, so that scrolling
 * draws wires and moves one layer, and renders nothing.
 */
import { CHUNK, FIRST_ROW, ROW } from "../canvas/space";
import { clamped, type Detail, detailAt, type Size, type View } from "./view";

/** What React renders: whole chunks of rows, so that it changes seldom and by little. */
export interface Window {
  first: number;
  last: number;
  detail: Detail;
  percent: number;
}

export class ViewStore {
  view: View = { x: 0, y: 0, zoom: 1 };
  pane: Size = { width: 872, height: 452 };
  world: Size = { width: 872, height: 452 };
  private window: Window = { first: 0, last: 24, detail: "all", percent: 100 };
  private readonly drawers = new Set<() => void>();
  private readonly listeners = new Set<() => void>();
  private frame: number | undefined;

  /** Draws once a frame in which the view has moved. */
  onFrame = (draw: () => void): (() => void) => {
    this.drawers.add(draw);
    return () => this.drawers.delete(draw);
  };

  subscribe = (tell: () => void): (() => void) => {
    this.listeners.add(tell);
    return () => this.listeners.delete(tell);
  };

  seen = (): Window => this.window;

  /** Asks for a frame, moved or not. */
  redraw = (): void => {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.drawers.forEach((draw) => draw());
    });
  };

  move(to: View): void {
    this.view = clamped(to, this.pane, this.world);
    this.tell();
    this.redraw();
  }

  resize(pane: Size, world: Size): void {
    this.pane = pane;
    this.world = world;
    this.move(this.view);
  }

  /** World pixels under a point of the pane. */
  at(point: { x: number; y: number }): { x: number; y: number } {
    const { x, y, zoom } = this.view;
    return { x: x + point.x / zoom, y: y + point.y / zoom };
  }

  private tell(): void {
    const { y, zoom } = this.view;
    const first = Math.floor((y - FIRST_ROW) / ROW / CHUNK) * CHUNK - CHUNK;
    const last = Math.ceil((y + this.pane.height / zoom - FIRST_ROW) / ROW / CHUNK) * CHUNK + CHUNK;
    const next: Window = {
      first: Math.max(0, first),
      last,
      detail: detailAt(zoom),
      percent: Math.round(zoom * 100),
    };
    const now = this.window;
    const same =
      now.first === next.first &&
      now.last === next.last &&
      now.detail === next.detail &&
      now.percent === next.percent;
    if (!same) {
      this.window = next;
      this.listeners.forEach((tell) => tell());
    }
  }
}
