// From an event in the record to the posts that webhooks get: who is told, what, once, and in order.
import { describe, expect, it } from 'vitest';
import { sql } from 'drizzle-orm';
import { Webhook } from 'standardwebhooks';
import { systemActor } from '../../src/events/types.ts';
import { schedule } from '../../src/maintenance/service.ts';
import { tickMaintenance } from '../../src/maintenance/tick.ts';
import { changeDetails, correctUpdate, retract } from '../../src/incidents/service.ts';
import { createAnnouncer } from '../../src/announcer.ts';
import { hours, minutes, plus, seconds } from '../../src/shared/clock.ts';
import { webhookTroubleMail } from '../../src/templates/mails.ts';
import { deliveryLog, listWebhooks, removeWebhook } from '../../src/webhooks/service.ts';
import { until } from '../delivery/fixtures.ts';
import { componentNamed, declareIncident, sayMore } from '../support/public-fixtures.ts';
import { endpoint, hook, hookHouse } from './fixtures.ts';

/** Mail is no matter here, but an update published without notifications is told to nobody. */
const told = { email: { kind: 'draft' as const } };

describe('an incident', () => {
  it('is told with each of its updates, signed, in order', async () => {
    const { kernel, announcer, open } = await hookHouse();
    kernel.clock.set(new Date().toISOString());
    const there = await endpoint();
    const { secret } = await hook(kernel, `${there.url}/hook?x=1`);
    open();
    const { incidentPublicId } = await declareIncident(kernel, told);
    await announcer.catchUp();
    await sayMore(kernel, incidentPublicId, told);
    await announcer.catchUp();
    await sayMore(kernel, incidentPublicId, { ...told, state: 'resolved', body: 'Over.' });
    await announcer.catchUp();
    await until(() => there.received.length === 3, 'three posts');
    expect(there.received.map(({ body }) => body['type'])).toEqual([
      'incident.declared',
      'incident.updated',
      'incident.resolved',
    ]);
    const [first] = there.received;
    expect(first?.path).toBe('/hook?x=1');
    expect(first?.headers['content-type']).toBe('application/json');
    for (const { raw, headers } of there.received) {
      const verified = new Webhook(secret ?? '').verify(raw, headers as Record<string, string>);
      expect(verified).toMatchObject({ data: { incident: { id: incidentPublicId } } });
    }
    expect(new Set(there.received.map(({ headers }) => headers['webhook-id'])).size).toBe(3);
    expect(first?.body).toMatchObject({
      data: { incident: { incident_updates: [{ status: 'investigating' }] } },
      unsubscribe_url: expect.stringContaining('/subscriptions/webhook/unsubscribe/'),
    });
  });

  it('is told update by update when several came before it was read', async () => {
    const { kernel, announcer, open } = await hookHouse();
    const there = await endpoint();
    await hook(kernel, there.url, { format: 'statuspage' });
    const { incidentPublicId } = await declareIncident(kernel, told);
    kernel.clock.advance(minutes(1));
    await sayMore(kernel, incidentPublicId, told);
    kernel.clock.advance(minutes(1));
    await sayMore(kernel, incidentPublicId, { ...told, state: 'resolved', body: 'Over.' });
    await announcer.catchUp();
    open();
    await until(() => there.received.length === 3, 'three posts');
    expect(there.received.map(({ body }) => body['incident'])).toMatchObject([
      { status: 'investigating', resolved_at: null, incident_updates: [{}] },
      { status: 'identified', resolved_at: null, incident_updates: [{}, {}] },
      { status: 'resolved', resolved_at: expect.any(String), incident_updates: [{}, {}, {}] },
    ]);
    expect(there.received[0]?.body).toMatchObject({
      meta: { unsubscribe: expect.stringContaining('/subscriptions/webhook/unsubscribe/') },
    });
  });

  it('is told once, whoever reads the record how often', async () => {
    const { kernel, announcer, snapshots, open } = await hookHouse();
    const there = await endpoint();
    await hook(kernel, there.url);
    await declareIncident(kernel, told);
    const second = createAnnouncer(kernel, snapshots);
    await Promise.all([announcer.catchUp(), second.catchUp(), announcer.catchUp()]);
    await second.catchUp();
    open();
    await until(() => there.received.length > 0, 'a post');
    await announcer.catchUp();
    expect(there.received).toHaveLength(1);
  });

  it('is not told when it is private, without notifications, or older than the webhook', async () => {
    const { kernel, announcer, open } = await hookHouse();
    const there = await endpoint();
    await declareIncident(kernel, { ...told, title: 'Before' });
    const { publicId } = await hook(kernel, there.url, { wantsComponents: true });
    const hidden = { visibility: 'private', title: 'SECRET', body: 'SECRET' } as const;
    await declareIncident(kernel, { ...told, ...hidden });
    const silent = await declareIncident(kernel, { title: 'Silent', components: {} });
    const { incidentPublicId, updatePublicId } = silent;
    await correctUpdate(kernel, systemActor, incidentPublicId, updatePublicId, { body: 'Silent' });
    await changeDetails(kernel, systemActor, incidentPublicId, undefined, { title: 'Silent too' });
    await announcer.catchUp();
    open();
    expect(await deliveryLog(kernel.db.read, publicId)).toEqual([]);
    await declareIncident(kernel, { ...told, title: 'Loud', components: {} });
    await announcer.catchUp();
    await until(() => there.received.length === 1, 'a post');
    expect(there.received[0]?.raw).toContain('Loud');
    expect(there.received[0]?.raw).not.toContain('SECRET');
  });

  it('is silent once it was taken off the page, and machines are told that it is gone', async () => {
    const { kernel, announcer, open } = await hookHouse();
    const there = await endpoint();
    await hook(kernel, there.url);
    const { incidentPublicId } = await declareIncident(kernel, { ...told, title: 'OOPS' });
    await announcer.catchUp();
    await retract(kernel, systemActor, incidentPublicId, undefined);
    await announcer.catchUp();
    open();
    await until(() => there.received.length === 1, 'a post');
    expect(there.received[0]?.body).toMatchObject({
      type: 'incident.retracted',
      data: { incident: { id: incidentPublicId } },
    });
    expect(there.received[0]?.raw).not.toContain('OOPS');
  });

  it('alarms no chat twice for a correction', async () => {
    const { kernel, announcer, open } = await hookHouse();
    const there = await endpoint();
    await hook(kernel, `${there.url}/machine`);
    await hook(kernel, `${there.url}/chat`, { format: 'slack' });
    const { incidentPublicId, updatePublicId } = await declareIncident(kernel, told);
    await correctUpdate(kernel, systemActor, incidentPublicId, updatePublicId, { body: 'Better.' });
    await announcer.catchUp();
    open();
    await until(() => there.received.length === 3, 'three posts');
    expect(there.received.filter(({ path }) => path === '/chat')).toHaveLength(1);
    expect(there.received.map(({ body }) => body['type']).filter(Boolean)).toEqual([
      'incident.declared',
      'incident.corrected',
    ]);
  });
});

