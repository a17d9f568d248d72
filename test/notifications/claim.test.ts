import { eq, sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { accounts, subscribers, suppressions } from '../../src/db/schema.ts';
import { systemActor } from '../../src/events/types.ts';
import { claim, hasDue } from '../../src/notifications/outbox.ts';
import { suppressionHash } from '../../src/notifications/rules.ts';
import { progress, releaseToOne } from '../../src/notifications/service.ts';
import type { Claimed, ReleaseToOne } from '../../src/notifications/types.ts';
import { minutes, plus } from '../../src/shared/clock.ts';
import { testKernel } from '../support/kernel.ts';
import {
  addSubscribers,
  attemptsOf,
  idOf,
  leave,
  mail,
  makeIncident,
  release,
  released,
  statesOf,
} from './fixtures.ts';

const emailsOf = (claimed: Claimed[]) => claimed.map(({ recipient }) => recipient.email ?? '');

describe('claiming', () => {
  it('hands each row to one claimer, up to the limit', async () => {
    const { kernel } = await released();
    const first = await claim(kernel, 'one', 'bulk', 2);
    const second = await claim(kernel, 'two', 'bulk', 2);
    expect(emailsOf([...first, ...second]).toSorted()).toEqual([
      'a@example.com',
      'b@example.com',
      'c@example.com',
    ]);
    expect(await claim(kernel, 'one', 'bulk', 2)).toEqual([]);
  });

  it('carries what composing needs, and turns the notification to sending', async () => {
    const { kernel, id, incident } = await released('a');
    const [claimed] = await claim(kernel, 'boot', 'bulk', 1);
    expect(claimed).toMatchObject({
      notification: { id, kind: 'incident', lane: 'bulk', incidentPublicId: incident.publicId },
      recipient: { kind: 'subscriber', email: 'a@example.com' },
      attempts: 0,
    });
    expect(await progress(kernel.db.read, id)).toMatchObject({ state: 'sending' });
  });

  it('serves the newest incident first', async () => {
    const { kernel } = await released('a');
    const newer = await makeIncident(kernel, 'Newer');
    await release(kernel, newer.id);
    const [claimed] = await claim(kernel, 'boot', 'bulk', 1);
    expect(claimed?.notification.incidentPublicId).toBe(newer.publicId);
  });

  it('leaves bulk rows to the bulk lane', async () => {
    const { kernel } = await released('a');
    expect(await claim(kernel, 'boot', 'direct', 5)).toEqual([]);
    expect(await hasDue(kernel.db.read, 'direct', kernel.clock.now())).toBe(false);
    expect(await hasDue(kernel.db.read, 'bulk', kernel.clock.now())).toBe(true);
  });

  it('waits for a moment that is still to come', async () => {
    const kernel = await testKernel();
    await addSubscribers(kernel, 'a@example.com');
    const notBefore = plus(kernel.clock.now(), minutes(2));
    await release(kernel, (await makeIncident(kernel)).id, { notBefore });
    expect(await claim(kernel, 'boot', 'bulk', 5)).toEqual([]);
    kernel.clock.advance(minutes(2));
    expect(await claim(kernel, 'boot', 'bulk', 5)).toHaveLength(1);
  });

  it('passes over whoever left, is quarantined, erased or suppressed, with the reason', async () => {
    const { kernel, id } = await released('left', 'bad', 'erased', 'listed', 'fine');
    await leave(kernel, 'left@example.com');
    await kernel.db.write(async (tx) => {
      await tx
        .update(subscribers)
        .set({ state: 'quarantined' })
        .where(eq(subscribers.email, 'bad@example.com'));
      await tx.delete(subscribers).where(eq(subscribers.email, 'erased@example.com'));
      await tx.insert(suppressions).values({
        addressHash: suppressionHash(kernel.secretKey, 'listed@example.com'),
        reason: 'complaint',
        at: kernel.clock.now(),
      });
    });
    expect(emailsOf(await claim(kernel, 'boot', 'bulk', 1))).toEqual(['fine@example.com']);
    const reasons = (await attemptsOf(kernel, id)).map(({ outcome, reply }) => [outcome, reply]);
    expect(reasons).toEqual([
      ['suppressed', 'unsubscribed'],
      ['suppressed', 'quarantined'],
      ['suppressed', 'erased'],
      ['suppressed', 'on the suppression list'],
    ]);
    expect(Object.values(await statesOf(kernel, id)).toSorted()).toEqual([
      'sending',
      'suppressed',
      'suppressed',
      'suppressed',
      'suppressed',
    ]);
  });

  it('finishes a notification whose last rows are all suppressed', async () => {
    const { kernel, id } = await released('left');
    await leave(kernel, 'left@example.com');
    await claim(kernel, 'boot', 'bulk', 1);
    expect(await progress(kernel.db.read, id)).toMatchObject({ state: 'sent' });
  });

  it.each<[ReleaseToOne['kind'], string, boolean]>([
    ['confirmation', 'pending', true],
    ['confirmation', 'unsubscribed', true],
    ['confirmation', 'confirmed', false],
    ['already_subscribed', 'confirmed', true],
    ['already_subscribed', 'pending', false],
    ['manage_link', 'unsubscribed', false],
  ])('sends %s to a %s subscriber: %s', async (kind, state, goes) => {
    const kernel = await testKernel();
    await addSubscribers(kernel, 'a@example.com');
    const recipientId = await idOf(kernel, 'a@example.com');
    await kernel.db.write(async (tx) => {
      tx.run(sql`update subscribers set state = ${state}`);
      const to = { kind, recipientKind: 'subscriber' as const, recipientId, mail };
      await releaseToOne(tx, kernel, systemActor, to);
    });
    expect(await claim(kernel, 'boot', 'direct', 1)).toHaveLength(goes ? 1 : 0);
  });

  it('sends to an account only while it is enabled', async () => {
    const kernel = await testKernel();
    const now = kernel.clock.now();
    const warn = (recipientId: number) =>
      kernel.db.write((tx) =>
        releaseToOne(tx, kernel, systemActor, {
          kind: 'clock',
          recipientKind: 'account',
          recipientId,
          mail,
        }),
      );
    await kernel.db.write(async (tx) => {
      for (const [name, disabledAt] of [['on', null] as const, ['off', now] as const]) {
        const email = `${name}@example.com`;
        await tx.insert(accounts).values({
          email,
          emailKey: email,
          name,
          role: 'comms_lead',
          passwordHash: '',
          disabledAt,
          createdAt: now,
          updatedAt: now,
          version: 1,
        });
      }
    });
    const ids = [await warn(1), await warn(2)];
    expect(emailsOf(await claim(kernel, 'boot', 'direct', 5))).toEqual(['on@example.com']);
    expect((await attemptsOf(kernel, ids[1] ?? 0))[0]?.reply).toBe('account disabled');
  });
});
