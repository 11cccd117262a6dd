// Screenshots with a palette: a third of the size. No colour is further from its own than the few steps that make it 256.

import { crc32, deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = 8;

/** A picture of 8 bits a channel, as browsers write it, with at most 256 colours. */
export function withPalette(png) {
  const { width, height, pixels } = decoded(png);
  const counts = new Map();
  for (const pixel of pixels) {
    counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  }
  const colours = [...counts].sort((a, b) => b[1] - a[1]).map(([colour]) => colour);
  const palette = paletteOf(colours);
  const places = new Map(colours.map((colour) => [colour, nearest(palette, colour).place]));
  const rows = Buffer.alloc((width + 1) * height);
  pixels.forEach((pixel, at) => {
    rows[Math.floor(at / width) * (width + 1) + 1 + (at % width)] = places.get(pixel);
  });
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    png.subarray(0, SIGNATURE),
    chunk("IHDR", head),
    chunk("PLTE", Buffer.from(palette.flatMap((colour) => parts(colour)))),
    chunk("IDAT", deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

const parts = (colour) => [colour >> 16, (colour >> 8) & 255, colour & 255];

/** The colours that are seen most, none within a distance of another: the least distance that leaves 256. */
function paletteOf(colours) {
  for (let apart = 0; ; apart += 1) {
    const palette = [];
    for (const colour of colours) {
      if (nearest(palette, colour).distance > apart * apart) {
        palette.push(colour);
      }
      if (palette.length > 256) {
        break;
      }
    }
    if (palette.length <= 256) {
      return palette;
    }
  }
}

function nearest(palette, colour) {
  const [r, g, b] = parts(colour);
  let best = { place: 0, distance: Infinity };
  for (const [place, other] of palette.entries()) {
    const distance = ((other >> 16) - r) ** 2 + (((other >> 8) & 255) - g) ** 2 + ((other & 255) - b) ** 2;
    if (distance < best.distance) {
      best = { place, distance };
    }
  }
  return best;
}

function decoded(png) {
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  const size = { 2: 3, 6: 4 }[png[25]];
  if (png[24] !== 8 || size === undefined || png[28] !== 0) {
    throw new Error("not a picture of 8 bits a channel");
  }
  const data = [];
  for (let at = SIGNATURE; at < png.length;) {
    const length = png.readUInt32BE(at);
    if (png.toString("latin1", at + 4, at + 8) === "IDAT") {
      data.push(png.subarray(at + 8, at + 8 + length));
    }
    at += length + 12;
  }
  const raw = inflateSync(Buffer.concat(data));
  const stride = width * size;
  const bytes = new Uint8Array(stride * height);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (stride + 1)];
    for (let x = 0; x < stride; x += 1) {
      const at = y * stride + x;
      const left = x < size ? 0 : bytes[at - size];
      const up = y === 0 ? 0 : bytes[at - stride];
      const corner = x < size || y === 0 ? 0 : bytes[at - stride - size];
      const guess = [0, left, up, (left + up) >> 1, filter === 4 ? paeth(left, up, corner) : 0][filter];
      bytes[at] = raw[y * (stride + 1) + 1 + x] + guess;
    }
  }
  const pixels = new Uint32Array(width * height).map(
    (_, at) => (bytes[at * size] << 16) | (bytes[at * size + 1] << 8) | bytes[at * size + 2],
  );
  return { width, height, pixels };
}

function paeth(left, up, corner) {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  out.set(body, 4);
  out.writeUInt32BE(crc32(body) >>> 0, body.length + 4);
  return out;
}
