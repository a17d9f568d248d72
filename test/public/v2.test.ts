import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSettings, saveSettings } from '../../src/settings/service.ts';
import { systemActor } from '../../src/events/types.ts';
import { minutes } from '../../src/shared/clock.ts';
import { scheduleMaintenance } from '../support/maintenance.ts';
import { faultsOf, type Json } from '../support/statuspage-checks.ts';
import { incidentSchema, maintenanceSchema, v2Schema } from '../support/statuspage-schema.ts';
import {
  componentNamed,
  declareIncident,
  publicSite,
  type PublicSite,
  sayMore,
} from '../support/public-fixtures.ts';

const listOf = (value: unknown) => (Array.isArray(value) ? (value as Json[]) : []);

const read = async (site: PublicSite, name: string) => {
  const answer = await site.get(`/api/v2/${name}`);
  expect(answer.status).toBe(200);
  return (await answer.json()) as Json;
};

async function eventfulSite() {
  const site = await publicSite();
  const { incidentPublicId } = await declareIncident(site.kernel);
  site.kernel.clock.advance(minutes(10));
  await sayMore(site.kernel, incidentPublicId, { state: 'monitoring' });
  site.kernel.clock.advance(minutes(10));
  await sayMore(site.kernel, incidentPublicId, { state: 'resolved', body: 'Over.' });
  site.kernel.clock.advance(minutes(10));
  await declareIncident(site.kernel, { title: 'Slow', components: {}, impactOverride: 'minor' });
  return site;
}

