// The snapshot's keeper: when it looks, whom it tells, and what it does while the database is silent.
import { describe, expect, it } from 'vitest';
import type { Kernel } from '../../src/db/kernel.ts';
import { hours, minutes, seconds } from '../../src/shared/clock.ts';
import { createSnapshotSource } from '../../src/status/service.ts';
import { onEnd, testKernel } from '../support/kernel.ts';
import { pause } from '../support/process.ts';
import { declareIncident, publicSite } from '../support/public-fixtures.ts';

/** A source whose database can be made to fail. */
async function failingSource() {
  const kernel = await testKernel();
  let isBroken = false;
  const read = new Proxy(kernel.db.read, {
    get(reader, name) {
      if (isBroken) throw new Error('database disk image is malformed');
      return Reflect.get(reader, name) as unknown;
    },
  });
  const errors: string[] = [];
  const log = { ...kernel.log, error: (_: object, words: string) => void errors.push(words) };
  const broken: Kernel = { ...kernel, log, db: { ...kernel.db, read } };
  const snapshots = await createSnapshotSource(broken);
  onEnd(() => snapshots.stop());
  return {
    kernel,
    snapshots,
    errors,
    fail: (is: boolean) => void (isBroken = is),
  };
}

describe('the snapshot', () => {
  it('tells its listeners of each change, until they stop', async () => {
    const { kernel, snapshots } = await publicSite();
    await snapshots.refresh();
    let changes = 0;
    const stop = snapshots.onChange(() => (changes += 1));
    await snapshots.refresh();
    expect(changes).toBe(0);
    await declareIncident(kernel);
    await snapshots.refresh();
    expect(changes).toBe(1);
    stop();
    await declareIncident(kernel, { title: 'Another' });
    await snapshots.refresh();
    expect(changes).toBe(1);
  });

  it('is made anew when its time is over, though nothing was said', async () => {
    const { kernel, snapshots } = await publicSite();
    await declareIncident(kernel);
    await snapshots.refresh();
    const before = snapshots.current();
    kernel.clock.set(new Date(before.staleAt.getTime() - 1).toISOString());
    await snapshots.refresh();
    expect(snapshots.current()).toBe(before);
    kernel.clock.advance(1);
    await snapshots.refresh();
    expect(snapshots.current().staleAt.getTime()).toBeGreaterThan(before.staleAt.getTime());
  });

  it('looks by itself, so nobody has to ask', async () => {
    const { kernel, snapshots } = await publicSite();
    await snapshots.refresh();
    const before = snapshots.current();
    kernel.clock.advance(hours(24));
    for (let i = 0; i < 60 && snapshots.current() === before; i += 1) await pause(50);
    expect(snapshots.current().today).toBe('2026-11-23');
  });
});

describe('while the database does not answer', () => {
  it('the last snapshot stays, says since when it is frozen, and thaws by itself', async () => {
    const { kernel, snapshots, fail } = await failingSource();
    await snapshots.refresh();
    const good = snapshots.current();
    fail(true);
    kernel.clock.advance(seconds(2));
    await snapshots.refresh();
    expect(snapshots.current()).toBe(good);
    kernel.clock.advance(seconds(6));
    await snapshots.refresh();
    const frozen = snapshots.current();
    expect(frozen.frozenAt?.toISOString()).toBe('2026-11-22T14:00:00.000Z');
    expect({ ...frozen, frozenAt: undefined }).toEqual({ ...good, frozenAt: undefined });
    kernel.clock.advance(minutes(3));
    await snapshots.refresh();
    expect(snapshots.current()).toBe(frozen);
    fail(false);
    await snapshots.refresh();
    expect(snapshots.current().frozenAt).toBeUndefined();
  });

  it('it is logged once a minute, not with every look', async () => {
    const { kernel, snapshots, fail, errors } = await failingSource();
    fail(true);
    for (let second = 0; second < 130; second += 1) {
      kernel.clock.advance(seconds(1));
      await snapshots.refresh();
    }
    expect(errors).toHaveLength(3);
    fail(false);
    await snapshots.refresh();
  });
});
