import { eq, sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import {
  deliveries,
  events,
  notifications,
  subscriberComponents,
  subscribers,
  suppressions,
} from '../../src/db/schema.ts';
import { systemActor } from '../../src/events/types.ts';
import { days, hours, minutes } from '../../src/shared/clock.ts';
import { networkOf } from '../../src/subscribers/rules.ts';
import {
  addConfirmed,
  confirm,
  counts,
  listSubscribers,
  purgePending,
  readConfirm,
  readManage,
  readUnsubscribe,
  removeSubscriber,
  requestManageLink,
  saveManage,
  subscribe,
  unsubscribe,
} from '../../src/subscribers/service.ts';
import { confirmToken, manageToken, unsubscribeToken } from '../../src/subscribers/tokens.ts';
import type { SubscriberMails } from '../../src/subscribers/types.ts';
import { makeComponent, makeIncident, release, statesOf } from '../notifications/fixtures.ts';
import { type TestKernel, testKernel } from '../support/kernel.ts';

const mails: SubscriberMails = {
  confirmationMail: () =>
    Promise.resolve({ subject: 'Please confirm', html: '', plain: '{{confirm_url}}' }),
  alreadySubscribedMail: () =>
    Promise.resolve({ subject: 'Already', html: '', plain: '{{manage_url}}' }),
};
const visit = { ip: '192.0.2.1', userAgent: 'Mozilla/5.0' };

/** Every request from a network of its own, unless the test says otherwise. */
let networks = 0;
const ask = (kernel: TestKernel, email: string, more: object = {}) =>
  subscribe(
    kernel,
    {
      ...visit,
      ip: `198.51.${Math.floor(++networks / 250) % 250}.${networks % 250}`,
      email,
      componentIds: [],
      ...more,
    },
    mails,
  );

/** Kinds of the mails released so far, oldest first. */
const sentKinds = async (kernel: TestKernel) =>
  (await kernel.db.read.select().from(notifications).orderBy(notifications.id)).map((n) => n.kind);

async function subscriberOf(kernel: TestKernel, email = 'jane@example.com') {
  const [row] = await kernel.db.read.select().from(subscribers).where(eq(subscribers.email, email));
  if (!row) throw new Error(`no subscriber ${email}`);
  return row;
}

async function confirmLink(kernel: TestKernel, email?: string) {
  const row = await subscriberOf(kernel, email);
  return confirmToken(kernel.secretKey, row, row.confirmSentAt ?? kernel.clock.now());
}

async function joined(email = 'jane@example.com') {
  const kernel = await testKernel();
  await ask(kernel, email);
  await confirm(kernel, await confirmLink(kernel, email), visit);
  return { kernel, row: await subscriberOf(kernel, email) };
}

const gone = { code: 'gone' };

describe('joining', () => {
  it('asks first, and counts only after the button was pressed', async () => {
    const kernel = await testKernel();
    await ask(kernel, 'jane@example.com');
    expect(await subscriberOf(kernel)).toMatchObject({ state: 'pending', confirmedSeq: null });
    expect(await sentKinds(kernel)).toEqual(['confirmation']);
    const token = await confirmLink(kernel);
    expect(await readConfirm(kernel, token)).toEqual({ email: 'jane@example.com' });
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
    const saved = await saveManage(kernel, subscription.token, [], visit);
    expect(saved.componentIds).toEqual([]);
    const [listed] = await listSubscribers(kernel.db.read, { limit: 10 });
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

describe('limits (S-66)', () => {
  it('sends one confirmation an hour and three a day to an address', async () => {
    const kernel = await testKernel();
    const sentAfter = async (wait: number) => {
      kernel.clock.advance(wait);
      await ask(kernel, 'jane@example.com');
      return (await sentKinds(kernel)).length;
    };
    expect(await sentAfter(0)).toBe(1);
    expect(await sentAfter(minutes(59))).toBe(1);
    expect(await sentAfter(minutes(1))).toBe(2);
    expect(await sentAfter(hours(1))).toBe(3);
    expect(await sentAfter(hours(1))).toBe(3);
    expect(await sentAfter(hours(20))).toBe(3);
    expect(await sentAfter(hours(1))).toBe(4);
  });

  it('asks a network to wait after five requests in ten minutes, whoever they are for', async () => {
    const kernel = await testKernel();
    const from = (ip: string, n: number) => ask(kernel, `u${n}@example.com`, { ip });
    for (const n of [1, 2, 3, 4, 5]) await from('203.0.113.9', n);
    await expect(from('203.0.113.9', 6)).rejects.toMatchObject({ code: 'too_many' });
    await from('203.0.113.10', 7);
    kernel.clock.advance(minutes(10));
    await from('203.0.113.9', 8);
    expect(await sentKinds(kernel)).toHaveLength(7);
  });

  it('stays in force after a restart', async () => {
    const kernel = await testKernel();
    for (const n of [1, 2, 3, 4, 5]) await ask(kernel, `u${n}@example.com`, { ip: '203.0.113.9' });
    const again = await testKernel({ dataDir: kernel.dataDir, clock: kernel.clock });
    await expect(ask(again, 'u6@example.com', { ip: '203.0.113.9' })).rejects.toMatchObject({
      code: 'too_many',
    });
  });

  it('takes sixty requests a minute in all, and raises the alarm once', async () => {
    const kernel = await testKernel();
    for (let n = 0; n < 60; n += 1) await ask(kernel, `u${n}@example.com`);
    for (const n of [61, 62]) {
      await expect(ask(kernel, `u${n}@example.com`)).rejects.toMatchObject({ code: 'too_many' });
    }
    const alarms = await kernel.db.read
      .select()
      .from(events)
      .where(eq(events.kind, 'subscribers.flooded'));
    expect(alarms).toHaveLength(1);
  });

  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::99', '2001:db8:1:2'],
    ['nonsense', 'unknown'],
  ])('counts %s as %s', (ip, network) => {
    expect(networkOf(ip)).toBe(network);
  });

  it('forgets who never confirmed, after 48 hours from the last link', async () => {
    const kernel = await testKernel();
    await ask(kernel, 'jane@example.com');
    await ask(kernel, 'joe@example.com');
    kernel.clock.advance(hours(47));
    await ask(kernel, 'joe@example.com');
    expect(await purgePending(kernel)).toBe(0);
    kernel.clock.advance(hours(1) + 1);
    expect(await purgePending(kernel)).toBe(1);
    expect(await listSubscribers(kernel.db.read, { limit: 10 })).toMatchObject([
      { email: 'joe@example.com' },
    ]);
  });
});

describe('links', () => {
  it('look alike when unknown, used, expired or for something else (S-62)', async () => {
    const { kernel, row } = await joined();
    const used = confirmToken(kernel.secretKey, row, kernel.clock.now());
    await ask(kernel, 'joe@example.com');
    const expired = await confirmLink(kernel, 'joe@example.com');
    const leave = unsubscribeToken(kernel.secretKey, row);
    const manage = manageToken(kernel.secretKey, row, kernel.clock.now());
    kernel.clock.advance(hours(48));
    const unknown = 'bcdfghjklmnp.zzzzzzzz.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx';
    const faces = await Promise.all(
      [used, expired, leave, manage, unknown, 'x'].map((token) =>
        confirm(kernel, token, visit).then(
          () => 'accepted',
          (error: Error) => JSON.stringify([error.message, error]),
        ),
      ),
    );
    expect(new Set(faces).size).toBe(1);
    expect(faces[0]).toContain('"gone"');
    await expect(readManage(kernel, leave)).rejects.toMatchObject(gone);
    await expect(unsubscribe(kernel, manage, visit)).rejects.toMatchObject(gone);
  });

  it('to manage roll on for thirty days with each visit', async () => {
    const { kernel, row } = await joined();
    let token = manageToken(kernel.secretKey, row, kernel.clock.now());
    for (let visits = 0; visits < 3; visits += 1) {
      kernel.clock.advance(days(29));
      token = (await readManage(kernel, token)).token;
    }
    kernel.clock.advance(days(30));
    await expect(readManage(kernel, token)).rejects.toMatchObject(gone);
  });

  it('can be asked for, by the confirmed only, with the same answer', async () => {
    const { kernel } = await joined();
    const askLink = (email: string) =>
      requestManageLink(kernel, { ...visit, ip: '203.0.113.77', email }, mails);
    expect(await askLink('jane@example.com')).toBeUndefined();
    expect(await askLink('nobody@example.com')).toBeUndefined();
    expect(await sentKinds(kernel)).toEqual(['confirmation']);
    kernel.clock.advance(hours(1));
    await askLink('jane@example.com');
    expect(await sentKinds(kernel)).toEqual(['confirmation', 'manage_link']);
  });
});

describe('leaving', () => {
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
    const page = await listSubscribers(kernel.db.read, { state: 'confirmed', limit: 2 });
    expect(page.map((row) => row.email)).toEqual(['s4@example.test', 's3@example.test']);
    const next = { state: 'confirmed' as const, after: page[1]?.id ?? 0, limit: 2 };
    const rest = await listSubscribers(kernel.db.read, next);
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