/** A maintenance's mail, without the compiler. */
const words = () => Promise.resolve({ subject: 'Planned', html: 'x', plain: 'x' });

describe('a maintenance', () => {
  it('is told when it is announced and when it begins, and not in silence', async () => {
    const { kernel, announcer, open } = await hookHouse();
    const there = await endpoint();
    await hook(kernel, there.url, { wantsIncidents: false });
    await hook(kernel, there.url, { wantsMaintenance: false });
    const payments = await componentNamed(kernel, 'Payments');
    const plan = {
      title: 'Database move',
      body: 'We move it.',
      scheduledFor: plus(kernel.clock.now(), hours(1)),
      scheduledUntil: plus(kernel.clock.now(), hours(2)),
      autoStart: true,
      autoComplete: true,
      reminders: [],
      rule: null,
      components: { [payments.publicId]: 'under_maintenance' as const },
    };
    await schedule(kernel, systemActor, { ...plan, notifies: true }, words);
    await schedule(kernel, systemActor, { ...plan, title: 'Silent', notifies: false }, words);
    await announcer.catchUp();
    kernel.clock.advance(hours(1));
    await tickMaintenance(kernel, words);
    await announcer.catchUp();
    open();
    await until(() => there.received.length === 2, 'two posts');
    expect(there.received.map(({ body }) => body)).toMatchObject([
      { type: 'maintenance.scheduled', data: { scheduled_maintenance: { status: 'scheduled' } } },
      { type: 'maintenance.started', data: { scheduled_maintenance: { status: 'in_progress' } } },
    ]);
    expect(there.received.map(({ raw }) => raw).join()).not.toContain('Silent');
  });
});

