// Into the quarantine and out of it, by a person.
import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { subscribers } from '../../src/db/schema.ts';
import { systemActor } from '../../src/events/types.ts';
import { days } from '../../src/shared/clock.ts';
import { complained, quarantineFor } from '../../src/subscribers/quarantine.ts';
import {
  addConfirmed,
  countQuarantined,
  listQuarantined,
  purgeQuarantined,
  reactivate,
} from '../../src/subscribers/service.ts';
import {
  accepted,
  eventsOfKind,
  keyOf,
  note,
  report,
  suppressionRows,
} from '../returns/fixtures.ts';
import type { TestKernel } from '../support/kernel.ts';
import { ask, joined, sentKinds, subscriberOf } from './fixtures.ts';

const cause = { kind: 'hard' as const, code: '5.1.1', source: 'mailbox' as const };
const actor = { ...systemActor, kind: 'account' as const, id: 1 };

const quarantine = (kernel: TestKernel, id: number) =>
  kernel.db.write((tx) => quarantineFor(tx, kernel, id, cause));
const complain = (kernel: TestKernel, id: number) =>
  kernel.db.write((tx) => complained(tx, kernel, id, { ...cause, kind: 'complaint', detail: 'x' }));
const rowOf = async (kernel: TestKernel, id: number) =>
  (await kernel.db.read.select().from(subscribers).where(eq(subscribers.id, id)))[0];

describe('quarantineFor', () => {
  it('ends the mail by an event of its own and keeps the choices', async () => {
    const { kernel, row } = await joined();
    expect(await quarantine(kernel, row.id)).toBe(true);
    const after = await rowOf(kernel, row.id);
    const [event] = await eventsOfKind(kernel, 'subscriber.quarantined');
    expect(after).toMatchObject({
      state: 'quarantined',
      leftSeq: event?.seq,
      wantsIncidents: true,
    });
    expect(after?.confirmNonce).not.toBe(row.confirmNonce);
  });

  it('again is nothing', async () => {
    const { kernel, row } = await joined();
    await quarantine(kernel, row.id);
    expect(await quarantine(kernel, row.id)).toBe(false);
    expect(await eventsOfKind(kernel, 'subscriber.quarantined')).toHaveLength(1);
  });

  it('leaves who never confirmed as they are: reactivating must not confirm for them', async () => {
    const { kernel } = await joined();
    await ask(kernel, 'new@example.com');
    const pending = await subscriberOf(kernel, 'new@example.com');
    expect(await quarantine(kernel, pending.id)).toBe(false);
    expect(await rowOf(kernel, pending.id)).toMatchObject({ state: 'pending' });
  });

  it('leaves who is erased erased', async () => {
    const { kernel } = await joined();
    expect(await quarantine(kernel, 999)).toBe(false);
    await complain(kernel, 999);
    expect(await suppressionRows(kernel)).toEqual([]);
  });

  it('gets no mail that anybody asks for with the address', async () => {
    const { kernel, row } = await joined();
    await complain(kernel, row.id);
    kernel.clock.advance(days(3));
    const before = await sentKinds(kernel);
    await ask(kernel, row.email);
    expect(await sentKinds(kernel)).toEqual(before);
  });
});

describe('the list', () => {
  it('tells why, by the newest return that blames them, in pages', async () => {
    const { kernel, id, ids } = await accepted('a', 'b', 'c');
    const [a, b] = ids as [number, number, number];
    await note(kernel, report(keyOf(id, a), { kind: 'soft', code: '5.2.2', detail: 'full' }));
    await note(kernel, report(keyOf(id, a), { detail: 'unknown' }));
    await note(kernel, report(keyOf(id, a), { kind: 'delayed', detail: 'later' }));
    await note(kernel, report(keyOf(id, b), { kind: 'complaint', code: null, source: 'ses' }));
    expect(await countQuarantined(kernel.db.read)).toBe(2);
    const [first] = await listQuarantined(kernel.db.read, { limit: 1 });
    expect(first).toMatchObject({
      email: 'b@example.org',
      at: kernel.clock.now(),
      kind: 'complaint',
      source: 'ses',
    });
    const rest = await listQuarantined(kernel.db.read, { after: first?.publicId, limit: 5 });
    expect(rest).toMatchObject([
      { email: 'a@example.org', kind: 'hard', code: '5.1.1', detail: 'unknown', source: 'mailbox' },
    ]);
  });

  it('has those of whom nothing is known', async () => {
    const { kernel, row } = await joined();
    await quarantine(kernel, row.id);
    expect(await listQuarantined(kernel.db.read, { limit: 5 })).toMatchObject([
      { email: row.email, kind: null, code: null, detail: '', source: null },
    ]);
  });
});

describe('reactivate', () => {
  it('makes mail released from now on reach them', async () => {
    const { kernel, row } = await joined();
    await quarantine(kernel, row.id);
    await reactivate(kernel, actor, row.publicId);
    const [event] = await eventsOfKind(kernel, 'subscriber.reactivated');
    expect(await rowOf(kernel, row.id)).toMatchObject({
      state: 'confirmed',
      leftSeq: null,
      confirmedSeq: event?.seq,
    });
  });

  it('asks before it overrides a complaint, and records that it did', async () => {
    const { kernel, row } = await joined();
    await complain(kernel, row.id);
    await expect(reactivate(kernel, actor, row.publicId)).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await rowOf(kernel, row.id)).toMatchObject({ state: 'quarantined' });
    await reactivate(kernel, actor, row.publicId, { override: true });
    expect(await suppressionRows(kernel)).toEqual([]);
    const [event] = await eventsOfKind(kernel, 'subscriber.suppression_overridden');
    expect(event).toMatchObject({ subjectId: row.id, data: { reason: 'complaint' } });
    expect(await rowOf(kernel, row.id)).toMatchObject({ state: 'confirmed' });
  });

  it('is for the quarantine only', async () => {
    const { kernel } = await joined();
    await ask(kernel, 'new@example.com');
    const { publicId } = await subscriberOf(kernel, 'new@example.com');
    await expect(reactivate(kernel, actor, publicId)).rejects.toMatchObject({ code: 'conflict' });
    await expect(reactivate(kernel, actor, 'nobody')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('purgeQuarantined', () => {
  it('erases those who have been in it for longer, and nobody else', async () => {
    const { kernel, row } = await joined();
    const more = Array.from({ length: 250 }, (_, n) => `s${n}@example.com`);
    await kernel.db.write((tx) => addConfirmed(tx, kernel, systemActor, more));
    for (const email of more) await quarantine(kernel, (await subscriberOf(kernel, email)).id);
    kernel.clock.advance(days(31));
    await quarantine(kernel, row.id);
    expect(await purgeQuarantined(kernel, actor, { olderThanDays: 30 })).toBe(250);
    expect(await purgeQuarantined(kernel, actor, { olderThanDays: 30 })).toBe(0);
    expect(await kernel.db.read.select({ email: subscribers.email }).from(subscribers)).toEqual([
      { email: row.email },
    ]);
    const events = await eventsOfKind(kernel, 'subscribers.purged');
    expect(events.map((event) => event.data['count'])).toEqual([200, 50]);
  });

  it('keeps the suppression of who complained', async () => {
    const { kernel, row } = await joined();
    await complain(kernel, row.id);
    kernel.clock.advance(days(31));
    expect(await purgeQuarantined(kernel, actor, { olderThanDays: 30 })).toBe(1);
    expect(await suppressionRows(kernel)).toHaveLength(1);
  });
});