describe('the v2 documents', () => {
  it('fit the schema, in compact JSON, open to scripts, known as Statuspage', async () => {
    const site = await eventfulSite();
    for (const [name, schema] of Object.entries(v2Schema)) {
      const answer = await site.get(`/api/v2/${name}`);
      const text = await answer.text();
      const document = JSON.parse(text) as Json;
      expect(faultsOf(schema, document, { timeZone: 'Etc/UTC' }), name).toEqual([]);
      expect(text, name).toBe(JSON.stringify(document));
      const { headers } = answer;
      expect(headers.get('content-type'), name).toBe('application/json; charset=utf-8');
      expect(headers.get('access-control-allow-origin'), name).toBe('*');
      expect(headers.get('x-content-type-options'), name).toBe('nosniff');
      expect(headers.get('x-statuspage-version'), name).toMatch(/^[0-9a-f]{40}$/);
      expect(headers.get('cache-control')?.split(', ').toSorted(), name).toEqual([
        'max-age=10',
        'public',
        's-maxage=10',
        'stale-if-error=3600',
        'stale-while-revalidate=20',
      ]);
    }
  });

  it('answer clients as they ask: HEAD, two slashes, other queries, a preflight', async () => {
    const site = await eventfulSite();
    const plain = await (await site.get('/api/v2/incidents.json')).text();
    const head = await site.request('HEAD', '/api/v2/components.json');
    expect([head.status, await head.text()]).toEqual([200, '']);
    for (const path of ['//api/v2/incidents.json', '/api/v2/incidents.json?limit=3&_=17']) {
      expect(await (await site.get(path)).text(), path).toBe(plain);
    }
    const preflight = await site.request('OPTIONS', '/api/v2/subscribers.json', {
      headers: { Origin: 'https://other.example', 'Access-Control-Request-Method': 'DELETE' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-methods')).toBe(
      'GET, POST, DELETE, OPTIONS',
    );
    expect(preflight.headers.get('access-control-allow-headers')).toBe(
      'Content-Type, Authorization',
    );
  });

  it('are not there under other names: an HTML 404', async () => {
    const site = await publicSite();
    for (const path of ['/api/v2', '/api/v2/nothing.json', '/api/v2/summary', '/api/v2/metrics']) {
      const answer = await site.get(path);
      expect([answer.status, answer.headers.get('content-type')], path).toEqual([
        404,
        'text/html; charset=UTF-8',
      ]);
    }
  });

  it('tell incidents by state', async () => {
    const site = await eventfulSite();
    const titles = async (name: string) =>
      listOf((await read(site, name))['incidents']).map((incident) => incident['name']);
    expect(await titles('incidents.json')).toEqual(['Slow', 'Payments failing']);
    expect(await titles('incidents/unresolved.json')).toEqual(['Slow']);
    expect(await titles('incidents/resolved.json')).toEqual(['Payments failing']);
    expect(await titles('summary.json')).toEqual(['Slow']);
    const summary = await read(site, 'summary.json');
    expect(summary['status']).toEqual({ indicator: 'minor', description: 'Minor Service Outage' });
  });

  it('tell an incident as it was', async () => {
    const site = await eventfulSite();
    const [, incident] = listOf((await read(site, 'incidents.json'))['incidents']);
    expect(incident).toMatchObject({
      status: 'resolved',
      impact: 'critical',
      started_at: '2026-11-22T14:00:00.000Z',
      monitoring_at: '2026-11-22T14:10:00.000Z',
      resolved_at: '2026-11-22T14:20:00.000Z',
      shortlink: `https://status.example.com/incidents/${String(incident?.['id'])}`,
      reminder_intervals: null,
      components: [{ name: 'Payments', status: 'operational' }],
    });
    const updates = listOf(incident?.['incident_updates']);
    expect(updates.map((update) => update['status'])).toEqual([
      'resolved',
      'monitoring',
      'investigating',
    ]);
    expect(updates[2]?.['affected_components']).toMatchObject([
      { name: 'Payments', old_status: 'operational', new_status: 'major_outage' },
    ]);
  });

  it('have null, not an empty list, where no component is affected', async () => {
    const site = await eventfulSite();
    const [incident] = listOf((await read(site, 'incidents/unresolved.json'))['incidents']);
    expect(incident?.['components']).toEqual([]);
    expect(listOf(incident?.['incident_updates'])[0]?.['affected_components']).toBeNull();
  });

  it('list components by position, groups with their children', async () => {
    const site = await publicSite();
    const components = listOf((await read(site, 'components.json'))['components']);
    expect(components.map(({ name, position, group }) => [name, position, group])).toEqual([
      ['API', 1, false],
      ['Payments', 1, false],
      ['Web app', 2, false],
      ['Commerce', 3, true],
    ]);
    const [group, child] = [components[3], components[1]];
    expect(group?.['components']).toEqual([child?.['id']]);
    expect(child?.['group_id']).toBe(group?.['id']);
    expect(child?.['description']).toBe('Cards and bank transfers');
    expect(group?.['description']).toBeNull();
  });

  it.each([
    ['America/Chicago', '2026-11-22T08:00:00.000-06:00'],
    ['Europe/Amsterdam', '2026-11-22T15:00:00.000+01:00'],
    ['Etc/UTC', '2026-11-22T14:00:00.000Z'],
  ])("write times in the page's zone: %s", async (timeZone, text) => {
    const site = await publicSite();
    const { version, ...form } = await readSettings(site.kernel.db.read);
    await saveSettings(site.kernel, systemActor, version, { ...form, timeZone });
    await declareIncident(site.kernel);
    const document = await read(site, 'summary.json');
    expect(document['page']).toMatchObject({ time_zone: timeZone, updated_at: text });
    expect(listOf(document['incidents'])[0]).toMatchObject({ created_at: text });
  });

  it('show no more than the 50 newest incidents', async () => {
    const site = await publicSite();
    for (let i = 0; i < 52; i += 1) {
      site.kernel.clock.advance(minutes(1));
      await declareIncident(site.kernel, { title: `Incident ${i}`, components: {} });
    }
    const list = listOf((await read(site, 'incidents.json'))['incidents']);
    expect(list).toHaveLength(50);
    expect(list[0]?.['name']).toBe('Incident 51');
  });
});

describe('a story by itself', () => {
  it('is there as JSON for incidents and maintenances of any age, and for nothing else', async () => {
    const site = await eventfulSite();
    const [newest] = listOf((await read(site, 'incidents.json'))['incidents']);
    const payments = await componentNamed(site.kernel, 'Payments');
    const { maintenancePublicId } = await scheduleMaintenance(site.kernel, payments.publicId);
    const alone = async (id: string) => {
      const answer = await site.get(`/incidents/${id}.json`);
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      return (await answer.json()) as Json;
    };
    const incident = await alone(String(newest?.['id']));
    expect(faultsOf(incidentSchema, incident, { timeZone: 'Etc/UTC' })).toEqual([]);
    expect(incident).toMatchObject({ ...newest, postmortem_body: null });
    const maintenance = await alone(maintenancePublicId);
    expect(faultsOf(maintenanceSchema, maintenance, { timeZone: 'Etc/UTC' })).toEqual([]);
    expect((await site.get(`/incidents/${maintenancePublicId}`)).status).toBe(200);
    for (const name of ['bcdfghjklmnp.json', 'x.json', '.json', `${'b'.repeat(400)}.json`]) {
      expect((await site.get(`/incidents/${name}`)).status, name).toBe(404);
    }
  });
});

const samples = join(import.meta.dirname, '../../../shared/contracts/samples');

// Real documents stay outside the repository; where they are at hand, the schema must fit them.
describe.skipIf(!existsSync(samples))('the schema against real documents', () => {
  it.each([
    [
      'github-summary-2020-05-22.json',
      'summary.json',
      ['start_date', 'reminder_intervals', 'components'],
    ],
    ['github-incidents-2024-09-17.json', 'incidents.json', []],
    ['hashicorp-components-2021-08-06.excerpt.json', 'components.json', []],
  ])('%s', (file, name, mayLack) => {
    const document: unknown = JSON.parse(readFileSync(join(samples, file), 'utf8'));
    const schema = v2Schema[name];
    expect(schema && faultsOf(schema, document, { timeZone: 'Etc/UTC', mayLack })).toEqual([]);
  });
});
