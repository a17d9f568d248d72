// Subscribers through Statuspage's v1: an admin's token does everything, nobody else anything.
import { eq, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import { notifications, subscribers } from '../../src/db/schema.ts';
import { systemActor } from '../../src/events/types.ts';
import { addConfirmed, subscribe, unsubscribe } from '../../src/subscribers/service.ts';
import { unsubscribeToken } from '../../src/subscribers/tokens.ts';
import { mails, visit } from '../subscribers/fixtures.ts';
import { type Api, startApi } from './support.ts';

let api: Api;
let admin: Record<string, string>;

beforeEach(async () => {
  api = await startApi();
  admin = { Authorization: `OAuth ${await api.token('admin')}` };
});

const send = (method: string, path: string, body?: unknown) =>
  api.send(method, `/subscribers${path}`, body, admin);
const get = (path: string) => send('GET', path);
const add = (subscriber: object) => send('POST', '', { subscriber });

const kinds = async () =>
  (await api.kernel.db.read.select({ kind: notifications.kind }).from(notifications)).map(
    ({ kind }) => kind,
  );

/** `a`, `b`, `c` active, `p` unconfirmed, `q` quarantined, `u` unsubscribed. */
async function everyState() {
  const { kernel } = api;
  const emails = ['c@x.test', 'a@x.test', 'b@x.test', 'q@x.test', 'u@x.test'];
  await kernel.db.write((tx) => addConfirmed(tx, kernel, systemActor, emails));
  await kernel.db.write(async (tx) => {
    await tx
      .update(subscribers)
      .set({ state: 'quarantined' })
      .where(eq(subscribers.email, 'q@x.test'));
  });
  const [leaver] = await kernel.db.read
    .select()
    .from(subscribers)
    .where(eq(subscribers.email, 'u@x.test'));
  await unsubscribe(kernel, unsubscribeToken(kernel.secretKey, leaver ?? { publicId: '' }), visit);
  await subscribe(kernel, { ...visit, email: 'p@x.test', componentIds: [] }, mails);
}

const emailsOf = (list: Record<string, unknown>[]) =>
  list.map(({ email }) => (email as string).replace('@x.test', '')).join('');

async function idOf(email: string): Promise<string> {
  const [row] = await api.kernel.db.read
    .select()
    .from(subscribers)
    .where(eq(subscribers.email, email));
  return row?.publicId ?? '';
}

describe('adding', () => {
  it('asks the address to confirm', async () => {
    const made = await add({ email: 'Jane@X.test', component_ids: [api.idOf('API')] });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ mode: 'email', email: 'Jane@x.test', quarantined_at: null });
    expect(await kinds()).toEqual(['confirmation']);
    expect((await get('?state=unconfirmed')).list).toHaveLength(1);
    expect((await get('')).list).toEqual([]);
  });

  it('takes one as confirmed elsewhere, with its components', async () => {
    const subscriber = { email: 'jane@x.test', component_ids: [api.idOf('API')] };
    const made = await add({ ...subscriber, skip_confirmation_notification: true });
    expect(made).toMatchObject({ status: 201, body: { components: [api.idOf('API')] } });
    expect(await kinds()).toEqual([]);
    expect((await get('')).list).toEqual([made.body]);
  });

  it('takes Rails’ form encoding', async () => {
    const made = await api.request(`/v1/pages/${api.pageId}/subscribers.json`, {
      method: 'POST',
      headers: { ...admin, 'Content-Type': 'application/x-www-form-urlencoded' },
      body: `subscriber[email]=j@x.test&subscriber[component_ids][]=${api.idOf('API')}`,
    });
    expect(made.status).toBe(201);
  });

  it.each([
    ['no address', {}, /email/],
    ['a crooked one', { email: 'a@b@c' }, /email/],
    ['a phone', { phone_number: '5551234' }, /phone_number: Text messages/],
    ['a component that is not there', { email: 'a@x.test', component_ids: ['x'] }, /component_ids/],
    ['a webhook inside', { endpoint: 'https://10.0.0.1/', email: 'a@x.test' }, /endpoint/],
  ])('refuses %s with 422', async (_, subscriber, expected) => {
    const refused = await add(subscriber);
    expect(refused.status).toBe(422);
    expect(refused.body['error']).toMatch(expected);
  });

  it('does not bring back who has left, or twice who is here', async () => {
    await everyState();
    for (const email of ['a@x.test', 'q@x.test', 'u@x.test']) {
      const refused = await add({ email, skip_confirmation_notification: true });
      expect(refused.status, email).toBe(422);
    }
    expect((await add({ email: 'u@x.test' })).status).toBe(201);
    expect((await get('/unsubscribed')).list).toHaveLength(1);
  });
});

