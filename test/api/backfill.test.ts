// Back-filling through v1: one resolved word of the past, and nobody hears of it.
import { expect, it } from 'vitest';
import { notifications, statusIntervals } from '../../src/db/schema.ts';
import { systemActor } from '../../src/events/types.ts';
import { addConfirmed } from '../../src/subscribers/service.ts';
import { startApi } from './support.ts';

const backfill = (more: object = {}) => ({
  incident: {
    name: 'Login was slow',
    body: 'Logging in took a minute. A cache had been full.',
    backfilled: true,
    backfill_date: '2026-11-10',
    ...more,
  },
});

it('makes it resolved at noon of that day, silently', async () => {
  const api = await startApi();
  await api.kernel.db.write((tx) =>
    addConfirmed(tx, api.kernel, systemActor, ['sam@example.test']),
  );
  const answer = await api.send('POST', '/incidents', backfill());
  expect(answer.status).toBe(201);
  const at = '2026-11-10T12:00:00.000Z';
  expect(answer.body).toMatchObject({
    name: 'Login was slow',
    status: 'resolved',
    impact: 'none',
    created_at: at,
    started_at: at,
    updated_at: at,
    resolved_at: at,
    incident_updates: [
      {
        status: 'resolved',
        display_at: at,
        deliver_notifications: false,
        affected_components: null,
      },
    ],
  });
  expect(await api.kernel.db.read.select().from(notifications)).toEqual([]);
});

it('names components as affected and working again, and leaves their record alone', async () => {
  const api = await startApi();
  const id = api.idOf('Payments');
  const answer = await api.send(
    'POST',
    '/incidents',
    backfill({
      components: { [id]: 'partial_outage' },
      backfill_date: '2026-11-10T09:30:00+01:00',
    }),
  );
  expect(answer.body).toMatchObject({
    impact: 'minor',
    resolved_at: '2026-11-10T08:30:00.000Z',
    components: [{ id, status: 'operational' }],
    incident_updates: [
      {
        affected_components: [
          { code: id, old_status: 'partial_outage', new_status: 'operational' },
        ],
      },
    ],
  });
  const rows = await api.kernel.db.read.select().from(statusIntervals);
  expect(rows.every((row) => row.status === 'operational')).toBe(true);
});

it('takes an impact, and today for now while its noon is to come', async () => {
  const api = await startApi();
  api.kernel.clock.set('2026-11-22T09:00:00.000Z');
  const input = backfill({ impact_override: 'critical', backfill_date: '2026-11-22' });
  const answer = await api.send('POST', '/incidents', input);
  expect(answer.body).toMatchObject({
    impact: 'critical',
    resolved_at: '2026-11-22T09:00:00.000Z',
  });
});

it('can be corrected like any update', async () => {
  const api = await startApi();
  const made = await api.send('POST', '/incidents', backfill());
  const [update] = made.body['incident_updates'] as { id: string; display_at: string }[];
  const path = `/incidents/${String(made.body['id'])}/incident_updates/${update?.id}`;
  const body = { incident_update: { body: 'Logging in took two minutes.' } };
  const answer = await api.send('PATCH', path, body);
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({
    id: update?.id,
    body: 'Logging in took two minutes.',
    display_at: update?.display_at,
  });
  expect((await api.send('PATCH', `${path}.json`, { incident_update: {} })).status).toBe(422);
  expect((await api.send('PATCH', path.slice(0, -12) + 'bcdfghjklmnp', body)).status).toBe(404);
});

it('is made once under one key', async () => {
  const api = await startApi();
  const key = { 'Idempotency-Key': 'once' };
  const first = await api.send('POST', '/incidents', backfill(), key);
  const again = await api.send('POST', '/incidents', backfill(), key);
  expect(again.body['id']).toBe(first.body['id']);
  expect((await api.send('GET', '/incidents')).list).toHaveLength(1);
});
