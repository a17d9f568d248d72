// Pictures small enough to write down: heads that say a size, and a PNG that every browser shows.
import { crc32, deflateSync } from 'node:zlib';

type Bytes = Buffer<ArrayBuffer>;

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

function pngOf(width: number, height: number, extra: Buffer[], pixels: Buffer): Bytes {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', head),
    ...extra,
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The head of a PNG of that size, with hardly anything in it. */
export const png = (width: number, height: number) => pngOf(width, height, [], Buffer.alloc(4));

export const animatedPng = (width: number, height: number) =>
  pngOf(width, height, [chunk('acTL', Buffer.alloc(8))], Buffer.alloc(4));

/** A whole PNG of one colour. */
export function plainPng(width: number, height: number, colour: [number, number, number]): Bytes {
  const row = Buffer.alloc(1 + width * 3);
  for (let x = 0; x < width; x += 1) row.set(colour, 1 + x * 3);
  return pngOf(width, height, [], Buffer.concat(Array.from({ length: height }, () => row)));
}

export function jpeg(width: number, height: number): Bytes {
  const frame = Buffer.from('ffc2001108000000000301220002110103110100', 'hex');
  frame.writeUInt16BE(height, 5);
  frame.writeUInt16BE(width, 7);
  // A comment and a table stand before the frame.
  const before = Buffer.from('ffd8fffe000461 62ffc400040000ff'.replaceAll(' ', ''), 'hex');
  return Buffer.concat([before, frame, Buffer.from('ffd9', 'hex')]);
}

function webp(kind: string, data: Buffer): Bytes {
  const head = Buffer.from(`RIFF....WEBP${kind}....`);
  head.writeUInt32LE(head.length - 8 + data.length, 4);
  head.writeUInt32LE(data.length, 16);
  return Buffer.concat([head, data, Buffer.alloc(16)]);
}

export function webpLossy(width: number, height: number): Bytes {
  const data = Buffer.from('0000009d012a00000000', 'hex');
  data.writeUInt16LE(width, 6);
  data.writeUInt16LE(height, 8);
  return webp('VP8 ', data);
}

export function webpLossless(width: number, height: number): Bytes {
  const data = Buffer.alloc(5);
  data[0] = 0x2f;
  data.writeUInt32LE(((width - 1) | ((height - 1) << 14)) >>> 0, 1);
  return webp('VP8L', data);
}

export function webpExtended(width: number, height: number, isAnimated = false): Bytes {
  const data = Buffer.alloc(10);
  data[0] = isAnimated ? 0x02 : 0;
  data.writeUIntLE(width - 1, 4, 3);
  data.writeUIntLE(height - 1, 7, 3);
  return webp('VP8X', data);
}
