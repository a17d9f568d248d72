import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { seconds } from '../../src/shared/clock.ts';
import { declareIncident, publicSite, sayMore } from '../support/public-fixtures.ts';

const paths = [
  '/',
  '/history',
  '/history/2026-11',
  '/subscribe',
  '/feed.rss',
  '/feed.atom',
  '/feed.json',
  '/api/v2/summary.json',
];

describe('a public document', () => {
  it.each(paths)('%s is remembered by its ETag until it changes', async (path) => {
    const { kernel, get } = await publicSite();
    await declareIncident(kernel);
    const first = await get(path);
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]{27}"$/);
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await get(path, { 'If-None-Match': tag });
      expect(again.status, tag).toBe(304);
      expect(await again.text()).toBe('');
      expect(again.headers.get('etag')).toBe(etag);
      expect(again.headers.get('cache-control')).toBe(first.headers.get('cache-control'));
    }
    await declareIncident(kernel, { title: 'Another' });
    const changed = await get(path, { 'If-None-Match': etag });
    expect(changed.status).toBe(200);
  });

  it.each(paths)('%s has bytes and a tag of its own in each encoding', async (path) => {
    const { kernel, get } = await publicSite();
    await declareIncident(kernel);
    const plain = await get(path);
    const words = await plain.text();
    const tags = [plain.headers.get('etag')];
    const decoders: [string, (bytes: Buffer) => Buffer][] = [
      ['gzip', gunzipSync],
      ['br', brotliDecompressSync],
    ];
    for (const [encoding, decode] of decoders) {
      const answer = await get(path, { 'Accept-Encoding': encoding });
      expect(answer.headers.get('content-encoding')).toBe(encoding);
      expect(answer.headers.get('vary')).toBe('Accept-Encoding');
      const bytes = Buffer.from(await answer.arrayBuffer());
      expect(answer.headers.get('content-length')).toBe(String(bytes.byteLength));
      expect(decode(bytes).toString()).toBe(words);
      tags.push(answer.headers.get('etag'));
    }
    expect(new Set(tags).size).toBe(3);
    // Whoever holds the words in any encoding has them, and is told so by the tag it holds.
    for (const tag of tags) {
      for (const encoding of ['gzip', 'br', 'identity']) {
        const asked = { 'If-None-Match': `W/"x", W/${tag}`, 'Accept-Encoding': encoding };
        const held = await get(path, asked);
        expect([held.status, held.headers.get('etag')]).toEqual([304, tag]);
        expect(held.headers.get('content-encoding')).toBeNull();
        expect(held.headers.get('content-length')).toBeNull();
        expect(held.headers.get('vary')).toBe('Accept-Encoding');
      }
    }
  });

  it.each(paths)('%s answers HEAD like GET, without the body', async (path) => {
    const { get, request } = await publicSite();
    const [whole, head] = [await get(path), await request('HEAD', path)];
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
    expect([...head.headers]).toEqual([...whole.headers]);
    expect(head.headers.get('content-length')).toBe(String(Buffer.byteLength(await whole.text())));
  });

  it.each(paths)('%s takes no other method', async (path) => {
    const { request } = await publicSite();
    for (const method of ['PUT', 'PATCH', 'DELETE', ...(path === '/subscribe' ? [] : ['POST'])]) {
      const answer = await request(method, path);
      expect(answer.status, method).toBe(405);
      expect(answer.headers.get('allow')).toMatch(/^GET, HEAD/);
    }
  });

  it.each(['/?x=1', '//api/v2/incidents.json', '//api/v2/incidents/unresolved.json?x=1&x=2&y'])(
    '%s is found in spite of a doubled slash and unknown parameters',
    async (path) => {
      const { get } = await publicSite();
      const plain = await get(path.replaceAll('//', '/').replace(/\?.*/, ''));
      const answer = await get(path);
      expect(answer.status).toBe(200);
      expect([...answer.headers]).toEqual([...plain.headers]);
    },
  );

  it.each([
    '/nothing',
    '/history/2026-13',
    '/history/2026-12',
    '/history/1999-01',
    '/history/2026-11-01',
    '/incidents/zzzzzzzzzzzz',
    '/incidents/..%2f..%2fetc',
    '/api/v2/nothing.json',
    '/feed.xml',
  ])('%s is not found, as a page that nobody keeps', async (path) => {
    const { get } = await publicSite();
    const answer = await get(path);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('cache-control')).toBe('private, no-store');
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
  });
});

describe('Last-Modified', () => {
  it('is the newest public change, and lets a client without ETag ask', async () => {
    const { kernel, get } = await publicSite();
    kernel.clock.advance(500);
    const { incidentPublicId } = await declareIncident(kernel);
    // Within the second of the change, the date given is the second before: more may still come in it.
    const early = (await get('/')).headers.get('last-modified') ?? '';
    expect(early).toBe('Sun, 22 Nov 2026 13:59:59 GMT');
    await sayMore(kernel, incidentPublicId);
    // The text of that date is old already, though no whole second lies between (S-41).
    expect((await get('/', { 'If-Modified-Since': early })).status).toBe(200);
    kernel.clock.advance(seconds(1));
    const settled = await get('/', { 'If-Modified-Since': early });
    expect(settled.status).toBe(200);
    expect(settled.headers.get('last-modified')).toBe('Sun, 22 Nov 2026 14:00:00 GMT');
    const date = 'Sun, 22 Nov 2026 14:00:00 GMT';
    expect((await get('/', { 'If-Modified-Since': date })).status).toBe(304);
    expect((await get('/', { 'If-Modified-Since': 'nonsense' })).status).toBe(200);
  });

  it('counts the turn of the day, for the page names the days', async () => {
    const { kernel, get } = await publicSite();
    const before = await get('/');
    kernel.clock.set('2026-11-23T00:20:00.000Z');
    const after = await get('/', { 'If-None-Match': before.headers.get('etag') ?? '' });
    expect(after.status).toBe(200);
    expect(after.headers.get('last-modified')).toBe('Mon, 23 Nov 2026 00:00:00 GMT');
  });
});
