// The picture of link previews: what it says, when it is drawn, and that it can be drawn.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type CardFacts, cardFacts, cardKey, drawable } from '../../src/public/card.ts';
import { drawCard } from '../../src/public/card-image.ts';
import { cardRoutes, createCardSource, type DrawCard } from '../../src/public/card-source.ts';
import { readPicture } from '../../src/settings/image.ts';
import type { PublicSnapshot } from '../../src/status/types.ts';
import { silentLog } from '../../src/shared/log.ts';
import { testClock } from '../support/kernel.ts';
import { declareIncident, publicSite, sayMore } from '../support/public-fixtures.ts';
import { createWeb } from '../../src/web/serve.ts';
import { readConfig } from '../../src/config.ts';

afterEach(() => void vi.useRealTimers());

const calm: CardFacts = {
  name: 'Acme Status',
  indicator: 'none',
  headline: 'All Systems Operational',
  title: '',
  others: 0,
  host: 'status.acme.example',
};

describe('text on the card', () => {
  it.each([
    ['Acme', 'Acme'],
    ['Łódź – “ok”, 5 €', 'Łódź – “ok”, 5 €'],
    ['Статус, Κατάσταση', 'Статус, Κατάσταση'],
    ['Fire 🔥 drill 👩‍👩‍👧', 'Fire drill'],
    ['שלום', ''],
    ['مرحبا', ''],
    ['日本語の障害', ''],
    ['🔥', ''],
    ['x\u0000\u202ey', 'xy'],
    ['lone \ud800 half', 'lone half'],
  ])('%j becomes %j', (text, drawn) => expect(drawable(text, 60)).toBe(drawn));

  it('is cut where it is too long', () =>
    expect(drawable('word '.repeat(40), 12)).toBe('word word wo…'));
});

describe('the key', () => {
  it('changes with what is drawn and with nothing else', async () => {
    const { kernel, snapshots } = await publicSite();
    const key = async () => {
      await snapshots.refresh();
      return cardKey(snapshots.current());
    };
    const before = await key();
    const first = await declareIncident(kernel, { title: 'Payments failing' });
    const open = await key();
    expect(open).not.toBe(before);
    await sayMore(kernel, first.incidentPublicId);
    expect(await key()).toBe(open);
    const { title, others } = cardFacts(snapshots.current());
    expect([title, others]).toEqual(['Payments failing', 0]);
    await declareIncident(kernel, { title: 'Search too', components: {} });
    expect(await key()).not.toBe(open);
    expect(cardFacts(snapshots.current()).others).toBe(1);
  });

  it('names a page without a word to draw by its address', async () => {
    const { snapshots } = await publicSite();
    const snapshot = snapshots.current();
    const renamed = { ...snapshot, page: { ...snapshot.page, name: 'وضع' } };
    expect(cardFacts(renamed).name).toBe('status.example.com');
  });
});

/** A source over a snapshot that the test replaces, with drawings it can count. */
async function source(draw?: DrawCard) {
  const { snapshots } = await publicSite();
  let snapshot: PublicSnapshot = snapshots.current();
  const listeners = new Set<() => void>();
  const drawn: CardFacts[] = [];
  const drawHere: DrawCard = async (facts) => {
    drawn.push(facts);
    return draw ? draw(facts) : Buffer.from(facts.headline);
  };
  const clock = testClock();
  const kernel = { clock, log: silentLog, publicUrl: 'https://status.example.com' };
  const onChange = (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const cards = createCardSource(kernel, { current: () => snapshot, onChange }, drawHere);
  const say = (description: string) => {
    snapshot = { ...snapshot, headline: { ...snapshot.headline, description } };
    for (const listener of listeners) listener();
  };
  return { cards, drawn, say, clock };
}

describe('the source', () => {
  it('draws after the start and after changes, many at once as one, the old one standing meanwhile', async () => {
    vi.useFakeTimers();
    const { cards, drawn, say } = await source();
    cards.start();
    expect(drawn).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(3000);
    expect(cards.current()?.plain.toString()).toBe('All Systems Operational');
    for (const n of [1, 2, 3]) say(`Trouble ${n}`);
    expect(cards.current()?.plain.toString()).toBe('All Systems Operational');
    await vi.advanceTimersByTimeAsync(3000);
    expect(cards.current()?.plain.toString()).toBe('Trouble 3');
    say('Trouble 3');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(drawn).toHaveLength(2);
    cards.stop();
    say('Nobody listens');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(drawn).toHaveLength(2);
  });

  it('tries again after a rest when a drawing fails, however often it is asked', async () => {
    let broken = true;
    const { cards, drawn, clock } = await source(async () => {
      if (broken) throw new Error('no memory');
      return Buffer.from('png');
    });
    expect(await cards.ready()).toBeUndefined();
    expect(await cards.ready()).toBeUndefined();
    expect(drawn).toHaveLength(1);
    broken = false;
    clock.advance(31_000);
    expect((await cards.ready())?.plain.toString()).toBe('png');
  });

  it('is served with a tag, and 304 to whoever has it', async () => {
    const { kernel, snapshots } = await publicSite();
    const cards = createCardSource(kernel, snapshots, async () => Buffer.from('png'));
    const site = { kernel, snapshots, config: readConfig({ PUBLIC_URL: kernel.publicUrl }) };
    const web = createWeb(site, cardRoutes(kernel, cards));
    const get = (headers: Record<string, string> = {}) =>
      web.fetch(new Request(`${kernel.publicUrl}/og.png?v=x`, { headers }));
    const answer = await get();
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(answer.headers.get('cache-control')).toContain('max-age=10');
    const etag = answer.headers.get('etag') ?? '';
    expect((await get({ 'If-None-Match': etag })).status).toBe(304);
  });
});

describe('a drawing', () => {
  it('is a PNG of 1200 by 630 for any words', { timeout: 60_000 }, async () => {
    const hostile = {
      ...calm,
      name: 'وضع 🔥',
      title: '<b>&amp;\u0007 \ud800 日本'.repeat(20),
      others: 3,
    };
    const pictures = await Promise.all([
      drawCard(calm),
      drawCard({ ...calm, indicator: 'critical', title: 'x'.repeat(400), name: 'y'.repeat(300) }),
      drawCard(hostile),
    ]);
    for (const bytes of pictures) {
      expect(readPicture(Buffer.from(bytes))).toMatchObject({
        contentType: 'image/png',
        width: 1200,
        height: 630,
      });
      expect(bytes.length).toBeLessThan(300_000);
    }
    expect(Buffer.compare(pictures[0], await drawCard(calm))).toBe(0);
  });
});