it('a maintenance whose mail cannot be composed is told to webhooks all the same', async () => {
  const { kernel, announcer } = await hookHouse();
  const { publicId } = await hook(kernel, (await endpoint()).url);
  const plan = {
    title: 'Database move',
    body: 'We move it.',
    scheduledFor: plus(kernel.clock.now(), hours(1)),
    scheduledUntil: plus(kernel.clock.now(), hours(2)),
    autoStart: true,
    autoComplete: true,
    reminders: [],
    rule: null,
    notifies: true,
    components: {},
  };
  await schedule(kernel, systemActor, plan, () => Promise.reject(new Error('no compiler')));
  await announcer.catchUp();
  expect(await deliveryLog(kernel.db.read, publicId)).toHaveLength(1);
});

describe('choices', () => {
  it('of components, topics and one incident decide who is told', async () => {
    const { kernel, announcer, open } = await hookHouse();
    const there = await endpoint();
    const [payments, website] = [
      await componentNamed(kernel, 'Payments'),
      await componentNamed(kernel, 'Web app'),
    ];
    const first = await declareIncident(kernel, { ...told, title: 'First' });
    await hook(kernel, `${there.url}/all`);
    await hook(kernel, `${there.url}/payments`, { componentIds: [payments.publicId] });
    await hook(kernel, `${there.url}/website`, { componentIds: [website.publicId] });
    await hook(kernel, `${there.url}/maintenance`, { wantsIncidents: false });
    await hook(kernel, `${there.url}/statuses`, { wantsIncidents: false, wantsComponents: true });
    await hook(kernel, `${there.url}/one`, { incidentId: first.incidentPublicId });
    await declareIncident(kernel, { ...told, title: 'Second' });
    await sayMore(kernel, first.incidentPublicId, told);
    await announcer.catchUp();
    open();
    await until(() => there.received.length >= 5, 'the posts');
    await announcer.catchUp();
    expect(there.received.map(({ path }) => path).toSorted()).toEqual([
      '/all',
      '/all',
      '/one',
      '/payments',
      '/payments',
    ]);
  });

  it('of component statuses tell each change', async () => {
    const { kernel, announcer, open } = await hookHouse();
    const there = await endpoint();
    await hook(kernel, there.url, { wantsIncidents: false, wantsComponents: true });
    await hook(kernel, there.url, {
      format: 'statuspage',
      wantsIncidents: false,
      wantsComponents: true,
    });
    await declareIncident(kernel);
    await announcer.catchUp();
    open();
    await until(() => there.received.length === 2, 'two posts');
    const bodies = there.received.map(({ body }) => body);
    expect(bodies.find((body) => body['type'])).toMatchObject({
      type: 'component.updated',
      data: { old_status: 'operational', new_status: 'major_outage' },
    });
    expect(bodies.find((body) => body['component_update'])).toMatchObject({
      component_update: {
        id: expect.stringMatching(/^[0-9b-df-hj-np-tv-z]{12}$/),
        new_status: 'major_outage',
      },
      component: { name: 'Payments', status: 'major_outage' },
    });
  });
});

