import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { incidents, mailContents } from '../../src/db/schema.ts';
import { systemActor } from '../../src/events/types.ts';
import { claim } from '../../src/notifications/outbox.ts';
import {
  cancel,
  holdAll,
  listNotifications,
  listUndelivered,
  pause,
  progress,
  resume,
  retryFailed,
} from '../../src/notifications/service.ts';
import type { Settlement } from '../../src/notifications/types.ts';
import { hours } from '../../src/shared/clock.ts';
import { testKernel } from '../support/kernel.ts';
import {
  addSubscribers,
  eventsOf,
  mail,
  makeIncident,
  release,
  settle,
  statesOf,
} from './fixtures.ts';

const sent: Settlement = { state: 'sent', charge: true, code: 250, note: null };
const failed: Settlement = {
  state: 'failed',
  charge: true,
  code: 550,
  note: { outcome: 'failed', reply: '550 5.1.1 <address> unknown' },
};

async function released() {
  const kernel = await testKernel();
  await addSubscribers(kernel, 'a@example.com', 'b@example.com');
  const incident = await makeIncident(kernel);
  return { kernel, incident, id: await release(kernel, incident.id) };
}

async function settleAll(kernel: Awaited<ReturnType<typeof testKernel>>, how: Settlement) {
  for (const claimed of await claim(kernel, 'boot', 'bulk', 10)) {
    await settle(kernel, 'boot', claimed, how);
  }
}