describe('looking', () => {
  beforeEach(everyState);

  it.each([
    ['', 'abc'],
    ['?state=unconfirmed', 'p'],
    ['?state=quarantined', 'q'],
    ['?state=all', 'abcpq'],
    ['?state=all&sort_direction=desc', 'qpcba'],
    ['?sort_field=created_at', 'cab'],
    ['?limit=2', 'ab'],
    ['?limit=2&page=1', 'c'],
    ['?limit=2&page=2', ''],
    ['?q=B@X', 'b'],
    ['?q=%25', ''],
    ['?type=email', 'abc'],
    ['?type=webhook', ''],
    ['.json?type=sms', ''],
  ])('lists %s', async (query, expected) => {
    const { status, list } = await get(query);
    expect(status).toBe(200);
    expect(emailsOf(list)).toBe(expected);
  });

  it.each(['?type=fax', '?state=gone', '?sort_field=email', '?page=-1', '?limit=x', '?q=a&q=b'])(
    'refuses %s (S-50)',
    async (query) => {
      expect((await get(query)).status).toBe(400);
    },
  );

  it('counts', async () => {
    expect((await get('/count')).body).toEqual({
      email: 3,
      sms: 0,
      webhook: 0,
      integration_partner: 0,
      slack: 0,
      teams: 0,
    });
    expect((await get('/count?type=email&state=all')).body).toEqual({ email: 5 });
    expect((await get('/histogram_by_state')).body).toMatchObject({
      email: { active: 3, unconfirmed: 1, quarantined: 1, total: 5 },
      webhook: { active: 0, unconfirmed: 0, quarantined: 0, total: 0 },
    });
    expect(emailsOf((await get('/unsubscribed')).list)).toBe('u');
  });

  it('shows one, in the page’s words, and nobody for an unknown id', async () => {
    const one = await get(`/${await idOf('q@x.test')}.json`);
    expect(one.body).toMatchObject({
      email: 'q@x.test',
      quarantined_at: '2026-11-22T14:00:00.000Z',
    });
    expect((await get('/bcdfghjklmnp')).status).toBe(404);
  });
});

describe('changing', () => {
  beforeEach(everyState);

  it('sets the components, or all of them', async () => {
    const path = `/${await idOf('a@x.test')}`;
    const some = await send('PATCH', path, { component_ids: [api.idOf('API')] });
    expect(some).toMatchObject({ status: 200, body: { components: [api.idOf('API')] } });
    expect((await send('PATCH', path, {})).body).toMatchObject({ components: [] });
  });

  it('unsubscribes one, answering it, and many', async () => {
    const gone = await send('DELETE', `/${await idOf('a@x.test')}`);
    expect(gone).toMatchObject({ status: 200, body: { email: 'a@x.test' } });
    const many = { subscribers: [await idOf('b@x.test'), await idOf('p@x.test')] };
    expect((await send('POST', '/unsubscribe', many)).status).toBe(201);
    expect(emailsOf((await get('?state=all')).list)).toBe('cq');
    expect((await send('POST', '/unsubscribe', { subscribers: 'all', state: 'all' })).status).toBe(
      201,
    );
    expect((await get('?state=all')).list).toEqual([]);
  });

  it('does not unsubscribe a hundred at once without their names', async () => {
    const { kernel } = api;
    const emails = Array.from({ length: 100 }, (_, i) => `n${i}@x.test`);
    await kernel.db.write((tx) => addConfirmed(tx, kernel, systemActor, emails));
    expect((await send('POST', '/unsubscribe', { subscribers: 'all' })).status).toBe(422);
    expect((await get('/count?type=email')).body).toEqual({ email: 103 });
  });

  it('brings back who is in quarantine, for what comes from now on', async () => {
    expect((await send('POST', '/reactivate', { subscribers: 'all' })).status).toBe(201);
    expect(emailsOf((await get('')).list)).toBe('abcq');
    const [row] = await api.kernel.db.read
      .select()
      .from(subscribers)
      .where(eq(subscribers.email, 'q@x.test'));
    const [last] = api.kernel.db.read.all<{ seq: number }>(sql`select max(seq) as seq from events`);
    expect(row).toMatchObject({ leftSeq: null, confirmedSeq: last?.seq });
  });

  it('asks again, within the limits of an address (S-66)', async () => {
    const path = `/${await idOf('p@x.test')}/resend_confirmation`;
    expect((await send('POST', path)).status).toBe(429);
    expect((await send('POST', '/resend_confirmation', { subscribers: 'all' })).status).toBe(201);
    expect(await kinds()).toEqual(['confirmation']);
    api.kernel.clock.advance(3_600_001);
    expect((await send('POST', path)).status).toBe(201);
    expect(await kinds()).toEqual(['confirmation', 'confirmation']);
    const asked = await send('POST', `/${await idOf('a@x.test')}/resend_confirmation`);
    expect(asked.status).toBe(409);
  });
});

it('is closed to a communications lead’s token (S-21)', async () => {
  for (const path of ['/subscribers', '/subscribers/count', '/subscribers/unsubscribed']) {
    expect((await api.send('GET', path)).status, path).toBe(403);
  }
  expect((await api.send('POST', '/subscribers', { subscriber: {} })).status).toBe(403);
});
