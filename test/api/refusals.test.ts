import { describe, expect, it } from 'vitest';
import { events } from '../../src/db/schema.ts';
import { startApi } from './support.ts';

const named = (more: object) => ({
  incident: { name: 'x', deliver_notifications: false, ...more },
});

describe('what is refused, and how', () => {
  it.each([
    ['no name', { incident: {} }, 422, 'incident.name'],
    ['a name of 256', named({ name: 'x'.repeat(256) }), 422, 'incident.name'],
    ['a name of two lines (S-51)', named({ name: 'a\nb' }), 422, 'incident.name'],
    ['no incident', { name: 'x' }, 422, 'incident'],
    ['an unknown status', named({ status: 'scheduled' }), 422, 'incident.status'],
    [
      'an unknown impact',
      named({ impact_override: 'maintenance' }),
      422,
      'incident.impact_override',
    ],
    ['25,001 characters', named({ body: 'x'.repeat(25_001) }), 422, 'incident.body'],
    ['21 KB', named({ body: 'é'.repeat(10_500) }), 422, 'incident.body'],
    [
      'a start without end',
      named({ scheduled_for: '2026-12-01T00:00:00Z' }),
      422,
      'scheduled_until',
    ],
    ['a backfill without a date', named({ backfilled: true }), 422, 'backfill_date'],
    [
      'a backfill of the future',
      named({ backfilled: true, backfill_date: '2126-01-01' }),
      422,
      'backfill_date',
    ],
    [
      'a backfill that is not over',
      named({ backfilled: true, backfill_date: '2026-01-01', status: 'investigating' }),
      422,
      'incident.status',
    ],
    ['an unknown component', named({ components: { x: 'major_outage' } }), 422, 'components.x'],
    ['an unknown component id', named({ component_ids: ['x'] }), 422, 'component_ids'],
    ['an unknown component status', named({ components: { x: 'green' } }), 422, 'components.x'],
  ])('%s', async (_, body, status, words) => {
    const api = await startApi();
    const answer = await api.send('POST', '/incidents', body);
    expect(answer.status).toBe(status);
    expect(answer.body['error']).toContain(words);
    expect((await api.send('GET', '/incidents')).body).toEqual([]);
  });

  it.each([
    ['broken JSON', 'application/json', '{"incident":', 400],
    ['a JSON list', 'application/json', '[]', 400],
    [
      'a repeated parameter',
      'application/x-www-form-urlencoded',
      'incident[name]=a&incident[name]=b',
      400,
    ],
    ['another media type', 'text/xml', '<incident/>', 415],
    ['more than 64 KB', 'application/json', `{"x":"${'x'.repeat(66_000)}"}`, 413],
  ])('%s', async (_, type, body, status) => {
    const api = await startApi();
    const answer = await api.request(`/v1/pages/${api.pageId}/incidents`, {
      method: 'POST',
      headers: { Authorization: `OAuth ${api.commsLead}`, 'Content-Type': type },
      body,
    });
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({ error: expect.any(String) });
  });

  it.each(['limit=0', 'limit=x', 'limit=1&limit=2', 'page=0', 'page=-1'])('?%s', async (query) => {
    const api = await startApi();
    expect((await api.send('GET', `/incidents?${query}`)).status).toBe(400);
  });

  it.each([
    ['an unknown incident', 'GET', '/incidents/0123456789bc'],
    ['a malformed id', 'GET', '/incidents/nope'],
    ['an unknown component', 'GET', '/components/0123456789bc'],
    ['an unknown path', 'GET', '/metrics'],
  ])('%s is 404', async (_, method, path) => {
    const api = await startApi();
    const answer = await api.send(method, path);
    expect([answer.status, typeof answer.body['error']]).toEqual([404, 'string']);
  });

  it('another page’s id is 404', async () => {
    const api = await startApi();
    const answer = await api.request('/v1/pages/0123456789bc/incidents', {
      headers: { Authorization: `OAuth ${api.commsLead}` },
    });
    expect(answer.status).toBe(404);
  });
});

describe('who may what (S-20)', () => {
  it.each([
    ['nobody', undefined, [401, 401, 401, 401, 401, 401, 401]],
    ['viewer', 'viewer', [200, 403, 403, 200, 403, 403, 403]],
    ['comms_lead', 'comms_lead', [200, 201, 404, 200, 200, 403, 403]],
    ['approver', 'approver', [200, 403, 403, 200, 403, 403, 403]],
    ['admin', 'admin', [200, 201, 404, 200, 200, 200, 201]],
  ] as const)('%s', async (_, role, expected) => {
    const api = await startApi();
    const payments = `/components/${api.idOf('Payments')}`;
    const headers = { Authorization: role ? `Bearer ${await api.token(role)}` : '' };
    const ask = async (method: string, path: string, body?: unknown) =>
      (await api.send(method, path, body, headers)).status;
    expect([
      await ask('GET', '/incidents'),
      await ask('POST', '/incidents', named({})),
      await ask('PATCH', '/incidents/0123456789bc', named({})),
      await ask('GET', '/components'),
      await ask('PATCH', payments, { component: { status: 'partial_outage' } }),
      await ask('PATCH', payments, { component: { name: 'Pay' } }),
      await ask('POST', '/components', { component: { name: 'New' } }),
    ]).toEqual(expected);
  });

  it('records a comms lead’s attempt to configure', async () => {
    const api = await startApi();
    await api.send('PATCH', `/components/${api.idOf('API')}`, { component: { name: 'x' } });
    const kinds = (await api.kernel.db.read.select().from(events)).map((event) => event.kind);
    expect(kinds).toContain('access.refused');
  });

  it('takes no cookie', async () => {
    const api = await startApi();
    const answer = await api.request(`/v1/pages/${api.pageId}/incidents`, {
      headers: { Cookie: `__Host-sid=${api.commsLead}; sid=${api.commsLead}` },
    });
    expect([answer.status, answer.body]).toEqual([401, { error: 'Could not authenticate' }]);
  });
});
