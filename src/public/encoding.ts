// Content codings: which one a client is answered with, and the making of them.
import { promisify } from 'node:util';
import { brotliCompress, brotliCompressSync, constants, gzip, gzipSync } from 'node:zlib';

export type Encoding = 'br' | 'gzip' | 'identity';
export type Coding = Exclude<Encoding, 'identity'>;

/** Best first, where a client does not care. */
export const codings: readonly Coding[] = ['br', 'gzip'];

const rememberedAtMost = 100;
const rememberedLength = 100;

/** A function that reads `Accept-Encoding` and remembers the common ones; what clients send cannot make it grow. */
export function createNegotiation(): (accepted: string | undefined) => Encoding {
  const known = new Map<string, Encoding>();
  let last = '';
  let lastChosen: Encoding = 'identity';
  return (accepted) => {
    if (accepted === undefined) return 'identity';
    // Comparing is cheaper than hashing, and one kind of client usually asks many times in a row.
    if (accepted === last) return lastChosen;
    let chosen = known.get(accepted);
    if (chosen === undefined) chosen = learn(accepted);
    last = accepted;
    lastChosen = chosen;
    return chosen;
  };

  function learn(accepted: string): Encoding {
    const chosen = negotiate(accepted);
    if (known.size < rememberedAtMost && accepted.length <= rememberedLength) {
      known.set(accepted, chosen);
    }
    return chosen;
  }
}

/**
 * The coding an `Accept-Encoding` wants most (RFC 9110, 12.5.3). Whoever accepts nothing we have gets
 * the plain document rather than a refusal.
 */
export function negotiate(accepted: string): Encoding {
  const weights = readWeights(accepted);
  const others = weights.get('*');
  // Not named, it is only the last resort.
  const plain = weights.get('identity') ?? 0;
  let best: Encoding = 'identity';
  let most = plain;
  for (const coding of codings) {
    const weight = weights.get(coding) ?? others ?? 0;
    // Of equals the better coding wins: first the earlier of ours, and any of ours over none.
    if (weight > most || (weight === most && weight > 0 && best === 'identity')) {
      best = coding;
      most = weight;
    }
  }
  return best;
}

function readWeights(accepted: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const part of accepted.toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim());
    const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    const weight = q === undefined ? 1 : Number(q);
    // A weight that is none counts as a refusal: the plain document is always right.
    if (name !== '') weights.set(name === 'x-gzip' ? 'gzip' : name, weight >= 0 ? weight : 0);
  }
  return weights;
}

type Bytes = Buffer<ArrayBuffer>;

const brotliOptions = ({ byteLength }: Bytes) => ({
  params: {
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
    [constants.BROTLI_PARAM_QUALITY]: 5,
    [constants.BROTLI_PARAM_SIZE_HINT]: byteLength,
  },
  chunkSize: roomFor(byteLength),
});
const gzipOptions = ({ byteLength }: Bytes) => ({ level: 6, chunkSize: roomFor(byteLength) });

/** Room for the whole result at once: every further piece is another round through the thread pool. */
const roomFor = (byteLength: number) => Math.min(Math.max(byteLength, 1024), 256 * 1024);

/** Compresses here and now. */
export const compressNow = (bytes: Bytes, coding: Coding): Bytes =>
  coding === 'br'
    ? brotliCompressSync(bytes, brotliOptions(bytes))
    : gzipSync(bytes, gzipOptions(bytes));

const brotliAside = promisify(brotliCompress);
const gzipAside = promisify(gzip);

/** Compresses in another thread. */
export const compressAside = async (bytes: Bytes, coding: Coding): Promise<Bytes> =>
  coding === 'br'
    ? await brotliAside(bytes, brotliOptions(bytes))
    : await gzipAside(bytes, gzipOptions(bytes));
