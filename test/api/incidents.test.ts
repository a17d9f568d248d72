import { asc, eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { deliveries, events, incidents, notifications } from '../../src/db/schema.ts';
import { systemActor } from '../../src/events/types.ts';
import { declare } from '../../src/incidents/service.ts';
import { minutes, plus } from '../../src/shared/clock.ts';
import { readSettings, saveSettings } from '../../src/settings/service.ts';
import { pageSettingsForm } from '../../src/settings/forms.ts';
import { addConfirmed } from '../../src/subscribers/service.ts';
import { startApi, type Api } from './support.ts';

const create = (api: Api, incident: object, headers?: object) =>
  api.send('POST', '/incidents', { incident }, headers);
const change = (api: Api, id: unknown, incident: object, headers?: object) =>
  api.send('PATCH', `/incidents/${String(id)}`, { incident }, headers);

const updatesOf = (body: Record<string, unknown>) =>
  body['incident_updates'] as Record<string, unknown>[];
const componentsOf = (body: Record<string, unknown>) =>
  (body['components'] as Record<string, unknown>[]).map(({ name, status }) => [name, status]);

async function rowOf(api: Api, id: unknown) {
  const rows = await api.kernel.db.read
    .select()
    .from(incidents)
    .where(eq(incidents.publicId, String(id)));
  return rows[0];
}

const notificationsOf = (api: Api) =>
  api.kernel.db.read.select().from(notifications).orderBy(asc(notifications.id));

async function open(api: Api) {
  const { body } = await create(api, {
    name: 'Card payments fail',
    body: 'First.',
    components: { [api.idOf('Payments')]: 'major_outage' },
    deliver_notifications: false,
  });
  api.kernel.clock.advance(minutes(5));
  return body['id'] as string;
}

describe('creating an incident', () => {
  it('answers 201 in the v1 shape, key by key', async () => {
    const api = await startApi();
    const { status, body } = await create(api, {
      name: 'Card payments fail',
      status: 'identified',
      body: 'Cards are **declined**.',
      components: { [api.idOf('Payments')]: 'major_outage' },
      metadata: { jira: { issue: 'X-1' } },
      unheard_of: true,
    });
    expect(status).toBe(201);
    expect(Object.keys(body)).toEqual([
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
    expect(body).toMatchObject({
      created_at: '2026-11-22T14:00:00.000Z',
      impact: 'critical',
      impact_override: null,
      name: 'Card payments fail',
      page_id: api.pageId,
      resolved_at: null,
      shortlink: `https://status.example.com/incidents/${String(body['id'])}`,
      status: 'identified',
      started_at: '2026-11-22T14:00:00.000Z',
    });
    expect(componentsOf(body)).toEqual([['Payments', 'major_outage']]);
    expect(Object.keys((body['components'] as object[])[0] ?? {})).toEqual([
      'id',
      'page_id',
      'group_id',
      'created_at',
      'updated_at',
      'group',
      'name',
      'description',
      'position',
      'status',
      'showcase',
      'only_show_if_degraded',
      'automation_email',
      'start_date',
    ]);
    expect(updatesOf(body)).toEqual([
      {
        id: expect.stringMatching(/^[0-9b-z]{12}$/),
        incident_id: body['id'],
        affected_components: [
          {
            code: api.idOf('Payments'),
            name: 'Payments',
            old_status: 'operational',
            new_status: 'major_outage',
          },
        ],
        body: 'Cards are **declined**.',
        created_at: '2026-11-22T14:00:00.000Z',
        custom_tweet: null,
        deliver_notifications: true,
        display_at: '2026-11-22T14:00:00.000Z',
        status: 'identified',
        tweet_id: null,
        twitter_updated_at: null,
        updated_at: '2026-11-22T14:00:00.000Z',
        wants_twitter_update: false,
      },
    ]);
    expect(await rowOf(api, body['id'])).toMatchObject({
      visibility: 'public',
      severity: 1,
      nextDueAt: plus(api.kernel.clock.now(), minutes(30)),
      commsLeadId: null,
    });
  });

  it('takes Rails forms, as curl -d sends them', async () => {
    const api = await startApi();
    const { status, body } = await api.request(`/v1/pages/${api.pageId}/incidents.json`, {
      method: 'POST',
      headers: {
        Authorization: `oauth ${api.commsLead}`,
        'Content-Type': 'application/x-www-form-urlencoded',
      },
      body:
        'incident[name]=From+a+form&incident[body]=Words&incident[deliver_notifications]=false' +
        `&incident[components][${api.idOf('API')}]=partial_outage` +
        `&incident[component_ids][]=${api.idOf('Web app')}`,
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({ name: 'From a form', status: 'investigating', impact: 'minor' });
    expect(componentsOf(body)).toEqual([
      ['API', 'partial_outage'],
      ['Web app', 'operational'],
    ]);
    expect(updatesOf(body)[0]).toMatchObject({ body: 'Words', deliver_notifications: false });
  });

  it('says a plain sentence where no words came', async () => {
    const api = await startApi();
    const { body } = await create(api, { name: 'Quiet', deliver_notifications: false });
    expect(updatesOf(body)[0]).toMatchObject({ body: 'We are investigating this issue.' });
    expect(updatesOf(body)[0]?.['affected_components']).toBeNull();
  });

  it.each([
    ['critical', 1],
    ['major', 2],
    ['minor', 3],
    ['none', 4],
  ])('takes the severity of impact %s', async (impact, severity) => {
    const api = await startApi();
    const { body } = await create(api, {
      name: 'x',
      impact_override: impact,
      deliver_notifications: false,
    });
    expect(body).toMatchObject({ impact, impact_override: impact });
    expect(await rowOf(api, body['id'])).toMatchObject({ severity });
  });

  it('may be resolved from the start', async () => {
    const api = await startApi();
    const incident = { name: 'Done', status: 'resolved', deliver_notifications: false };
    const { body } = await create(api, incident);
    expect(body).toMatchObject({ status: 'resolved', resolved_at: '2026-11-22T14:00:00.000Z' });
    expect((await rowOf(api, body['id']))?.nextDueAt).toBeNull();
  });

  it('writes times in the page’s zone', async () => {
    const api = await startApi();
    const { version, ...settings } = await readSettings(api.kernel.db.read);
    const moved = { ...settings, timeZone: 'America/Chicago' };
    await saveSettings(api.kernel, systemActor, version, pageSettingsForm.parse(moved));
    const { body } = await create(api, { name: 'A', deliver_notifications: false });
    expect(body['created_at']).toBe('2026-11-22T08:00:00.000-06:00');
  });
});

describe('email', () => {
  it('is released with the update by default, and once only', async () => {
    const api = await startApi();
    await api.kernel.db.write((tx) =>
      addConfirmed(tx, api.kernel, systemActor, ['s1@example.test', 's2@example.test']),
    );
    await create(api, { name: 'Down', body: 'It is down.' });
    const [notification, ...more] = await notificationsOf(api);
    expect(more).toEqual([]);
    expect(notification).toMatchObject({ kind: 'incident', stage: 'investigating', lane: 'bulk' });
    const owed = await api.kernel.db.read.select().from(deliveries);
    expect(owed).toHaveLength(2);
  });

  it('is left out, with the reason, when deliver_notifications is false', async () => {
    const api = await startApi();
    const { body } = await create(api, { name: 'Down', deliver_notifications: false });
    await change(api, body['id'], { status: 'resolved', deliver_notifications: 'false' });
    expect(await notificationsOf(api)).toEqual([]);
    const record = JSON.stringify(await api.kernel.db.read.select().from(events));
    expect(record).toContain('asked for none');
  });
});

describe('changing an incident', () => {
  it('goes through the states, newest update first, and stops the clock at the end', async () => {
    const api = await startApi();
    const id = await open(api);
    for (const status of ['identified', 'monitoring', 'resolved']) {
      const answer = await change(api, id, { status, body: `Now ${status}.` });
      expect(answer.status).toBe(200);
      expect(answer.body['status']).toBe(status);
      api.kernel.clock.advance(minutes(5));
    }
    const { body } = await api.send('GET', `/incidents/${id}`);
    expect(updatesOf(body).map((update) => update['status'])).toEqual([
      'resolved',
      'monitoring',
      'identified',
      'investigating',
    ]);
    expect(body).toMatchObject({
      monitoring_at: '2026-11-22T14:10:00.000Z',
      resolved_at: '2026-11-22T14:15:00.000Z',
    });
    expect(componentsOf(body)).toEqual([['Payments', 'operational']]);
    expect((await rowOf(api, id))?.nextDueAt).toBeNull();
    expect(await notificationsOf(api)).toHaveLength(3);
  });

  it('words alone are an update in the same state, and start the clock anew', async () => {
    const api = await startApi();
    const id = await open(api);
    const { body } = await change(api, id, { body: 'Still.', deliver_notifications: false });
    expect(updatesOf(body)[0]).toMatchObject({ status: 'investigating', body: 'Still.' });
    const due = (await rowOf(api, id))?.nextDueAt;
    expect(due).toEqual(plus(api.kernel.clock.now(), minutes(30)));
  });

  it('a state alone is told in a plain sentence', async () => {
    const api = await startApi();
    const id = await open(api);
    const { body } = await change(api, id, { status: 'monitoring', deliver_notifications: false });
    expect(updatesOf(body)[0]).toMatchObject({
      body: 'A fix is in place and we are monitoring the results.',
    });
  });

  it('a name or an impact changes the incident without an update', async () => {
    const api = await startApi();
    const id = await open(api);
    const { status, body } = await change(api, id, { name: 'Cards', impact_override: 'minor' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ name: 'Cards', impact: 'minor', impact_override: 'minor' });
    expect(updatesOf(body)).toHaveLength(1);
    expect(await notificationsOf(api)).toEqual([]);
  });

  it('component statuses alone are told, without an email', async () => {
    const api = await startApi();
    const id = await open(api);
    const { body } = await change(api, id, {
      components: {
        [api.idOf('Payments')]: 'degraded_performance',
        [api.idOf('API')]: 'operational',
      },
    });
    expect(updatesOf(body)).toHaveLength(2);
    expect(componentsOf(body)).toEqual([
      ['API', 'operational'],
      ['Payments', 'degraded_performance'],
    ]);
    expect(await notificationsOf(api)).toEqual([]);
    const again = await change(api, id, {
      components: { [api.idOf('Payments')]: 'degraded_performance' },
    });
    expect(updatesOf(again.body)).toHaveLength(2);
  });

  it('keeps no outage when a tool resolves and names the components again', async () => {
    const api = await startApi();
    const id = await open(api);
    const { body } = await change(api, id, {
      status: 'resolved',
      component_ids: [api.idOf('Payments')],
      deliver_notifications: false,
    });
    expect(componentsOf(body)).toEqual([['Payments', 'operational']]);
  });

  it('PUT is PATCH, and .json may stand behind', async () => {
    const api = await startApi();
    const id = await open(api);
    const put = await api.send('PUT', `/incidents/${id}.json`, { incident: { name: 'Put' } });
    expect(put).toMatchObject({ status: 200, body: { name: 'Put' } });
  });

  it('never deletes (M3)', async () => {
    const api = await startApi();
    const id = await open(api);
    const answer = await api.send('DELETE', `/incidents/${id}`);
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, PATCH, PUT');
    expect((await api.send('GET', `/incidents/${id}`)).status).toBe(200);
  });
});

describe('an idempotency key (F-20)', () => {
  const key = { 'Idempotency-Key': 'a-key' };

  it('makes one incident of two requests, with the same answer', async () => {
    const api = await startApi();
    const incident = { name: 'Once', body: 'Words.' };
    const first = await create(api, incident, key);
    api.kernel.clock.advance(minutes(1));
    const second = await create(api, incident, key);
    expect(second).toMatchObject({ status: 201, body: first.body });
    expect((await api.send('GET', '/incidents')).body).toHaveLength(1);
    expect(await notificationsOf(api)).toHaveLength(1);
  });

  it('makes one update of two requests at once', async () => {
    const api = await startApi();
    const { body } = await create(api, { name: 'Once', deliver_notifications: false });
    const update = { body: 'More.', deliver_notifications: false };
    const answers = await Promise.all([
      change(api, body['id'], update, key),
      change(api, body['id'], update, key),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual([200, 200]);
    expect(updatesOf(answers[1]?.body ?? {})).toHaveLength(2);
  });

  it('refuses another body', async () => {
    const api = await startApi();
    await create(api, { name: 'One', deliver_notifications: false }, key);
    const other = await create(api, { name: 'Two', deliver_notifications: false }, key);
    expect(other.status).toBe(422);
    expect((await api.send('GET', '/incidents')).body).toHaveLength(1);
  });

  it.each(['', 'with space', 'x'.repeat(201)])('refuses the key %j', async (bad) => {
    const api = await startApi();
    const answer = await create(api, { name: 'One' }, { 'Idempotency-Key': bad });
    expect(answer.status).toBe(400);
  });
});

describe('listing', () => {
  it('answers newest first, by pages', async () => {
    const api = await startApi();
    for (const name of ['A', 'B', 'C']) {
      await create(api, { name, deliver_notifications: false });
      api.kernel.clock.advance(minutes(1));
    }
    const names = async (path: string) => {
      const { list } = await api.send('GET', path);
      return list.map((incident) => incident['name']);
    };
    expect(await names('/incidents')).toEqual(['C', 'B', 'A']);
    expect(await names('/incidents.json?limit=2')).toEqual(['C', 'B']);
    expect(await names('/incidents?limit=2&page=2&q=anything')).toEqual(['A']);
    expect(await names('/incidents?limit=2&page=3')).toEqual([]);
  });

  it('tells the unresolved apart', async () => {
    const api = await startApi();
    await create(api, { name: 'Open', deliver_notifications: false });
    await create(api, { name: 'Done', status: 'resolved', deliver_notifications: false });
    for (const path of ['/incidents/unresolved', '/incidents/unresolved.json']) {
      const { body } = await api.send('GET', path);
      expect(body).toMatchObject([{ name: 'Open' }]);
    }
  });

  it('shows no private incident to any token', async () => {
    const api = await startApi();
    const hidden = await declare(api.kernel, systemActor, {
      title: 'Breach',
      severity: 1,
      visibility: 'private',
      state: 'investigating',
      body: 'Inside.',
      components: {},
      nextUpdateBy: null,
      email: { kind: 'none', reason: 'private' },
    });
    const id = hidden.incidentPublicId;
    const headers = { Authorization: `Bearer ${await api.token('admin')}` };
    expect((await api.send('GET', '/incidents', undefined, headers)).body).toEqual([]);
    expect((await api.send('GET', '/incidents/unresolved', undefined, headers)).body).toEqual([]);
    const unknown = await api.send('GET', '/incidents/0123456789bc', undefined, headers);
    const shown = await api.send('GET', `/incidents/${id}`, undefined, headers);
    expect([shown.status, shown.body]).toEqual([404, unknown.body]);
    const changed = await api.send(
      'PATCH',
      `/incidents/${id}`,
      { incident: { name: 'x' } },
      headers,
    );
    expect(changed.status).toBe(404);
  });
});
