import { eq, sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { events, subscriberComponents, subscribers } from '../../src/db/schema.ts';
import { systemActor } from '../../src/events/types.ts';
import { hours } from '../../src/shared/clock.ts';
import {
  addConfirmed,
  confirm,
  counts,
  listNewest,
  readConfirm,
  readManage,
  removeSubscriber,
  saveManage,
  unsubscribe,
} from '../../src/subscribers/service.ts';
import { unsubscribeToken } from '../../src/subscribers/tokens.ts';
import { makeComponent } from '../notifications/fixtures.ts';
import { testKernel, type TestKernel } from '../support/kernel.ts';
import { ask, confirmLink, gone, joined, sentKinds, subscriberOf, visit } from './fixtures.ts';

describe('joining', () => {
  it('asks first, and counts only after the button was pressed', async () => {
    const kernel = await testKernel();
    await ask(kernel, 'jane@example.com');
    expect(await subscriberOf(kernel)).toMatchObject({ state: 'pending', confirmedSeq: null });
    expect(await sentKinds(kernel)).toEqual(['confirmation']);
    const token = await confirmLink(kernel);
    expect(await readConfirm(kernel, token)).toEqual({
      email: 'jane@example.com',
      topics: ['incidents', 'maintenance'],
      components: [],
      incident: undefined,
    });
    expect(await subscriberOf(kernel)).toMatchObject({ state: 'pending' });
    const subscription = await confirm(kernel, token, visit);
    expect(subscription).toMatchObject({ email: 'jane@example.com', componentIds: [] });
    expect(await readManage(kernel, subscription.token)).toMatchObject({ componentIds: [] });
    expect(await subscriberOf(kernel)).toMatchObject({
      state: 'confirmed',
      consent: { ip: '192.0.2.1', userAgent: 'Mozilla/5.0', at: '2026-11-22T14:00:00.000Z' },
    });
  });

  it('counts from the confirmation, which nothing moves', async () => {
    const { kernel, row } = await joined();
    const [event] = await kernel.db.read
      .select({ seq: events.seq })
      .from(events)
      .where(eq(events.kind, 'subscriber.confirmed'));
    expect(row.confirmedSeq).toBe(event?.seq);
    await ask(kernel, 'jane@example.com');
    await expect(confirm(kernel, await confirmLink(kernel), visit)).rejects.toMatchObject(gone);
    expect((await subscriberOf(kernel)).confirmedSeq).toBe(row.confirmedSeq);
  });

  it('keeps the chosen components', async () => {
    const kernel = await testKernel();
    const ids = [await makeComponent(kernel, 'API'), await makeComponent(kernel, 'Web app')];
    const rows = kernel.db.read.all<{ public_id: string }>(
      sql`select public_id from components where id = ${ids[0]}`,
    );
    const chosen = [rows[0]?.public_id ?? ''];
    await ask(kernel, 'jane@example.com', { componentIds: [...chosen, ...chosen] });
    const subscription = await confirm(kernel, await confirmLink(kernel), visit);
    expect(subscription.componentIds).toEqual(chosen);
    const saved = await saveManage(kernel, subscription.token, { componentIds: [] }, visit);
    expect(saved.componentIds).toEqual([]);
    const [listed] = await listNewest(kernel.db.read, {}, { limit: 10 });
    expect(listed).toMatchObject({ email: 'jane@example.com', components: [] });
  });

  it('refuses a component that is not there, at its field', async () => {
    const kernel = await testKernel();
    await expect(ask(kernel, 'jane@example.com', { componentIds: ['nope'] })).rejects.toMatchObject(
      { code: 'invalid', fields: { component: /choose/ } },
    );
  });

  it.each([
    ['Jane@Example.com', 'jane@example.com'],
    ['  jane@example.com ', 'jane@example.com'],
    ['ｊａｎｅ@example.com', 'jane@example.com'],
    ['jane@EXAMPLE．com', 'jane@example.com'],
    ['jane@bücher.example', 'jane@xn--bcher-kva.example'],
  ])('knows %j and %j for one person (S-68)', async (first, second) => {
    const kernel = await testKernel();
    await ask(kernel, first);
    await ask(kernel, second);
    expect(await counts(kernel.db.read)).toMatchObject({ pending: 1 });
    expect(await sentKinds(kernel)).toHaveLength(1);
  });

  it('keeps plus-tags apart (S-68)', async () => {
    const kernel = await testKernel();
    await ask(kernel, 'jane+a@example.com');
    await ask(kernel, 'jane+b@example.com');
    expect(await counts(kernel.db.read)).toMatchObject({ pending: 2 });
  });

  it.each([
    '',
    'jane',
    'jane@',
    '@example.com',
    'a@b@c',
    'a@example.com,b@example.com',
    'a@example.com\r\nBcc: b@example.com',
    '"jane"@example.com',
    'Jane <jane@example.com>',
    'jane@exa mple.com',
    `${'a'.repeat(65)}@example.com`,
    `jane@${'a'.repeat(250)}.com`,
  ])('refuses %j at the field (S-68)', async (email) => {
    const kernel = await testKernel();
    await expect(ask(kernel, email)).rejects.toMatchObject({
      code: 'invalid',
      fields: { email: /one email address/ },
    });
  });

  it('does nothing for whoever fills the field that people do not see', async () => {
    const kernel = await testKernel();
    await ask(kernel, 'jane@example.com', { website: 'https://spam.example' });
    expect(await counts(kernel.db.read)).toMatchObject({ pending: 0 });
    expect(await sentKinds(kernel)).toEqual([]);
  });
});

describe('the same answer for any address (S-61)', () => {
  it.each<[string, (kernel: TestKernel) => Promise<void>, string[]]>([
    ['unknown', async () => {}, ['confirmation']],
    [
      'confirmed',
      async (kernel) => {
        await kernel.db.write((tx) => addConfirmed(tx, kernel, systemActor, ['jane@example.com']));
      },
      ['already_subscribed'],
    ],
    [
      'unsubscribed',
      async (kernel) => {
        await kernel.db.write((tx) => addConfirmed(tx, kernel, systemActor, ['jane@example.com']));
        const token = unsubscribeToken(kernel.secretKey, await subscriberOf(kernel));
        await unsubscribe(kernel, token, visit);
      },
      ['confirmation'],
    ],
    [
      'quarantined',
      async (kernel) => {
        await kernel.db.write(async (tx) => {
          await addConfirmed(tx, kernel, systemActor, ['jane@example.com']);
          await tx.update(subscribers).set({ state: 'quarantined' });
        });
      },
      [],
    ],
    [
      'erased, never to be mailed again',
      async (kernel) => {
        await kernel.db.write((tx) => addConfirmed(tx, kernel, systemActor, ['jane@example.com']));
        const { id } = await subscriberOf(kernel);
        await removeSubscriber(kernel, systemActor, id, { suppress: true });
      },
      [],
    ],
  ])('%s', async (_, prepare, kinds) => {
    const kernel = await testKernel();
    await prepare(kernel);
    expect(await ask(kernel, 'jane@example.com')).toBeUndefined();
    expect(await sentKinds(kernel)).toEqual(kinds);
  });

  it('tells a confirmed address once a day at most, and changes nothing', async () => {
    const { kernel, row } = await joined();
    const component = await makeComponent(kernel, 'API');
    const [chosen] = kernel.db.read.all<{ public_id: string }>(
      sql`select public_id from components where id = ${component}`,
    );
    const again = () =>
      ask(kernel, 'jane@example.com', { componentIds: [chosen?.public_id ?? ''] });
    await again();
    await again();
    expect(await sentKinds(kernel)).toEqual(['confirmation', 'already_subscribed']);
    kernel.clock.advance(hours(24));
    await again();
    expect(await sentKinds(kernel)).toHaveLength(3);
    expect(await subscriberOf(kernel)).toEqual(row);
    expect(await kernel.db.read.select().from(subscriberComponents)).toEqual([]);
  });
});
