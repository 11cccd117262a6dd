/** What lies under a point of the canvas. */
import { distance, type Port, type Wiring } from "../canvas/wires";

/** Half of the area in which a port is met, in pixels of the screen. */
const PORT = 12;
const WIRE = 6;

/** The nearest port of a row. */
export function portAt({ ports }: Wiring, x: number, y: number, zoom: number): Port | undefined {
  let best: { port: Port; distance: number } | undefined;
  for (const port of ports) {
    if (port.row === undefined || Math.abs(port.y - y) > PORT / zoom) {
      continue;
    }
    const away = Math.hypot(port.x - x, port.y - y);
    if (away <= PORT / zoom && away < (best?.distance ?? Infinity)) {
      best = { port, distance: away };
    }
  }
  return best?.port;
}

/** The item whose wire is nearest. */
export function wireAt({ wires }: Wiring, x: number, y: number, zoom: number): string | undefined {
  let best: { item: string; distance: number } | undefined;
  for (const wire of wires) {
    const away = distance(wire, x, y, WIRE / zoom);
    if (away <= WIRE / zoom && away < (best?.distance ?? Infinity)) {
      best = { item: wire.item, distance: away };
    }
  }
  return best?.item;
}
