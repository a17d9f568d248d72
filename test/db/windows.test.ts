import { describe, expect, it } from 'vitest';
import { forget, hit, peek, purge, strike } from '../../src/db/windows.ts';
import { minutes } from '../../src/shared/clock.ts';
import { testKernel } from '../support/kernel.ts';

describe('counting in a window', () => {
  it('starts with the first hit and starts anew once it has ended', async () => {
    const { db, clock } = await testKernel();
    const count = () => db.write((tx) => hit(tx, 'k', clock.now(), minutes(10)));
    expect(await count()).toBe(1);
    clock.advance(minutes(9));
    expect(await count()).toBe(2);
    expect((await peek(db.read, 'k', clock.now()))?.hits).toBe(2);
    clock.advance(minutes(1));
    expect(await peek(db.read, 'k', clock.now())).toBeUndefined();
    expect(await count()).toBe(1);
    expect(await peek(db.read, 'k', clock.now())).toEqual({
      hits: 1,
      startedAt: clock.now(),
      endsAt: new Date('2026-11-22T14:20:00Z'),
    });
  });

  it('a strike lengthens its window', async () => {
    const { db, clock } = await testKernel();
    const count = () => db.write((tx) => strike(tx, 'k', clock.now(), minutes(10)));
    for (const expected of [1, 2, 3]) {
      expect(await count()).toBe(expected);
      clock.advance(minutes(9));
    }
    clock.advance(minutes(1));
    expect(await count()).toBe(1);
  });

  it('keeps keys apart, forgets one, purges what has ended', async () => {
    const { db, clock } = await testKernel();
    await db.write(async (tx) => {
      await hit(tx, 'a', clock.now(), minutes(1));
      await hit(tx, 'b', clock.now(), minutes(5));
      await hit(tx, 'c', clock.now(), minutes(5));
      await forget(tx, 'c');
    });
    clock.advance(minutes(1));
    await db.write((tx) => purge(tx, clock.now()));
    const start = new Date('2026-11-22T14:00:00Z');
    expect(await peek(db.read, 'a', start)).toBeUndefined();
    expect((await peek(db.read, 'b', start))?.hits).toBe(1);
    expect(await peek(db.read, 'c', start)).toBeUndefined();
  });

  it('holds no more than it may: those that end first go (S-67)', async () => {
    const { db, clock } = await testKernel();
    await db.write(async (tx) => {
      for (const key of ['a', 'b', 'c', 'd']) {
        await hit(tx, key, clock.now(), minutes(key.charCodeAt(0)));
      }
      await purge(tx, clock.now(), 2);
    });
    const kept = await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (key) => (await peek(db.read, key, clock.now()))?.hits ?? 0),
    );
    expect(kept).toEqual([0, 0, 1, 1]);
  });
});
