import { describe, expect, it } from 'vitest';
import { prepare, type Prepared } from '../../src/public/documents.ts';
import { createRareBytes } from '../../src/public/rare.ts';
import type { PublicSnapshot } from '../../src/status/types.ts';

const snapshotOf = (today: string) => ({ today }) as PublicSnapshot;
const [monday, tuesday] = [snapshotOf('2026-11-23'), snapshotOf('2026-11-24')];

const documentOf = (body: string): Prepared =>
  prepare(
    { body, contentType: 'text/html; charset=utf-8' },
    { path: '/history', https: true, modifiedAt: new Date('2026-11-22T14:00:00Z') },
  );

const failing = () => Promise.reject(new Error('no database'));

describe('the cache of rare documents', () => {
  it('makes each once for a snapshot, also when many ask at once', async () => {
    const rare = createRareBytes();
    let made = 0;
    const make = async () => {
      made += 1;
      await new Promise((later) => setTimeout(later, 5));
      return documentOf('old');
    };
    const all = await Promise.all(
      Array.from({ length: 50 }, () => rare.find('/incidents/a', monday, make)),
    );
    expect(new Set(all).size).toBe(1);
    expect(await rare.find('/incidents/a', monday, make)).toBe(all[0]);
    expect(made).toBe(1);
    expect(rare.get('/incidents/a', monday)).toBe(all[0]);
  });

  it('counts what belongs to an older snapshot as missing, and lends it to the maker', async () => {
    const rare = createRareBytes();
    const first = await rare.find('/a', monday, async () => documentOf('x'));
    expect(rare.get('/a', tuesday)).toBeUndefined();
    let lent: Prepared | undefined;
    const second = await rare.find('/a', tuesday, async (before) => {
      lent = before;
      return documentOf('y');
    });
    expect(lent).toBe(first);
    expect(rare.get('/a', tuesday)).toBe(second);
  });

  it('stays within its bytes, and keeps what is asked for', async () => {
    const most = 400_000;
    const rare = createRareBytes(most);
    const body = 'z'.repeat(10_000);
    await rare.find('/loved', monday, async () => documentOf(body));
    for (let i = 0; i < 500; i += 1) {
      await rare.find(`/incidents/${i}`, monday, async () => documentOf(`${body}${i}`));
      expect(rare.size()).toBeLessThanOrEqual(most);
      expect(rare.get('/loved', monday), `after ${i}`).toBeDefined();
    }
    expect(rare.get('/incidents/0', monday)).toBeUndefined();
    expect(rare.get('/incidents/499', monday)).toBeDefined();
  });

  it('keeps nothing of what does not exist, nor what alone is too large', async () => {
    const rare = createRareBytes(50_000);
    for (let i = 0; i < 100; i += 1) {
      expect(await rare.find(`/incidents/${i}`, monday, async () => undefined)).toBeUndefined();
    }
    const large = await rare.find('/large', monday, async () => documentOf('x'.repeat(100_000)));
    expect(large).toBeDefined();
    expect(rare.size()).toBe(0);
  });

  it('forgets what is gone', async () => {
    const rare = createRareBytes();
    await rare.find('/a', monday, async () => documentOf('x'));
    await rare.find('/a', tuesday, async () => undefined);
    expect(rare.last('/a', tuesday)).toBeUndefined();
    expect(rare.size()).toBe(0);
  });

  it('tries again after a failure, and still has what was there last', async () => {
    const rare = createRareBytes();
    const known = await rare.find('/a', monday, async () => documentOf('x'));
    await expect(rare.find('/a', tuesday, failing)).rejects.toThrow('no database');
    expect(rare.last('/a', tuesday)).toBe(known);
    expect(await rare.find('/a', tuesday, async () => documentOf('y'))).toBeDefined();
  });
});
