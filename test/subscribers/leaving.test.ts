import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import {
  deliveries,
  events,
  subscriberComponents,
  suppressions,
  webhooks,
} from '../../src/db/schema.ts';
import { systemActor } from '../../src/events/types.ts';
import { hours } from '../../src/shared/clock.ts';
import {
  addConfirmed,
  confirm,
  counts,
  listNewest,
  readUnsubscribe,
  removeSubscriber,
  unsubscribe,
} from '../../src/subscribers/service.ts';
import { unsubscribeToken } from '../../src/subscribers/tokens.ts';
import { addWebhook } from '../../src/webhooks/service.ts';
import { makeComponent, makeIncident, release, statesOf } from '../notifications/fixtures.ts';
import { testKernel } from '../support/kernel.ts';
import { ask, confirmLink, gone, joined, subscriberOf, visit } from './fixtures.ts';

async function left() {
  const { kernel, row } = await joined();
  const component = await makeComponent(kernel, 'API');
  await kernel.db.write((tx) =>
    tx.insert(subscriberComponents).values({ subscriberId: row.id, componentId: component }),
  );
  const token = unsubscribeToken(kernel.secretKey, row);
  expect(await readUnsubscribe(kernel, token)).toMatchObject({ subscribed: true });
  await unsubscribe(kernel, token, visit);
  return { kernel, row, token };
}

describe('leaving', () => {
  it('ends it, clears the choices, and may be repeated', async () => {
    const { kernel, token } = await left();
    const first = await subscriberOf(kernel);
    expect(first).toMatchObject({ state: 'unsubscribed' });
    expect(first.leftSeq).toBeGreaterThan(first.confirmedSeq ?? 0);
    expect(await kernel.db.read.select().from(subscriberComponents)).toEqual([]);
    await unsubscribe(kernel, token, visit);
    expect(await subscriberOf(kernel)).toEqual(first);
    expect(await readUnsubscribe(kernel, token)).toMatchObject({ subscribed: false });
  });

  it('keeps them out of what is released next', async () => {
    const { kernel } = await left();
    const id = await release(kernel, (await makeIncident(kernel)).id);
    expect(await statesOf(kernel, id)).toEqual({});
  });

  it('lets them come back by confirming anew, not by asking', async () => {
    const { kernel, row } = await left();
    kernel.clock.advance(hours(2));
    await ask(kernel, 'jane@example.com');
    expect(await subscriberOf(kernel)).toMatchObject({ state: 'unsubscribed' });
    await confirm(kernel, await confirmLink(kernel), visit);
    const back = await subscriberOf(kernel);
    expect(back).toMatchObject({ id: row.id, state: 'confirmed', leftSeq: null });
    expect(back.confirmedSeq).toBeGreaterThan(row.confirmedSeq ?? 0);
    const id = await release(kernel, (await makeIncident(kernel)).id);
    expect(await statesOf(kernel, id)).toEqual({ 'jane@example.com': 'queued' });
  });

  it('kills a confirm link that was still under way', async () => {
    const { kernel, token } = await left();
    kernel.clock.advance(hours(2));
    await ask(kernel, 'jane@example.com');
    const link = await confirmLink(kernel);
    await confirm(kernel, link, visit);
    await unsubscribe(kernel, token, visit);
    await expect(confirm(kernel, link, visit)).rejects.toMatchObject(gone);
  });

  it('goes well after an erasure too', async () => {
    const { kernel, row, token } = await left();
    await removeSubscriber(kernel, systemActor, row.id, { suppress: false });
    await unsubscribe(kernel, token, visit);
    expect(await readUnsubscribe(kernel, token)).toEqual({ email: undefined, subscribed: false });
  });
});

