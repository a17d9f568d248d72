import { describe, expect, it } from 'vitest';
import { setBaseline, findComponent } from '../../src/components/service.ts';
import { publicKey } from '../../src/events/store.ts';
import { verifyChain } from '../../src/events/service.ts';
import { incidentTimeline, openIncidents, recentIncidents } from '../../src/incidents/read.ts';
import { changeDetails, retract, takeCommsLead } from '../../src/incidents/service.ts';
import { minutes, plus } from '../../src/shared/clock.ts';
import { everything, lead, newsroom, subscribeSomebody, token } from './newsroom.ts';

const noMail = { email: { kind: 'none', reason: 'a short one' } } as const;

describe('an incident from declared to resolved', () => {
  it('derives state, impact, clock and component statuses from its updates', async () => {
    const room = await newsroom();
    const { kernel, payments, api } = room;
    const { incidentPublicId: id } = await room.declare();
    expect((await room.detail(id)).incident).toMatchObject({
      state: 'investigating',
      impact: 'minor',
      version: 1,
      commanderId: 1,
      commsLeadId: 1,
      nextDueAt: new Date('2026-11-22T14:30:00Z'),
      publishedAt: new Date('2026-11-22T14:00:00Z'),
    });
    expect(await room.statusOf(payments)).toBe('partial_outage');

    kernel.clock.set('2026-11-22T14:20:00Z');
    await room.say(id, { components: { [api]: 'major_outage' } });
    kernel.clock.set('2026-11-22T14:40:00Z');
    await room.say(id, { state: 'monitoring', nextUpdateBy: new Date('2026-11-22T16:00:00Z') });
    expect((await room.detail(id)).incident).toMatchObject({
      state: 'monitoring',
      impact: 'major',
      nextDueAt: new Date('2026-11-22T16:00:00Z'),
      monitoringAt: new Date('2026-11-22T14:40:00Z'),
    });
    expect(await room.statusOf(payments)).toBe('partial_outage');

    kernel.clock.set('2026-11-22T15:00:00Z');
    await room.say(id, { state: 'resolved', nextUpdateBy: new Date('2026-11-22T17:00:00Z') });
    const { incident, updates, components } = await room.detail(id);
    expect(incident).toMatchObject({
      state: 'resolved',
      impact: 'major',
      nextDueAt: null,
      version: 4,
      resolvedAt: new Date('2026-11-22T15:00:00Z'),
      updatedAt: new Date('2026-11-22T15:00:00Z'),
    });
    expect(updates.map((update) => update.state)).toEqual([
      'resolved',
      'monitoring',
      'identified',
      'investigating',
    ]);
    expect(updates[0]?.affected).toEqual([
      { code: api, name: 'API', oldStatus: 'major_outage', newStatus: 'operational' },
      { code: payments, name: 'Payments', oldStatus: 'partial_outage', newStatus: 'operational' },
    ]);
    expect(updates[0]?.nextUpdateBy).toBeNull();
    expect(components.map(({ name, status }) => [name, status])).toEqual([
      ['API', 'operational'],
      ['Payments', 'operational'],
    ]);
    expect(await room.statusOf(api)).toBe('operational');
    expect(await verifyChain(kernel.db.read)).toMatchObject({ fault: undefined });
  });

  it('names a component by what visitors saw before', async () => {
    const room = await newsroom();
    const { incidentPublicId: id } = await room.declare();
    await room.say(id, { components: { [room.payments]: 'major_outage' } });
    const { updates } = await room.detail(id);
    expect(updates.map(({ affected }) => affected[0])).toMatchObject([
      { oldStatus: 'partial_outage', newStatus: 'major_outage' },
      { oldStatus: 'operational', newStatus: 'partial_outage' },
    ]);
  });

  it('reopens: the clock runs again, resolvedAt is gone', async () => {
    const room = await newsroom();
    const { incidentPublicId: id } = await room.declare();
    await room.say(id, { state: 'resolved' });
    await room.say(id, { state: 'investigating', components: { [room.payments]: 'major_outage' } });
    expect((await room.detail(id)).incident).toMatchObject({
      state: 'investigating',
      resolvedAt: null,
      impact: 'critical',
      nextDueAt: new Date('2026-11-22T14:30:00Z'),
    });
    expect(await room.statusOf(room.payments)).toBe('major_outage');
    const timeline = await incidentTimeline(room.kernel.db.read, 1);
    expect(timeline.at(-1)?.data).toMatchObject({ reopened: true });
  });

  it('goes by the order of saying, whatever the clock does', async () => {
    const room = await newsroom();
    const { incidentPublicId: id } = await room.declare();
    room.kernel.clock.set('2026-11-22T13:00:00Z');
    await room.say(id, { state: 'resolved' });
    const { incident, updates } = await room.detail(id);
    expect([incident.state, updates[0]?.state]).toEqual(['resolved', 'resolved']);
  });

  it('keeps a component that Resolved leaves degraded on the page, and takes it back', async () => {
    const room = await newsroom();
    const { incidentPublicId: id } = await room.declare();
    const degraded = { [room.payments]: 'degraded_performance' } as const;
    await room.say(id, { state: 'resolved', components: degraded });
    const left = await findComponent(room.kernel.db.read, room.payments);
    expect(left).toMatchObject({
      status: 'degraded_performance',
      baseline: 'degraded_performance',
    });
    await room.say(id, { state: 'resolved', body: 'A note.' });
    expect(await room.statusOf(room.payments)).toBe('degraded_performance');
    await room.say(id, { state: 'monitoring' });
    await room.say(id, { state: 'resolved' });
    expect(await room.statusOf(room.payments)).toBe('operational');
  });

  it('leaves alone what a person set', async () => {
    const room = await newsroom();
    await setBaseline(room.kernel, lead, room.payments, 1, 'under_maintenance');
    const { incidentPublicId: id } = await room.declare();
    await room.say(id, { state: 'resolved' });
    expect(await room.statusOf(room.payments)).toBe('under_maintenance');
  });

  it('takes the impact from the severity while no component is named', async () => {
    const room = await newsroom();
    const { incidentPublicId: id } = await room.declare({ severity: 1, components: {} });
    expect((await room.detail(id)).incident.impact).toBe('critical');
    await changeDetails(room.kernel, lead, id, 1, { severity: 3 });
    expect((await room.detail(id)).incident).toMatchObject({ severity: 3, impact: 'minor' });
  });

  it('may begin earlier than it is declared, never later', async () => {
    const room = await newsroom();
    const startedAt = new Date('2026-11-22T13:00:00Z');
    const { incidentPublicId: id } = await room.declare({ startedAt });
    expect((await room.detail(id)).incident).toMatchObject({
      startedAt,
      createdAt: new Date('2026-11-22T14:00:00Z'),
    });
    const later = room.declare({ startedAt: new Date('2026-11-22T14:00:01Z') });
    await expect(later).rejects.toMatchObject({
      fields: { startedAt: expect.any(String) as unknown },
    });
  });

  it('declared by a token has no holders', async () => {
    const room = await newsroom();
    const { incidentPublicId: id } = await room.declare({}, token);
    expect((await room.detail(id)).incident).toMatchObject({
      commanderId: null,
      commsLeadId: null,
    });
    await takeCommsLead(room.kernel, { ...lead, id: 2 }, id);
    expect(await room.detail(id)).toMatchObject({ commanderName: null, commsLeadName: 'Ada' });
    await expect(takeCommsLead(room.kernel, token, id)).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});

describe('what an update must say', () => {
  it.each([
    ['no promise', { nextUpdateBy: null }, 'nextUpdateBy'],
    ['a promise for now', { nextUpdateBy: new Date('2026-11-22T14:00:00Z') }, 'nextUpdateBy'],
    ['an unknown component', { components: { bbbbbbbbbbbb: 'operational' } }, 'components'],
  ] as const)('refuses %s at its field, and writes nothing', async (_, more, field) => {
    const room = await newsroom();
    const { incidentPublicId: id } = await room.declare();
    const before = await everything(room);
    await expect(room.say(id, more)).rejects.toMatchObject({
      code: 'invalid',
      fields: { [field]: expect.any(String) as unknown },
    });
    expect(await everything(room)).toEqual(before);
  });

  it('knows no unknown incident', async () => {
    const room = await newsroom();
    await expect(room.say('bbbbbbbbbbbb')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a private incident', () => {
  const inside = { visibility: 'private', nextUpdateBy: null } as const;

  it('touches nothing public', async () => {
    const room = await newsroom();
    const key = await publicKey(room.kernel.db.read);
    const before = await everything(room);
    const { incidentPublicId: id, draftId } = await room.declare(inside);
    await room.say(id, { nextUpdateBy: null, email: { kind: 'release' } });
    await room.say(id, { state: 'resolved', components: { [room.api]: 'degraded_performance' } });
    await changeDetails(room.kernel, lead, id, undefined, { title: 'Possible breach' });
    expect(await publicKey(room.kernel.db.read)).toBe(key);
    expect(draftId).toBeNull();
    const after = await everything(room);
    expect(after.components).toEqual(before.components);
    expect(after.notifications).toEqual([]);
    expect(after.updates.map((update) => update.isPublic)).toEqual([false, false, false]);
    expect((await room.detail(id)).updates.map((update) => update.draft)).toEqual([
      null,
      null,
      null,
    ]);
  });

  it('made public begins with that update: earlier words, dates and impact stay inside', async () => {
    const room = await newsroom();
    const { payments } = room;
    const { incidentPublicId: id } = await room.declare({
      ...inside,
      components: { [payments]: 'major_outage' },
    });
    await room.say(id, { state: 'monitoring', components: { [payments]: 'degraded_performance' } });
    room.kernel.clock.advance(minutes(60));
    await room.say(id, { state: 'monitoring', makePublic: true });
    const { incident, updates } = await room.detail(id);
    expect(incident).toMatchObject({
      visibility: 'public',
      impact: 'minor',
      publishedAt: new Date('2026-11-22T15:00:00Z'),
      monitoringAt: new Date('2026-11-22T15:00:00Z'),
      nextDueAt: new Date('2026-11-22T15:30:00Z'),
    });
    expect(updates.map((update) => update.isPublic)).toEqual([true, false, false]);
    expect(updates[0]?.affected).toMatchObject([
      { code: payments, oldStatus: 'operational', newStatus: 'degraded_performance' },
    ]);
    expect(updates[0]?.draft).toMatchObject({ state: 'draft', stage: 'monitoring' });
    expect(await room.statusOf(payments)).toBe('degraded_performance');
  });

  it('retracted leaves the page, its clock and its mail', async () => {
    const room = await newsroom();
    const { kernel, payments } = room;
    await subscribeSomebody(room);
    const { incidentPublicId: id } = await room.declare();
    const sent = await room.say(id, { email: { kind: 'release' } });
    const key = await publicKey(kernel.db.read);
    await expect(retract(kernel, lead, id, 1)).rejects.toMatchObject({ code: 'conflict' });
    await retract(kernel, lead, id, 2);
    const { incident, updates } = await room.detail(id);
    expect(incident).toMatchObject({ visibility: 'private', nextDueAt: null, publishedAt: null });
    expect(updates.every((update) => !update.isPublic)).toBe(true);
    expect(await room.statusOf(payments)).toBe('operational');
    expect(await publicKey(kernel.db.read)).toBeGreaterThan(key);
    expect(updates.at(-1)?.draft).toMatchObject({ state: 'cancelled' });
    expect((await everything(room)).notifications).toMatchObject([
      { id: sent.notificationId, state: 'cancelled' },
    ]);
  });
});

describe('several people', () => {
  it('the second of two who saw the same version is refused, and nothing is half', async () => {
    const room = await newsroom();
    const { incidentPublicId: id } = await room.declare();
    await room.say(id, { version: 1, body: 'First.' });
    const before = await everything(room);
    const second = room.say(id, { version: 1, body: 'Second.' });
    await expect(second).rejects.toMatchObject({ code: 'conflict' });
    expect(await everything(room)).toEqual(before);
  });

  it('without a version both are published, one after the other', async () => {
    const room = await newsroom();
    const { incidentPublicId: id } = await room.declare();
    await Promise.all(['One.', 'Two.', 'Three.'].map((body) => room.say(id, { ...noMail, body })));
    const { incident, updates } = await room.detail(id);
    expect([incident.version, updates.length]).toEqual([4, 4]);
  });
});

describe('a double submit', () => {
  it('publishes once and answers the same, however it arrives', async () => {
    const room = await newsroom();
    const declared = { idempotencyKey: 'k0' };
    const first = await room.declare(declared);
    expect(await room.declare(declared)).toEqual(first);
    const id = first.incidentPublicId;
    const input = { idempotencyKey: 'k1', version: 1, email: { kind: 'release' } } as const;
    const both = await Promise.all([room.say(id, input), room.say(id, input)]);
    room.kernel.clock.advance(minutes(10));
    const later = await room.say(id, input);
    expect(both[1]).toEqual(both[0]);
    expect(later).toEqual(both[0]);
    const all = await everything(room);
    expect([all.incidents.length, all.updates.length, all.notifications.length]).toEqual([1, 2, 1]);
  });

  it.each([
    ['other words', { body: 'Other.' }],
    ['another state', { state: 'resolved' }],
  ] as const)('with %s is a mismatch', async (_, more) => {
    const room = await newsroom();
    const { incidentPublicId: id } = await room.declare();
    await room.say(id, { idempotencyKey: 'k' });
    const other = room.say(id, { idempotencyKey: 'k', ...more });
    await expect(other).rejects.toMatchObject({ code: 'mismatch' });
  });

  it('compares what the client sent, where the caller says so', async () => {
    const room = await newsroom();
    const { incidentPublicId: id } = await room.declare();
    await room.say(id, { idempotencyKey: 'k', sent: { a: 1, b: 2 } });
    await room.say(id, {
      idempotencyKey: 'k',
      sent: { b: 2, a: 1 },
      body: 'Made from a template.',
    });
    const other = room.say(id, { idempotencyKey: 'k', sent: { a: 1 } });
    await expect(other).rejects.toMatchObject({ code: 'mismatch' });
  });

  it('is another request for another author, and after a day', async () => {
    const room = await newsroom();
    const { incidentPublicId: id } = await room.declare();
    await room.say(id, { idempotencyKey: 'k' });
    await room.say(id, { idempotencyKey: 'k' }, token);
    room.kernel.clock.advance(minutes(24 * 60));
    await room.say(id, { idempotencyKey: 'k', body: 'The next day.' });
    expect((await room.detail(id)).updates).toHaveLength(4);
  });
});

describe('lists', () => {
  it('show open incidents by who owes a word first, and all of them page by page', async () => {
    const room = await newsroom();
    const late = plus(room.kernel.clock.now(), minutes(90));
    const a = await room.declare({ title: 'A', nextUpdateBy: late });
    const b = await room.declare({ title: 'B' });
    await room.declare({ title: 'C', visibility: 'private', nextUpdateBy: null });
    const d = await room.declare({ title: 'D' });
    await room.say(d.incidentPublicId, { state: 'resolved' });
    const { read } = room.kernel.db;
    expect((await openIncidents(read)).map((row) => row.title)).toEqual(['B', 'A', 'C']);
    const first = await recentIncidents(read, { limit: 3 });
    expect(first.map((row) => row.title)).toEqual(['D', 'C', 'B']);
    const rest = await recentIncidents(read, { limit: 3, before: b.incidentId });
    expect(rest.map((row) => row.id)).toEqual([a.incidentId]);
    expect(first[0]).toMatchObject({ commsLeadName: 'Lee', components: [{ name: 'Payments' }] });
  });
});
