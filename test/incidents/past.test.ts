// Telling of an incident afterwards: as true as a live one, and without a word to anybody.
import { asc, eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { cadenceWarnings, deliveries, emailDrafts, notifications } from '../../src/db/schema.ts';
import {
  incidentComponents,
  incidents,
  incidentUpdates,
  statusIntervals,
} from '../../src/db/schema.ts';
import { recordPast } from '../../src/incidents/past.ts';
import { pastFaults } from '../../src/incidents/past-rules.ts';
import type { PastIncident } from '../../src/incidents/past-types.ts';
import { hours, minutes, plus } from '../../src/shared/clock.ts';
import { buildSnapshot } from '../../src/status/snapshot.ts';
import { readPublicIncident } from '../../src/status/service.ts';
import { lead, newsroom, subscribeSomebody } from './newsroom.ts';

const at = (text: string) => new Date(`2026-11-${text}:00.000Z`);

const story = (payments: string): PastIncident => ({
  title: 'Cards were declined',
  severity: 2,
  counts: true,
  updates: [
    {
      state: 'investigating',
      body: 'Cards are declined.',
      at: at('20T10:00'),
      components: { [payments]: 'major_outage' },
    },
    { state: 'identified', body: 'A certificate ran out.', at: at('20T10:20'), components: {} },
    {
      state: 'monitoring',
      body: 'It is renewed.',
      at: at('20T10:40'),
      components: { [payments]: 'degraded_performance' },
    },
    { state: 'resolved', body: 'Cards work.', at: at('20T11:00'), components: {} },
  ],
});

it('follows the rules of a live one, with its times in the past', async () => {
  const room = await newsroom();
  const { publicId } = await recordPast(room.kernel, lead, story(room.payments));
  const told = await readPublicIncident(room.kernel.db.read, publicId);
  expect(told).toMatchObject({
    title: 'Cards were declined',
    state: 'resolved',
    impact: 'critical',
    startedAt: at('20T10:00'),
    createdAt: at('20T10:00'),
    updatedAt: at('20T11:00'),
    monitoringAt: at('20T10:40'),
    resolvedAt: at('20T11:00'),
    nextUpdateBy: null,
    components: [{ id: room.payments, status: 'operational' }],
  });
  expect(told?.updates.map(({ state, displayAt }) => [state, displayAt])).toEqual([
    ['resolved', at('20T11:00')],
    ['monitoring', at('20T10:40')],
    ['identified', at('20T10:20')],
    ['investigating', at('20T10:00')],
  ]);
  expect(told?.updates.at(-1)?.affected).toEqual([
    {
      code: room.payments,
      name: 'Payments',
      oldStatus: 'operational',
      newStatus: 'major_outage',
    },
  ]);
  expect(told?.updates[0]?.affected[0]).toMatchObject({
    oldStatus: 'degraded_performance',
    newStatus: 'operational',
  });
  const [row] = await room.kernel.db.read.select().from(incidents);
  expect(row).toMatchObject({ backfilled: true, nextDueAt: null });
});

it('tells nobody', async () => {
  const room = await newsroom();
  await subscribeSomebody(room);
  await recordPast(room.kernel, lead, story(room.payments));
  const { read } = room.kernel.db;
  for (const table of [emailDrafts, notifications, deliveries, cadenceWarnings]) {
    expect(await read.select().from(table)).toEqual([]);
  }
});

it('shows in the record of its components when it counts, and nowhere when it does not', async () => {
  const room = await newsroom();
  const recordOf = async () => {
    const { read } = room.kernel.db;
    const rows = await read.select().from(statusIntervals).orderBy(asc(statusIntervals.startedAt));
    return rows.filter((row) => row.status !== 'operational');
  };
  await recordPast(room.kernel, lead, { ...story(room.payments), counts: false });
  expect(await recordOf()).toEqual([]);
  await recordPast(room.kernel, lead, story(room.payments));
  expect(
    (await recordOf()).map(({ status, startedAt, endedAt }) => [status, startedAt, endedAt]),
  ).toEqual([
    ['major_outage', at('20T10:00'), at('20T10:40')],
    ['degraded_performance', at('20T10:40'), at('20T11:00')],
  ]);
  expect(await room.statusOf(room.payments)).toBe('operational');
});

it('stays silent about a component that an open incident speaks for', async () => {
  const room = await newsroom();
  await room.declare();
  await recordPast(room.kernel, lead, story(room.payments));
  expect(await room.statusOf(room.payments)).toBe('partial_outage');
});

it('moves the snapshot, and is done once under one key', async () => {
  const room = await newsroom();
  const key = { idempotencyKey: 'bcdfghjklmnp' };
  const first = await recordPast(room.kernel, lead, story(room.payments), key);
  const again = await recordPast(room.kernel, lead, story(room.payments), key);
  expect(again.id).toBe(first.id);
  const { publicUrl, clock, db } = room.kernel;
  const snapshot = await buildSnapshot(db.read, { publicUrl, now: clock.now() });
  expect(snapshot.recentIncidents.map((one) => one.id)).toEqual([first.publicId]);
  expect(snapshot.page.updatedAt).toEqual(clock.now());
});

it('goes on as a live one when somebody speaks of it again', async () => {
  const room = await newsroom();
  const { publicId } = await recordPast(room.kernel, lead, story(room.payments));
  await room.say(publicId, { state: 'resolved', body: 'One more word.', nextUpdateBy: null });
  const told = await readPublicIncident(room.kernel.db.read, publicId);
  expect(told?.updates).toHaveLength(5);
  expect(told?.monitoringAt).toEqual(at('20T10:40'));
});

it('refuses what cannot have been, and writes nothing of it', async () => {
  const room = await newsroom();
  const base = story(room.payments);
  await expect(
    recordPast(room.kernel, lead, { ...base, updates: base.updates.slice(0, 2) }),
  ).rejects.toMatchObject({ fields: { 'updates.1.state': 'A past incident ends resolved.' } });
  const unknown = base.updates.map((update) => ({
    ...update,
    components: { bcdfghjklmnp: 'major_outage' as const },
  }));
  await expect(recordPast(room.kernel, lead, { ...base, updates: unknown })).rejects.toMatchObject({
    code: 'invalid',
  });
  expect(await room.kernel.db.read.select().from(incidents)).toEqual([]);
  expect(await room.kernel.db.read.select().from(incidentUpdates)).toEqual([]);
  expect(await room.kernel.db.read.select().from(incidentComponents)).toEqual([]);
});

const past = (...times: Date[]): PastIncident => ({
  title: 'x',
  severity: 3,
  counts: false,
  updates: times.map((time, i) => ({
    state: i === times.length - 1 ? 'resolved' : 'investigating',
    body: 'x',
    at: time,
    components: {},
  })),
});

describe('faults of times', () => {
  const now = at('22T12:00');
  it.each([
    ['in order', past(at('20T10:00'), at('20T11:00')), []],
    ['at one moment', past(at('20T10:00'), at('20T10:00')), []],
    ['a single word', past(at('20T10:00')), []],
    ['up to now', past(now), []],
    ['out of order', past(at('20T11:00'), at('20T10:00')), ['updates.1.at']],
    ['ahead', past(at('20T11:00'), plus(now, minutes(1))), ['updates.1.at']],
    [
      'begun after it was told',
      { ...past(at('20T10:00')), startedAt: plus(at('20T10:00'), hours(1)) },
      ['startedAt'],
    ],
  ])('%s', (_, input, fields) => expect(Object.keys(pastFaults(input, now))).toEqual(fields));
});

it('signs with the account that told it', async () => {
  const room = await newsroom();
  const { id } = await recordPast(room.kernel, lead, story(room.payments));
  const rows = await room.kernel.db.read
    .select()
    .from(incidentUpdates)
    .where(eq(incidentUpdates.incidentId, id));
  expect(new Set(rows.map((row) => row.authorId))).toEqual(new Set([lead.id]));
});
