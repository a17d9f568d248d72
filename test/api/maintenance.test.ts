// Scheduled maintenance through v1: made, moved, run, called off and listed as Statuspage's clients do it.
import { beforeEach, describe, expect, it } from 'vitest';
import { tickMaintenance } from '../../src/maintenance/tick.ts';
import { notifications } from '../../src/db/schema.ts';
import { hours } from '../../src/shared/clock.ts';
import { quickMail } from '../maintenance/planner.ts';
import { type Api, startApi } from './support.ts';

let api: Api;
beforeEach(async () => {
  api = await startApi();
});

const times = {
  scheduled_for: '2026-11-24T02:00:00.000Z',
  scheduled_until: '2026-11-24T04:00:00Z',
};

const make = (more: object = {}) =>
  api.send('POST', '/incidents', {
    incident: {
      name: 'Database upgrade',
      body: 'Payments pause.',
      ...times,
      component_ids: [api.idOf('Payments')],
      deliver_notifications: false,
      ...more,
    },
  });

const patch = (id: unknown, incident: object) =>
  api.send('PATCH', `/incidents/${String(id)}`, { incident });

const tick = (iso: string) => {
  api.kernel.clock.set(iso);
  return tickMaintenance(api.kernel, quickMail);
};

const mails = async () => (await api.kernel.db.read.select().from(notifications)).length;
const updatesOf = (answer: { body: Record<string, unknown> }) =>
  answer.body['incident_updates'] as Record<string, unknown>[];

describe('POST …/incidents with a time', () => {
  it('answers 201 with the maintenance, keys as in Statuspage’s v1', async () => {
    const made = await make();
    expect(made.status).toBe(201);
    expect(Object.keys(made.body)).toEqual([
      'id',
      'components',
      'created_at',
      'impact',
      'impact_override',
      'incident_updates',
      'incident_impacts',
      'metadata',
      'monitoring_at',
      'name',
      'page_id',
      'postmortem_body',
      'postmortem_body_last_updated_at',
      'postmortem_ignored',
      'postmortem_notified_subscribers',
      'postmortem_notified_twitter',
      'postmortem_published_at',
      'resolved_at',
      'scheduled_auto_completed',
      'scheduled_auto_in_progress',
      'scheduled_for',
      'auto_transition_deliver_notifications_at_end',
      'auto_transition_deliver_notifications_at_start',
      'auto_transition_to_maintenance_state',
      'auto_transition_to_operational_state',
      'scheduled_remind_prior',
      'scheduled_reminded_at',
      'scheduled_until',
      'shortlink',
      'status',
      'updated_at',
      'reminder_intervals',
      'started_at',
    ]);
    expect(made.body).toMatchObject({
      name: 'Database upgrade',
      status: 'scheduled',
      impact: 'maintenance',
      scheduled_for: '2026-11-24T02:00:00.000Z',
      scheduled_until: '2026-11-24T04:00:00.000Z',
      scheduled_auto_in_progress: true,
      scheduled_auto_completed: false,
      scheduled_remind_prior: true,
      scheduled_reminded_at: null,
      auto_transition_to_maintenance_state: true,
    });
    expect(updatesOf(made)).toMatchObject([{ status: 'scheduled', body: 'Payments pause.' }]);
    expect((made.body['components'] as { name: string }[]).map((one) => one.name)).toEqual([
      'Payments',
    ]);
    const shown = await api.send('GET', `/incidents/${String(made.body['id'])}`);
    expect(shown.body).toEqual(made.body);
  });

  it('mails by default, and not when told so', async () => {
    await make();
    expect(await mails()).toBe(0);
    await make({ deliver_notifications: true });
    expect(await mails()).toBe(1);
  });

  it('takes Rails’ form encoding and an offset', async () => {
    const form = new URLSearchParams([
      ['incident[name]', 'Upgrade'],
      ['incident[scheduled_for]', '2026-11-24T03:00:00+01:00'],
      ['incident[scheduled_until]', '2026-11-24T05:00:00+01:00'],
      ['incident[status]', 'scheduled'],
      ['incident[scheduled_remind_prior]', 'false'],
      ['incident[scheduled_auto_completed]', 'true'],
      ['incident[deliver_notifications]', 'false'],
      [`incident[components][${api.idOf('API')}]`, 'partial_outage'],
    ]);
    const made = await api.request(`/v1/pages/${api.pageId}/incidents.json`, {
      method: 'POST',
      headers: {
        Authorization: `oauth ${api.commsLead}`,
        'Content-Type': 'application/x-www-form-urlencoded',
      },
      body: form.toString(),
    });
    expect(made.body).toMatchObject({
      scheduled_for: '2026-11-24T02:00:00.000Z',
      scheduled_remind_prior: false,
      scheduled_auto_completed: true,
    });
    await tick('2026-11-24T02:00:00Z');
    const { list } = await api.send('GET', '/components');
    expect(list.find((one) => one['name'] === 'API')?.['status']).toBe('partial_outage');
  });

  it('begins at once when its time has come', async () => {
    const made = await make({ scheduled_for: '2026-11-22T13:00:00Z' });
    expect(made.body['status']).toBe('in_progress');
  });

  it.each([
    [{ scheduled_until: null }, 'incident.scheduled_until'],
    [{ scheduled_for: 'soon' }, 'incident.scheduled_for'],
    [{ scheduled_until: '2026-11-24T01:00:00Z' }, 'incident.scheduled_until'],
    [{ status: 'completed' }, 'incident.status'],
    [{ status: 'identified' }, 'incident.status'],
    [{ component_ids: ['nothere'] }, 'incident.components'],
    [{ name: '' }, 'incident.name'],
    [{ name: 'a\nb' }, 'incident.name'],
  ])('with %j is refused, naming %s', async (more, field) => {
    const refused = await make(more);
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect(refused.status).toBeLessThan(500);
    expect(JSON.stringify(refused.body)).toContain(field);
  });

  it('twice under one key makes one', async () => {
    const incident = { name: 'x', ...times, deliver_notifications: false };
    const key = { 'Idempotency-Key': 'k1' };
    const first = await api.send('POST', '/incidents', { incident }, key);
    const second = await api.send('POST', '/incidents', { incident }, key);
    expect(second.body['id']).toBe(first.body['id']);
  });
});