describe('releasing', () => {
  it('freezes the content, once for the same words', async () => {
    const { kernel, incident } = await released();
    await release(kernel, incident.id, { stage: 'identified' });
    await release(kernel, incident.id, { mail: { ...mail, plain: 'Other words' } });
    const rows = await kernel.db.read.select().from(mailContents);
    expect(rows.map((row) => row.plain).toSorted()).toEqual([mail.plain, 'Other words'].toSorted());
    expect(rows[0]?.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('records what was released', async () => {
    const { kernel, id } = await released();
    expect((await eventsOf(kernel, id))[0]).toMatchObject({
      kind: 'notification.released',
      stage: 'investigating',
      componentIds: [],
      content: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
  });

  it.each(['one\r\nBcc: all@example.com', 'one\u2028two', 'nul\0'])(
    'refuses a subject of more than a line: %j (S-51)',
    async (subject) => {
      const { kernel, incident } = await released();
      await expect(
        release(kernel, incident.id, { mail: { ...mail, subject } }),
      ).rejects.toMatchObject({
        code: 'invalid',
        fields: { subject: expect.any(String) as string },
      });
    },
  );

  it('is undone with the transaction it is part of', async () => {
    const { kernel, incident } = await released();
    const before = await listNotifications(kernel.db.read, incident.id);
    await expect(release(kernel, 999_999)).rejects.toThrow();
    expect(await listNotifications(kernel.db.read, incident.id)).toEqual(before);
  });
});

describe('steering', () => {
  it('pauses, keeps what is on its way, resumes, and finishes', async () => {
    const { kernel, id } = await released();
    const [held] = await claim(kernel, 'boot', 'bulk', 1);
    await pause(kernel, systemActor, id);
    expect(await claim(kernel, 'boot', 'bulk', 1)).toEqual([]);
    if (held) expect(await settle(kernel, 'boot', held, sent)).toBe(true);
    expect(await progress(kernel.db.read, id)).toMatchObject({ state: 'paused' });
    await resume(kernel, systemActor, id);
    await settleAll(kernel, sent);
    expect(await progress(kernel.db.read, id)).toMatchObject({ state: 'sent' });
  });

  it('finishes on resuming when nothing was left', async () => {
    const { kernel, id } = await released();
    const held = await claim(kernel, 'boot', 'bulk', 5);
    await pause(kernel, systemActor, id);
    for (const claimed of held) await settle(kernel, 'boot', claimed, sent);
    await resume(kernel, systemActor, id);
    expect(await progress(kernel.db.read, id)).toMatchObject({ state: 'sent' });
  });

  it('does not resume what is too old', async () => {
    const { kernel, id } = await released();
    await pause(kernel, systemActor, id);
    kernel.clock.advance(hours(25));
    await expect(resume(kernel, systemActor, id)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('takes back what has not gone out', async () => {
    const { kernel, id } = await released();
    await cancel(kernel, systemActor, id);
    expect((await progress(kernel.db.read, id)).counts).toMatchObject({ cancelled: 2 });
    expect((await eventsOf(kernel, id)).at(-1)).toMatchObject({ reason: 'recalled' });
    await expect(cancel(kernel, systemActor, id)).rejects.toMatchObject({ code: 'conflict' });
    await expect(pause(kernel, systemActor, id)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('pauses itself when the content is refused', async () => {
    const { kernel, id } = await released();
    const [claimed] = await claim(kernel, 'boot', 'bulk', 1);
    if (!claimed) throw new Error('nothing claimed');
    await settle(kernel, 'boot', claimed, {
      state: 'queued',
      charge: false,
      code: 554,
      pauseBecause: 'content_refused',
      nextAt: kernel.clock.now(),
      note: { outcome: 'content_refused', reply: '554 spam' },
    });
    expect(await progress(kernel.db.read, id)).toMatchObject({ state: 'paused' });
    expect((await eventsOf(kernel, id)).at(-1)).toEqual({
      kind: 'notification.paused',
      reason: 'content_refused',
      code: 554,
    });
    expect(Object.values(await statesOf(kernel, id))).toEqual(['queued', 'queued']);
  });

  it('holds everything unfinished after a restore', async () => {
    const { kernel, id } = await released();
    await claim(kernel, 'boot', 'bulk', 1);
    expect(await kernel.db.write((tx) => holdAll(tx))).toBe(1);
    expect(await progress(kernel.db.read, id)).toMatchObject({ state: 'paused' });
    expect(Object.values(await statesOf(kernel, id))).toEqual(['queued', 'queued']);
    expect(await claim(kernel, 'boot', 'bulk', 1)).toEqual([]);
  });
});

describe('trying again', () => {
  it('queues the failed ones once more and says who they were', async () => {
    const { kernel, id } = await released();
    const [first, second] = await claim(kernel, 'boot', 'bulk', 2);
    if (!first || !second) throw new Error('nothing claimed');
    await settle(kernel, 'boot', first, sent);
    await settle(kernel, 'boot', second, failed);
    expect(await progress(kernel.db.read, id)).toMatchObject({ state: 'sent' });
    expect(await listUndelivered(kernel.db.read, id)).toEqual([
      {
        recipientId: second.recipient.id,
        email: second.recipient.email,
        state: 'failed',
        reason: 'failed: 550 5.1.1 <address> unknown',
        attempts: 1,
      },
    ]);
    expect(await retryFailed(kernel, systemActor, id)).toBe(1);
    await settleAll(kernel, sent);
    expect((await progress(kernel.db.read, id)).counts).toMatchObject({ sent: 2, failed: 0 });
  });

  it('does not bring an older message after a newer one', async () => {
    const { kernel, id, incident } = await released();
    await settleAll(kernel, failed);
    await release(kernel, incident.id, { stage: 'resolved' });
    await expect(retryFailed(kernel, systemActor, id)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('leaves an incident alone that was made private since', async () => {
    const { kernel, id, incident } = await released();
    await settleAll(kernel, failed);
    const hidden = { visibility: 'private' } as const;
    await kernel.db.write((tx) =>
      tx.update(incidents).set(hidden).where(eq(incidents.id, incident.id)),
    );
    await expect(retryFailed(kernel, systemActor, id)).rejects.toMatchObject({ code: 'conflict' });
    expect((await progress(kernel.db.read, id)).counts).toMatchObject({ failed: 2, queued: 0 });
  });

  it('refuses when nothing failed', async () => {
    const { kernel, id } = await released();
    await expect(retryFailed(kernel, systemActor, id)).rejects.toMatchObject({ code: 'conflict' });
    expect(await progress(kernel.db.read, id)).toMatchObject({ state: 'queued' });
  });
});

it('lists an incident’s messages, newest first', async () => {
  const { kernel, id, incident } = await released();
  const second = await release(kernel, incident.id, { stage: 'resolved' });
  const list = await listNotifications(kernel.db.read, incident.id);
  expect(list).toMatchObject([
    { notificationId: second, stage: 'resolved', state: 'queued', subject: mail.subject, owed: 2 },
    { notificationId: id, stage: 'investigating', state: 'cancelled' },
  ]);
});