describe('erasing (S-69)', () => {
  it('removes the row and leaves numbers', async () => {
    const { kernel, row } = await joined();
    const id = await release(kernel, (await makeIncident(kernel)).id);
    await removeSubscriber(kernel, systemActor, row.id, { suppress: false });
    expect(await counts(kernel.db.read)).toMatchObject({ confirmed: 0 });
    const kept = await kernel.db.read
      .select()
      .from(deliveries)
      .where(eq(deliveries.notificationId, id));
    expect(kept).toMatchObject([{ recipientId: row.id }]);
    expect(await kernel.db.read.select().from(suppressions)).toEqual([]);
    const record = JSON.stringify(await kernel.db.read.select().from(events));
    expect(record).not.toContain('jane');
    expect(record).not.toContain(visit.ip);
  });

  it('leaves a hash behind when the address must stay out', async () => {
    const { kernel, row } = await joined();
    await removeSubscriber(kernel, systemActor, row.id, { suppress: true });
    const [listed] = await kernel.db.read.select().from(suppressions);
    expect(listed?.addressHash).toMatch(/^[\w-]{43}$/);
    expect(JSON.stringify(listed)).not.toContain('jane');
  });

  it('keeps a listed address out, whoever brings it', async () => {
    const { kernel, row } = await joined();
    await removeSubscriber(kernel, systemActor, row.id, { suppress: true });
    const emails = [row.email.toUpperCase(), 'new@example.test'];
    const added = await kernel.db.write((tx) => addConfirmed(tx, kernel, systemActor, emails));
    expect(added).toBe(1);
    expect(await counts(kernel.db.read)).toMatchObject({ confirmed: 1 });
  });

  it('takes the address off webhooks: live ones go on, the others go', async () => {
    const { kernel, row } = await joined();
    const choices = { wantsIncidents: true, wantsMaintenance: true, wantsComponents: true };
    const add = (email: string) =>
      addWebhook(
        kernel,
        systemActor,
        { ...choices, componentIds: [], format: 'slack', endpoint: 'https://192.0.2.1/x', email },
        { allow: ['192.0.2.0/24'] },
      );
    await add(row.email.toUpperCase());
    const { publicId } = await add(row.email);
    const other = await add('other@example.test');
    await kernel.db.write((tx) =>
      tx.update(webhooks).set({ state: 'pending' }).where(eq(webhooks.publicId, publicId)),
    );
    await removeSubscriber(kernel, systemActor, row.id, { suppress: false });
    const stay = await kernel.db.read.select().from(webhooks);
    expect(stay).toMatchObject([
      { email: null, state: 'confirmed' },
      { email: 'other@example.test', publicId: other.publicId },
    ]);
  });

  it('says when there is nobody to erase', async () => {
    const kernel = await testKernel();
    const none = removeSubscriber(kernel, systemActor, 99, { suppress: false });
    await expect(none).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('lists', () => {
  it('come newest first, by pages and by state', async () => {
    const kernel = await testKernel();
    const emails = Array.from({ length: 5 }, (_, i) => `s${i}@example.test`);
    await kernel.db.write((tx) => addConfirmed(tx, kernel, systemActor, [...emails, 'no address']));
    await ask(kernel, 'p@example.test');
    const page = await listNewest(kernel.db.read, { states: ['confirmed'] }, { limit: 2 });
    expect(page.map((row) => row.email)).toEqual(['s4@example.test', 's3@example.test']);
    const next = { after: page[1]?.id ?? 0, limit: 2 };
    const rest = await listNewest(kernel.db.read, { states: ['confirmed'] }, next);
    expect(rest.map((row) => row.email)).toEqual(['s2@example.test', 's1@example.test']);
    expect(await counts(kernel.db.read)).toEqual({
      pending: 1,
      confirmed: 5,
      unsubscribed: 0,
      quarantined: 0,
    });
  });

  it('adds addresses once', async () => {
    const kernel = await testKernel();
    const add = () =>
      kernel.db.write((tx) =>
        addConfirmed(tx, kernel, systemActor, ['A@example.test', 'b@x.test']),
      );
    expect(await add()).toBe(2);
    expect(await add()).toBe(0);
  });
});
