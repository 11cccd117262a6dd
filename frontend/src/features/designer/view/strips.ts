/**
 * A layer of wires in strips from left to right: each is drawn when it comes into sight, and moved with its layer from then on.
 * Strips begin and end at whole pixels of the screen, so that they meet without a seam.
 */
import type { Colours } from "./colours";
import { corner, type Size, type View } from "./view";

/** What a strip shows, in world pixels. */
export interface Span {
  top: number;
  bottom: number;
  zoom: number;
}

/** What all strips are drawn from. Another object means that something else is to be seen. */
export interface Picture {
  left: number;
  right: number;
  paint: (context: CanvasRenderingContext2D, span: Span, colours: Colours) => void;
}

interface Strip {
  canvas: HTMLCanvasElement;
  /** Its place in the world, counted from above; nothing while what it shows is out of date. */
  place?: number;
}

const HEIGHT = 256;

export class Strips {
  private strips: Strip[] = [];
  private shown: { picture?: Picture; colours?: Colours; scale: number } = { scale: 0 };

  constructor(private readonly layer: HTMLElement) {}

  show(picture: Picture, colours: Colours, view: View, pane: Size, ratio: number): void {
    const scale = view.zoom * ratio;
    const height = Math.round(HEIGHT * ratio);
    const { x, y } = corner(view, ratio);
    this.layer.style.transform = `translate3d(${-x}px, ${-y}px, 0)`;
    this.hold(Math.ceil((pane.height * ratio) / height) + 1);
    const { shown } = this;
    if (shown.picture !== picture || shown.colours !== colours || shown.scale !== scale) {
      this.shown = { picture, colours, scale };
      this.strips.forEach((strip) => delete strip.place);
    }
    const left = Math.floor(picture.left * scale);
    const width = Math.ceil(picture.right * scale) - left;
    const [first, end] = [Math.floor((y * ratio) / height), ((y + pane.height) * ratio) / height];
    for (let place = first; place < end; place += 1) {
      const strip = this.strips[place % this.strips.length];
      if (strip && strip.place !== place) {
        strip.place = place;
        const { canvas } = strip;
        canvas.style.transform = `translate(${left / ratio}px, ${(place * height) / ratio}px)`;
        const context = cleared(canvas, { width, height }, ratio);
        context?.setTransform(scale, 0, 0, scale, -left, -place * height);
        const span = { top: (place * height) / scale, bottom: ((place + 1) * height) / scale };
        if (context) {
          picture.paint(context, { ...span, zoom: view.zoom }, colours);
        }
      }
    }
  }

  private hold(count: number): void {
    if (this.strips.length === count) {
      return;
    }
    this.strips = Array.from({ length: count }, () => ({ canvas: document.createElement("canvas") }));
    this.layer.replaceChildren(...this.strips.map((strip) => strip.canvas));
  }
}

/** A canvas of that many pixels of the screen, with nothing on it. */
export function cleared(
  canvas: HTMLCanvasElement,
  { width, height }: Size,
  ratio: number,
): CanvasRenderingContext2D | null {
  const context = canvas.getContext("2d");
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
    canvas.style.width = `${width / ratio}px`;
    canvas.style.height = `${height / ratio}px`;
  } else {
    context?.setTransform(1, 0, 0, 1, 0, 0);
    context?.clearRect(0, 0, width, height);
  }
  return context;
}