describe('PATCH …/incidents/:id of a maintenance', () => {
  it('runs it through its states', async () => {
    const { body } = await make();
    const begun = await patch(body['id'], { status: 'in_progress', deliver_notifications: false });
    expect(begun.status).toBe(200);
    expect(updatesOf(begun)[0]).toMatchObject({
      status: 'in_progress',
      body: 'Scheduled maintenance is currently in progress. We will provide updates as necessary.',
      affected_components: [{ old_status: 'operational', new_status: 'under_maintenance' }],
    });
    await patch(body['id'], { status: 'verifying', body: 'Nearly there.' });
    const over = await patch(body['id'], { status: 'completed' });
    expect(over.body).toMatchObject({
      status: 'completed',
      resolved_at: '2026-11-22T14:00:00.000Z',
    });
    const back = await patch(body['id'], { status: 'scheduled' });
    expect(back.status).toBeGreaterThanOrEqual(400);
  });

  it('moves it, renames it and changes its habits', async () => {
    const { body } = await make();
    const moved = await patch(body['id'], {
      scheduled_for: '2026-11-25T02:00:00Z',
      scheduled_until: '2026-11-25T03:00:00Z',
      name: 'Upgrade, moved',
    });
    expect(moved.body).toMatchObject({
      name: 'Upgrade, moved',
      status: 'scheduled',
      scheduled_for: '2026-11-25T02:00:00.000Z',
    });
    expect(updatesOf(moved)).toHaveLength(2);
    const quiet = await patch(body['id'], {
      scheduled_remind_prior: false,
      scheduled_auto_completed: true,
    });
    expect(quiet.body).toMatchObject({
      scheduled_remind_prior: false,
      scheduled_auto_completed: true,
    });
    expect(updatesOf(quiet)).toHaveLength(2);
  });
});

describe('lists', () => {
  it('tell what is planned, what comes and what runs, and hold all among the incidents', async () => {
    const first = await make();
    api.kernel.clock.advance(hours(1));
    const incident = await api.send('POST', '/incidents', {
      incident: { name: 'Broken', deliver_notifications: false },
    });
    api.kernel.clock.advance(hours(1));
    const second = await make({ scheduled_for: '2026-11-23T02:00:00Z' });
    await patch(second.body['id'], { status: 'in_progress', deliver_notifications: false });
    const ids = async (path: string) =>
      (await api.send('GET', `/incidents${path}`)).list.map((one) => one['id']);
    expect(await ids('/scheduled')).toEqual([second.body['id'], first.body['id']]);
    expect(await ids('/upcoming.json')).toEqual([first.body['id']]);
    expect(await ids('/active_maintenance')).toEqual([second.body['id']]);
    expect(await ids('/unresolved')).toEqual([incident.body['id']]);
    const all = [second.body['id'], incident.body['id'], first.body['id']];
    expect(await ids('')).toEqual(all);
    for (const page of [1, 2, 3]) {
      expect(await ids(`?limit=1&page=${page}`)).toEqual([all[page - 1]]);
    }
    expect(await ids('?limit=1&page=4')).toEqual([]);
    expect(await ids('?limit=2&page=2')).toEqual(all.slice(2));
  });
});

describe('DELETE …/incidents/:id', () => {
  it('calls a maintenance off and keeps it in the record', async () => {
    const { body } = await make();
    const removed = await api.send('DELETE', `/incidents/${String(body['id'])}`);
    expect(removed.status).toBe(200);
    expect(await tick('2026-11-24T02:00:00Z')).toBe(0);
    expect((await api.send('GET', `/incidents/${String(body['id'])}`)).status).toBe(200);
    expect((await api.send('GET', '/incidents/scheduled')).list).toEqual([]);
  });
});
