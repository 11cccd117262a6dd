/** What part of the canvas is seen: its upper left corner in world pixels, and how large they are drawn. */

export interface View {
  x: number;
  y: number;
  zoom: number;
}

export interface Size {
  width: number;
  height: number;
}

export const LEAST_ZOOM = 0.25;
export const MOST_ZOOM = 2;
/** Below it code lines are not drawn. */
export const CODE_ZOOM = 0.6;
/** Below it names are bars. */
export const NAME_ZOOM = 0.4;

export type Detail = "all" | "names" | "bars";

export const detailAt = (zoom: number): Detail =>
  zoom >= CODE_ZOOM ? "all" : zoom >= NAME_ZOOM ? "names" : "bars";

/** Keeps the world in sight: at its edges, or in the middle where it is narrower than the pane. */
export function clamped(view: View, pane: Size, world: Size): View {
  const zoom = Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, view.zoom));
  const [wide, high] = [pane.width / zoom, pane.height / zoom];
  const x =
    world.width <= wide ? (world.width - wide) / 2 : Math.min(Math.max(view.x, 0), world.width - wide);
  const y = Math.min(Math.max(view.y, 0), Math.max(0, world.height - high));
  return { x, y, zoom };
}

/** The upper left corner in pixels of the page, at a whole pixel of the screen: what is drawn ahead stays sharp where it is moved to. */
export function corner(view: View, ratio: number): { x: number; y: number } {
  const whole = (at: number) => Math.round(at * view.zoom * ratio) / ratio;
  return { x: whole(view.x), y: whole(view.y) };
}

/** Zooms about a point of the pane: what is there stays there. */
export function zoomed(view: View, zoom: number, at: { x: number; y: number }): View {
  const to = Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, zoom));
  const [x, y] = [view.x + at.x / view.zoom, view.y + at.y / view.zoom];
  return { x: x - at.x / to, y: y - at.y / to, zoom: to };
}

/** The whole world, as far as it can be read. */
export function fitting(pane: Size, world: Size): View {
  const zoom = Math.min(1, pane.width / world.width, pane.height / world.height);
  return { x: 0, y: 0, zoom: Math.max(LEAST_ZOOM, zoom) };
}

/** The nearest view that shows a span of rows. */
export function revealing(view: View, pane: Size, top: number, bottom: number): View {
  const high = pane.height / view.zoom;
  const margin = Math.min(60, high / 4);
  if (top - margin < view.y) {
    return { ...view, y: top - margin };
  }
  return bottom + margin > view.y + high ? { ...view, y: bottom + margin - high } : view;
}
