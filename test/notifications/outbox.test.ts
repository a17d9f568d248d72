import { describe, expect, it } from 'vitest';
import type { Kernel } from '../../src/db/kernel.ts';
import {
  claim,
  expireOverdue,
  hasDue,
  releaseForeign,
  sweepNext,
} from '../../src/notifications/outbox.ts';
import { progress } from '../../src/notifications/service.ts';
import { hours, minutes, plus } from '../../src/shared/clock.ts';
import {
  attemptsOf,
  eventsOf,
  makeIncident,
  release,
  released,
  sent,
  settle,
  statesOf,
} from './fixtures.ts';

async function sendAll(kernel: Kernel, boot = 'boot') {
  for (const claimed of await claim(kernel, boot, 'bulk', 100)) {
    await settle(kernel, boot, claimed, sent);
  }
}

describe('settling', () => {
  it('finishes the notification with its last row', async () => {
    const { kernel, id } = await released('a', 'b');
    const claimed = await claim(kernel, 'boot', 'bulk', 2);
    for (const one of claimed) {
      expect(await progress(kernel.db.read, id)).toMatchObject({ state: 'sending' });
      expect(await settle(kernel, 'boot', one, sent)).toBe(true);
    }
    const done = await progress(kernel.db.read, id);
    expect(done).toMatchObject({ state: 'sent', finishedAt: kernel.clock.now() });
    expect((await eventsOf(kernel, id)).at(-1)).toEqual({ kind: 'notification.sent' });
  });

  it('changes nothing when another boot holds the row, or it is settled already', async () => {
    const { kernel, id } = await released('a');
    const [claimed] = await claim(kernel, 'boot', 'bulk', 1);
    if (!claimed) throw new Error('nothing claimed');
    expect(await settle(kernel, 'other', claimed, sent)).toBe(false);
    expect(await statesOf(kernel, id)).toEqual({ 'a@example.com': 'sending' });
    expect(await settle(kernel, 'boot', claimed, sent)).toBe(true);
    expect(await settle(kernel, 'boot', claimed, { ...sent, state: 'failed' })).toBe(false);
    expect(await statesOf(kernel, id)).toEqual({ 'a@example.com': 'sent' });
  });

  it('keeps a retry until its time, with its count and its log', async () => {
    const { kernel, id } = await released('a');
    const [claimed] = await claim(kernel, 'boot', 'bulk', 1);
    if (!claimed) throw new Error('nothing claimed');
    await settle(kernel, 'boot', claimed, {
      state: 'queued',
      nextAt: plus(kernel.clock.now(), minutes(1)),
      charge: true,
      code: 451,
      note: { outcome: 'retry', reply: '451 later' },
    });
    expect(await claim(kernel, 'boot', 'bulk', 1)).toEqual([]);
    kernel.clock.advance(minutes(1));
    expect((await claim(kernel, 'boot', 'bulk', 1))[0]).toMatchObject({ attempts: 1, code: 451 });
    expect(await attemptsOf(kernel, id)).toMatchObject([{ code: 451, reply: '451 later' }]);
  });

  it('frees at start what earlier boots held, and only that', async () => {
    const { kernel } = await released();
    await claim(kernel, 'dead', 'bulk', 2);
    await claim(kernel, 'alive', 'bulk', 1);
    expect(await releaseForeign(kernel, 'alive')).toBe(2);
    expect(await claim(kernel, 'alive', 'bulk', 5)).toHaveLength(2);
  });
});

describe('superseding', () => {
  it('takes back what has not gone out, and says so', async () => {
    const { kernel, id, incident } = await released();
    const [first] = await claim(kernel, 'boot', 'bulk', 1);
    if (first) await settle(kernel, 'boot', first, sent);
    const second = await release(kernel, incident.id, { stage: 'resolved' });
    expect((await progress(kernel.db.read, id)).counts).toMatchObject({ sent: 1, cancelled: 2 });
    expect(await progress(kernel.db.read, id)).toMatchObject({ state: 'cancelled' });
    expect((await eventsOf(kernel, id)).at(-1)).toEqual({
      kind: 'notification.cancelled',
      reason: 'superseded',
      by: second,
    });
    expect(await progress(kernel.db.read, second)).toMatchObject({ owed: 3 });
  });

  it('leaves other incidents and finished messages alone', async () => {
    const { kernel, id } = await released();
    const other = await makeIncident(kernel, 'Another');
    await sendAll(kernel);
    const otherId = await release(kernel, other.id);
    await release(kernel, (await makeIncident(kernel, 'Third')).id);
    expect(await progress(kernel.db.read, id)).toMatchObject({ state: 'sent' });
    expect(await progress(kernel.db.read, otherId)).toMatchObject({ state: 'queued' });
  });

  it('waits for an older message that is on its way to the same person', async () => {
    const { kernel, incident } = await released('a');
    const [older] = await claim(kernel, 'boot', 'bulk', 1);
    if (!older) throw new Error('nothing claimed');
    await release(kernel, incident.id, { stage: 'resolved' });
    expect(await claim(kernel, 'boot', 'bulk', 1)).toEqual([]);
    expect(await hasDue(kernel.db.read, 'bulk', kernel.clock.now())).toBe(false);
    await settle(kernel, 'boot', older, sent);
    expect((await claim(kernel, 'boot', 'bulk', 1))[0]?.notification.stage).toBe('resolved');
  });

  it('sweeps up a retry that came back to a cancelled notification', async () => {
    const { kernel, id, incident } = await released('a');
    const [older] = await claim(kernel, 'boot', 'bulk', 1);
    if (!older) throw new Error('nothing claimed');
    await release(kernel, incident.id, { stage: 'resolved' });
    const later = { state: 'queued' as const, nextAt: kernel.clock.now() };
    await settle(kernel, 'boot', older, { ...later, charge: true, code: 451, note: null });
    expect(await sweepNext(kernel)).toBe(true);
    expect(await sweepNext(kernel)).toBe(false);
    expect(await statesOf(kernel, id)).toEqual({ 'a@example.com': 'cancelled' });
  });
});

describe('expiring', () => {
  it('cancels what nobody needs to read any more', async () => {
    const { kernel, id } = await released();
    kernel.clock.advance(hours(24));
    expect(await claim(kernel, 'boot', 'bulk', 5)).toEqual([]);
    await expireOverdue(kernel);
    expect(await progress(kernel.db.read, id)).toMatchObject({ state: 'cancelled' });
    expect((await eventsOf(kernel, id)).at(-1)).toMatchObject({ reason: 'expired' });
  });
});
