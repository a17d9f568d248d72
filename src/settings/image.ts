// What kind of picture some bytes are, by the bytes themselves, and its size in pixels. Pure.
// Reads headers of PNG (ISO 15948), JPEG (ITU T.81) and WebP (RFC 9649); nothing is decoded.

export interface Picture {
  contentType: 'image/png' | 'image/jpeg' | 'image/webp';
  width: number;
  height: number;
  isAnimated: boolean;
}

/** The picture these bytes begin to be, or undefined: SVG, GIF and everything else is none. */
export const readPicture = (bytes: Buffer): Picture | undefined =>
  readPng(bytes) ?? readJpeg(bytes) ?? readWebp(bytes);

const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function readPng(bytes: Buffer): Picture | undefined {
  if (bytes.length < 33 || !bytes.subarray(0, 8).equals(pngSignature)) return undefined;
  if (nameAt(bytes, 12) !== 'IHDR') return undefined;
  const data = bytes.indexOf('IDAT');
  const control = bytes.indexOf('acTL');
  return {
    contentType: 'image/png',
    width: bytes.readUInt32BE(16),
    height: bytes.readUInt32BE(20),
    isAnimated: control >= 0 && control < data,
  };
}

const nameAt = (bytes: Buffer, at: number) => bytes.toString('latin1', at, at + 4);

function readJpeg(bytes: Buffer): Picture | undefined {
  if (bytes.length < 4 || bytes[0] !== 0xff || bytes[1] !== 0xd8) return undefined;
  let at = 2;
  while (at + 9 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (isFrameStart(marker)) {
      const [height, width] = [bytes.readUInt16BE(at + 5), bytes.readUInt16BE(at + 7)];
      return { contentType: 'image/jpeg', width, height, isAnimated: false };
    }
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}

/** SOF0 to SOF15, without the tables (DHT, JPG, DAC) that stand among them. */
const isFrameStart = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

function readWebp(bytes: Buffer): Picture | undefined {
  if (bytes.length < 30 || nameAt(bytes, 0) !== 'RIFF' || nameAt(bytes, 8) !== 'WEBP') {
    return undefined;
  }
  const size = webpSize(bytes);
  if (!size) return undefined;
  const isAnimated = nameAt(bytes, 12) === 'VP8X' && ((bytes[20] ?? 0) & 0x02) !== 0;
  return { contentType: 'image/webp', ...size, isAnimated };
}

function webpSize(bytes: Buffer): { width: number; height: number } | undefined {
  const kind = nameAt(bytes, 12);
  if (kind === 'VP8 ' && bytes.readUIntBE(23, 3) === 0x9d012a) {
    return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
  }
  if (kind === 'VP8L' && bytes[20] === 0x2f) {
    const bits = bytes.readUInt32LE(21);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (kind === 'VP8X') {
    return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
  }
  return undefined;
}