describe('trouble', () => {
  it('is tried again with the same id and body, and what comes after waits its turn', async () => {
    const { kernel, announcer, open } = await hookHouse();
    const there = await endpoint();
    const { publicId } = await hook(kernel, there.url);
    there.answer(500);
    const { incidentPublicId } = await declareIncident(kernel, told);
    await sayMore(kernel, incidentPublicId, told);
    await announcer.catchUp();
    const sender = open();
    await until(
      async () =>
        (await deliveryLog(kernel.db.read, publicId)).some((one) => one.attempts.length > 0),
      'the first try is noted',
    );
    there.answer(200);
    kernel.clock.advance(seconds(9));
    sender.wake();
    kernel.clock.advance(seconds(1));
    sender.wake();
    await until(() => there.received.length === 3, 'all posts');
    const [first, again, next] = there.received;
    expect(again?.raw).toBe(first?.raw);
    expect(again?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(again?.headers['webhook-timestamp']).not.toBe(first?.headers['webhook-timestamp']);
    expect(next?.body['type']).toBe('incident.updated');
    await until(
      async () => (await deliveryLog(kernel.db.read, publicId)).every((d) => d.state === 'sent'),
      'the log',
    );
    const log = await deliveryLog(kernel.db.read, publicId);
    expect(log.map(({ attempts }) => attempts.map(({ outcome }) => outcome))).toEqual([
      ['sent'],
      ['retry', 'sent'],
    ]);
    expect(JSON.stringify(log)).not.toContain('127.0.0.1');
    expect((await listWebhooks(kernel.db.read))[0]).toMatchObject({ failures: 0 });
  });

  it('obeys Retry-After', async () => {
    const { kernel, announcer, open } = await hookHouse();
    const there = await endpoint();
    await hook(kernel, there.url);
    there.answer(429, { 'Retry-After': '120' });
    await declareIncident(kernel, told);
    await announcer.catchUp();
    const sender = open();
    await until(() => there.received.length === 1, 'the first try');
    await until(async () => (await listWebhooks(kernel.db.read))[0]?.last !== null, 'the mark');
    there.answer(200);
    kernel.clock.advance(seconds(119));
    sender.wake();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(there.received).toHaveLength(1);
    kernel.clock.advance(seconds(2));
    sender.wake();
    await until(() => there.received.length === 2, 'the second try');
  });

  it(
    'for over an hour switches it off, tells its holder once and leaves the rest unsent',
    { timeout: 60_000 },
    async () => {
      // The first mail of a process waits for the compiler to be loaded.
      await webhookTroubleMail(
        { name: 'Acme', url: 'https://status.example.com', timeZone: 'UTC' },
        { host: 'hook.example', formatLabel: 'Slack', since: new Date(0) },
      );
      const { kernel, announcer, relay, open } = await hookHouse();
      const there = await endpoint();
      await hook(kernel, there.url, { email: 'ops@example.com' });
      there.answer(503);
      const { incidentPublicId } = await declareIncident(kernel, told);
      await sayMore(kernel, incidentPublicId, told);
      await announcer.catchUp();
      await kernel.db.write(async (tx) => {
        const since = kernel.clock.now().getTime() - hours(1);
        tx.run(sql`update webhooks set failures = 8, failing_since = ${since}`);
      });
      const sender = open();
      for (const tries of [1, 2]) {
        await until(() => there.received.length >= tries, `try ${tries}`);
        await until(
          async () => (await listWebhooks(kernel.db.read))[0]?.failures === 8 + tries,
          `mark ${tries}`,
        );
        kernel.clock.advance(minutes(31));
        sender.wake();
      }
      await until(() => relay.mails.length === 1, 'the mail');
      expect((await listWebhooks(kernel.db.read))[0]?.state).toBe('quarantined');
      expect(relay.mails[0]?.parsed.text).toContain('/subscriptions/webhook/manage/');
      expect(relay.mails[0]?.to).toEqual(['ops@example.com']);
      kernel.clock.advance(minutes(31));
      sender.wake();
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(there.received).toHaveLength(2);
      expect(relay.mails).toHaveLength(1);
    },
  );

  it('410 ends it for good; a redirect is followed nowhere', async () => {
    const { kernel, announcer, open } = await hookHouse();
    const [there, elsewhere] = [await endpoint(), await endpoint()];
    await hook(kernel, `${there.url}/gone`);
    await hook(kernel, `${there.url}/moved`);
    there.behave(({ path }, response) =>
      path === '/gone'
        ? response.writeHead(410).end()
        : response.writeHead(307, { Location: elsewhere.url }).end(),
    );
    await declareIncident(kernel, told);
    await announcer.catchUp();
    open();
    await until(
      async () => (await listWebhooks(kernel.db.read)).every(({ last }) => last !== null),
      'both are tried',
    );
    const all = await listWebhooks(kernel.db.read);
    expect(all.map(({ state, last }) => [state, last?.outcome, last?.code])).toEqual([
      ['confirmed', 'retry', 307],
      ['unsubscribed', 'gone', 410],
    ]);
    expect(elsewhere.open.connections).toBe(0);
  });

  it('of one endpoint delays no other, nor mail', async () => {
    const { kernel, announcer, open } = await hookHouse();
    const [slow, fast] = [await endpoint(), await endpoint()];
    slow.behave(() => {});
    await hook(kernel, slow.url);
    await hook(kernel, fast.url);
    const { incidentPublicId } = await declareIncident(kernel, told);
    for (const body of ['1', '2', '3']) await sayMore(kernel, incidentPublicId, { ...told, body });
    await announcer.catchUp();
    open();
    await until(() => fast.received.length === 4, 'the fast one heard all');
    expect(slow.received).toHaveLength(1);
    expect(slow.open.most).toBe(1);
  });

  it('stops at once when it is removed', async () => {
    const { kernel, announcer, open } = await hookHouse();
    const there = await endpoint();
    const { publicId } = await hook(kernel, there.url);
    await declareIncident(kernel, told);
    await announcer.catchUp();
    await removeWebhook(kernel, systemActor, publicId);
    open();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(there.received).toHaveLength(0);
  });
});
