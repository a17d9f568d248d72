// What the desk is told of notifications, and what a person decides about those that are held.
import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { notifications, subscribers } from '../../src/db/schema.ts';
import { systemActor } from '../../src/events/types.ts';
import {
  countHeldMail,
  discardAllHeld,
  discardHeld,
  heldNotifications,
  releaseAllHeld,
  releaseHeld,
} from '../../src/notifications/held.ts';
import { claim, expandNext } from '../../src/notifications/outbox.ts';
import {
  activeNotifications,
  countDirectWaiting,
  eachUndelivered,
  listUndelivered,
  notificationDetail,
  progress,
  recentNotifications,
  waitingSince,
} from '../../src/notifications/progress.ts';
import { countInLane } from '../../src/notifications/progress-store.ts';
import { cancel, holdAll, pause, releaseToOne, resume } from '../../src/notifications/service.ts';
import type { Settlement } from '../../src/notifications/types.ts';
import { days, hours, minutes } from '../../src/shared/clock.ts';
import { testKernel, type TestKernel } from '../support/kernel.ts';
import {
  addMany,
  addSubscribers,
  eventsOf,
  idOf,
  leave,
  mail,
  makeIncident,
  release,
  released,
  sent,
  settle,
} from './fixtures.ts';

const failed: Settlement = {
  state: 'failed',
  charge: true,
  code: 550,
  note: { outcome: 'failed', reply: '550 5.1.1 <address> unknown' },
};
const doubted: Settlement = {
  state: 'sent',
  charge: true,
  code: 250,
  note: { outcome: 'ambiguous', reply: 'Connection closed' },
};

async function settleNext(kernel: TestKernel, ...settlements: Settlement[]): Promise<void> {
  const held = await claim(kernel, 'boot', 'bulk', settlements.length);
  for (const [i, settlement] of settlements.entries()) {
    const claimed = held[i];
    if (!claimed) throw new Error('nothing to settle');
    await settle(kernel, 'boot', claimed, settlement);
  }
}

const stateOf = async (kernel: TestKernel, id: number) =>
  (await progress(kernel.db.read, id)).state;

const toOne = (kernel: TestKernel, recipientId: number) =>
  kernel.db.write((tx) =>
    releaseToOne(tx, kernel, systemActor, {
      kind: 'manage_link',
      recipientKind: 'subscriber',
      recipientId,
      mail,
    }),
  );

