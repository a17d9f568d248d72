import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  compressAside,
  compressNow,
  createNegotiation,
  negotiate,
} from '../../src/public/encoding.ts';

describe('Accept-Encoding', () => {
  const cases: [string, string][] = [
    ['gzip', 'gzip'],
    ['br', 'br'],
    ['gzip, deflate, br', 'br'],
    ['gzip, deflate, br, zstd', 'br'],
    ['GZIP', 'gzip'],
    ['x-gzip', 'gzip'],
    ['*', 'br'],
    ['gzip;q=1.0, identity; q=0.5, *;q=0', 'gzip'],
    ['br;q=0', 'identity'],
    ['br;q=0, gzip', 'gzip'],
    ['br;q=0.000, *', 'gzip'],
    ['br;q=0.2, gzip;q=0.8', 'gzip'],
    ['gzip;q=0.5', 'gzip'],
    ['gzip;q=0.5, identity', 'identity'],
    ['gzip;q=0.5, identity;q=0.5', 'gzip'],
    ['identity', 'identity'],
    ['identity;q=0, gzip', 'gzip'],
    ['identity;q=0', 'identity'],
    ['*;q=0', 'identity'],
    ['deflate', 'identity'],
    ['', 'identity'],
    [',,;q=1,', 'identity'],
    ['gzip;q=nonsense', 'identity'],
    ['gzip ; q=0.3 , br ; q=0.2', 'gzip'],
    ['gzipped', 'identity'],
    ['constructor, __proto__', 'identity'],
  ];
  it.each(cases)('"%s" is answered with %s', (accepted, expected) => {
    expect(negotiate(accepted)).toBe(expected);
    expect(createNegotiation()(accepted)).toBe(expected);
  });

  it('that is missing means the plain document', () => {
    expect(createNegotiation()(undefined)).toBe('identity');
  });

  it('is read right however many different ones were sent before', () => {
    const read = createNegotiation();
    for (let i = 0; i < 1000; i += 1) expect(read(`x${i}, gzip`)).toBe('gzip');
    expect(read(`${'y'.repeat(5000)}, br`)).toBe('br');
    expect(read('gzip;q=0')).toBe('identity');
  });
});

it('compresses without loss, at once and aside alike', async () => {
  for (const size of [1, 1000, 600_000]) {
    const bytes = Buffer.from('Incident resolved. '.repeat(size / 19 + 1).slice(0, size));
    for (const coding of ['br', 'gzip'] as const) {
      const read = coding === 'br' ? brotliDecompressSync : gunzipSync;
      expect(read(compressNow(bytes, coding)).equals(bytes)).toBe(true);
      expect(read(await compressAside(bytes, coding)).equals(bytes)).toBe(true);
    }
  }
});