describe('progress', () => {
  it('tells queued, on their way, sent, failed and suppressed apart', async () => {
    const { kernel, id } = await released('a', 'b', 'c', 'd', 'e');
    await settleNext(kernel, sent, failed);
    await leave(kernel, 'e@example.com');
    await claim(kernel, 'boot', 'bulk', 1);
    await claim(kernel, 'boot', 'bulk', 1);
    const counts = { queued: 0, sending: 2, sent: 1, failed: 1, suppressed: 0, cancelled: 0 };
    expect(await progress(kernel.db.read, id)).toMatchObject({
      owed: 5,
      counts: { ...counts, queued: 1 },
    });
    await claim(kernel, 'boot', 'bulk', 1);
    expect(await progress(kernel.db.read, id)).toMatchObject({
      counts: { ...counts, suppressed: 1 },
    });
  });

  it('counts who has no row yet while they are few, and says so while they are many', async () => {
    const kernel = await testKernel();
    await addMany(kernel, 31_000);
    const { id: incidentId } = await makeIncident(kernel);
    const id = await release(kernel, incidentId);
    expect(await progress(kernel.db.read, id)).toMatchObject({ owed: 10_000, expanded: false });
    await expandNext(kernel);
    expect(await progress(kernel.db.read, id)).toMatchObject({ owed: 31_000, expanded: false });
  });

  it('knows the words, the audience, who may have got it twice', async () => {
    const { kernel, id } = await released();
    await settleNext(kernel, doubted, sent);
    expect(await notificationDetail(kernel.db.read, id)).toMatchObject({
      content: mail,
      audience: [],
      doubtful: 1,
      lane: 'bulk',
      recipient: null,
      pausedBecause: null,
    });
    const one = await toOne(kernel, await idOf(kernel, 'c@example.com'));
    expect(await notificationDetail(kernel.db.read, one)).toMatchObject({
      recipient: 'c@example.com',
    });
    await expect(notificationDetail(kernel.db.read, 99)).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('lists', () => {
  it('what goes out is in the order it is sent, the newest incident first', async () => {
    const { kernel, id } = await released();
    const other = await makeIncident(kernel, 'Another');
    const second = await release(kernel, other.id);
    const ids = async () =>
      (await activeNotifications(kernel.db.read)).map((line) => line.notificationId);
    expect(await ids()).toEqual([second, id]);
    await pause(kernel, systemActor, second);
    expect(await ids()).toEqual([id]);
    expect(await countInLane(kernel.db.read, 'bulk', ['paused'])).toBe(1);
  });

  it('what went out lately is paged, lane by lane, whatever its state', async () => {
    const { kernel, id } = await released();
    const subscriber = await idOf(kernel, 'a@example.com');
    const direct = await toOne(kernel, subscriber);
    const others = [];
    for (const title of ['Two', 'Three', 'Four']) {
      others.push(await release(kernel, (await makeIncident(kernel, title)).id));
    }
    const [two, three, four] = others;
    await cancel(kernel, systemActor, three ?? 0);
    await pause(kernel, systemActor, four ?? 0);
    const page = async (lane: 'bulk' | 'direct', before?: number) =>
      (await recentNotifications(kernel.db.read, lane, { before, limit: 2 })).map(
        (line) => line.notificationId,
      );
    expect(await page('bulk')).toEqual([four, three]);
    expect(await page('bulk', three)).toEqual([two, id]);
    expect(await page('bulk', id)).toEqual([]);
    expect(await page('direct')).toEqual([direct]);
    expect(await countDirectWaiting(kernel.db.read)).toBe(1);
  });

  it('who did not get it comes whole, a page at a time', async () => {
    const names = Array.from({ length: 7 }, (_, i) => `n${i}`);
    const { kernel, id } = await released(...names);
    await settleNext(kernel, failed, sent, failed, failed, sent, failed, failed);
    const all = await listUndelivered(kernel.db.read, id);
    expect(all.map(({ state }) => state)).toEqual(Array(5).fill('failed'));
    const pages = [];
    for await (const rows of eachUndelivered(kernel.db.read, id, 2)) pages.push(rows);
    expect(pages.map((rows) => rows.length)).toEqual([2, 2, 1]);
    expect(pages.flat()).toEqual(all);
  });

  it('knows since when mail that may go out waits', async () => {
    const { kernel } = await released();
    const since = kernel.clock.now();
    kernel.clock.advance(minutes(3));
    expect(await waitingSince(kernel.db.read)).toEqual(since);
    await kernel.db.write((tx) => holdAll(tx));
    expect(await waitingSince(kernel.db.read)).toBeNull();
  });
});

async function restored() {
  const { kernel, id } = await released();
  const direct = await toOne(kernel, await idOf(kernel, 'b@example.com'));
  await settleNext(kernel, sent);
  await kernel.db.write((tx) => holdAll(tx));
  return { kernel, id, direct };
}

describe('held mail', () => {
  it('is all that a restore held, of every lane that mails, with why and for whom', async () => {
    const { kernel, id, direct } = await restored();
    kernel.clock.advance(hours(2));
    const held = await heldNotifications(kernel, 10);
    expect(held).toMatchObject({ bulk: 1, direct: 1, expired: 0 });
    expect(held.notifications).toMatchObject([
      { notificationId: id, pausedBecause: 'restored', isExpired: false, counts: { sent: 1 } },
      { notificationId: direct, kind: 'manage_link', recipient: 'b@example.com' },
    ]);
    expect((await heldNotifications(kernel, 1)).notifications).toHaveLength(1);
  });

  it('goes out, or never does, as its person decides', async () => {
    const { kernel, id, direct } = await restored();
    await releaseHeld(kernel, systemActor, id);
    expect(await claim(kernel, 'boot', 'bulk', 10)).toHaveLength(2);
    expect(await notificationDetail(kernel.db.read, id)).toMatchObject({ pausedBecause: null });
    await discardHeld(kernel, systemActor, direct);
    expect(await stateOf(kernel, direct)).toBe('cancelled');
    expect((await eventsOf(kernel, direct)).at(-1)).toMatchObject({
      kind: 'notification.cancelled',
      reason: 'discarded',
    });
    const conflict = { code: 'conflict' };
    await expect(releaseHeld(kernel, systemActor, id)).rejects.toMatchObject(conflict);
    await expect(discardHeld(kernel, systemActor, id)).rejects.toMatchObject(conflict);
    await expect(discardHeld(kernel, systemActor, direct)).rejects.toMatchObject(conflict);
  });

  it('past its end goes out only when its person says so knowing it, and has time anew', async () => {
    const { kernel, id } = await restored();
    kernel.clock.advance(days(2));
    await expect(resume(kernel, systemActor, id)).rejects.toMatchObject({ code: 'conflict' });
    await expect(releaseHeld(kernel, systemActor, id)).rejects.toMatchObject({ code: 'conflict' });
    expect(await stateOf(kernel, id)).toBe('paused');
    await releaseHeld(kernel, systemActor, id, { evenIfOld: true });
    expect(await claim(kernel, 'boot', 'bulk', 10)).toHaveLength(2);
    expect((await eventsOf(kernel, id)).at(-1)).toMatchObject({ old: true });
  });

  it('is released all at once but for what is old, and discarded all at once', async () => {
    const { kernel, id, direct } = await restored();
    const past = { expiresAt: new Date(0) };
    await kernel.db.write((tx) =>
      tx
        .update(notifications)
        .set(past)
        .where(sql`id = ${id}`),
    );
    expect(await countHeldMail(kernel.db.read, kernel.clock.now())).toMatchObject({ expired: 1 });
    expect(await releaseAllHeld(kernel, systemActor)).toBe(1);
    expect([await stateOf(kernel, id), await stateOf(kernel, direct)]).toEqual([
      'paused',
      'sending',
    ]);
    expect(await discardAllHeld(kernel, systemActor)).toBe(1);
    expect(await stateOf(kernel, id)).toBe('cancelled');
  });

  it('by the hundred goes in steps, each of them once', async () => {
    const kernel = await testKernel();
    await addSubscribers(kernel, 'a@example.com');
    const subscriber = await idOf(kernel, 'a@example.com');
    for (let i = 0; i < 205; i += 1) await toOne(kernel, subscriber);
    await kernel.db.write((tx) => holdAll(tx));
    expect(await releaseAllHeld(kernel, systemActor)).toBe(205);
    expect(await countDirectWaiting(kernel.db.read)).toBe(205);
  });

  it('names nobody whose address was erased since', async () => {
    const { kernel, direct } = await restored();
    await kernel.db.write((tx) => tx.delete(subscribers).where(sql`email = 'b@example.com'`));
    const { notifications: all } = await heldNotifications(kernel, 10);
    expect(all.find((one) => one.notificationId === direct)?.recipient).toBeUndefined();
  });
});
