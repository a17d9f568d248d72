import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSettings, saveSettings } from '../../src/settings/service.ts';
import { systemActor } from '../../src/events/types.ts';
import { minutes } from '../../src/shared/clock.ts';
import {
  declareIncident,
  publicSite,
  type PublicSite,
  sayMore,
} from '../support/public-fixtures.ts';

// The wire format: every object's keys in their order.
const keys = {
  page: ['id', 'name', 'url', 'time_zone', 'updated_at'],
  component: [
    'id',
    'name',
    'status',
    'created_at',
    'updated_at',
    'position',
    'description',
    'showcase',
    'start_date',
    'group_id',
    'page_id',
    'group',
    'only_show_if_degraded',
  ],
  incident: [
    'id',
    'name',
    'status',
    'created_at',
    'updated_at',
    'monitoring_at',
    'resolved_at',
    'impact',
    'shortlink',
    'started_at',
    'page_id',
    'incident_updates',
    'components',
    'reminder_intervals',
  ],
  update: [
    'id',
    'status',
    'body',
    'incident_id',
    'created_at',
    'updated_at',
    'display_at',
    'affected_components',
    'deliver_notifications',
    'custom_tweet',
    'tweet_id',
  ],
  affected: ['code', 'name', 'old_status', 'new_status'],
  status: ['indicator', 'description'],
};

type Json = Record<string, unknown>;
const listOf = (value: unknown) => (Array.isArray(value) ? (value as Json[]) : []);

/** Holds a document against the key lists; `lenient` allows what older documents left out. */
function expectShape(document: Json, lenient: string[] = []): void {
  const expectKeys = (value: unknown, wanted: string[]) =>
    expect(Object.keys(value as Json)).toEqual(
      wanted.filter((key) => !lenient.includes(key) || Object.hasOwn(value as Json, key)),
    );
  const expectComponent = (one: Json) =>
    expectKeys(one, one['group'] === true ? [...keys.component, 'components'] : keys.component);

  expectKeys(document['page'], keys.page);
  if (document['status']) expectKeys(document['status'], keys.status);
  listOf(document['components']).forEach(expectComponent);
  for (const incident of listOf(document['incidents'])) {
    expectKeys(incident, keys.incident);
    listOf(incident['components']).forEach(expectComponent);
    for (const update of listOf(incident['incident_updates'])) {
      expectKeys(update, keys.update);
      for (const affected of listOf(update['affected_components'])) {
        expectKeys(affected, keys.affected);
      }
    }
  }
}

const documents: [string, string[]][] = [
  ['summary.json', ['page', 'components', 'incidents', 'scheduled_maintenances', 'status']],
  ['status.json', ['page', 'status']],
  ['components.json', ['page', 'components']],
  ['incidents.json', ['page', 'incidents']],
  ['incidents/unresolved.json', ['page', 'incidents']],
  ['incidents/resolved.json', ['page', 'incidents']],
];

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
  it.each(documents)(
    '%s has its keys in order, in compact JSON, open to scripts',
    async (name, top) => {
      const site = await eventfulSite();
      const answer = await site.get(`/api/v2/${name}`);
      const text = await answer.text();
      const document = JSON.parse(text) as Json;
      expect(Object.keys(document)).toEqual(top);
      expectShape(document);
      expect(text).toBe(JSON.stringify(document));
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('cache-control')).toBe(
        'max-age=10, public, s-maxage=10, stale-while-revalidate=20, stale-if-error=3600',
      );
    },
  );

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

const samples = join(import.meta.dirname, '../../../shared/contracts/samples');

// Real documents stay outside the repository; where they are at hand, the lists above must fit them.
describe.skipIf(!existsSync(samples))('the key lists against real documents', () => {
  it.each([
    ['github-summary-2020-05-22.json', ['start_date', 'reminder_intervals', 'components']],
    ['github-incidents-2024-09-17.json', []],
    ['hashicorp-components-2021-08-06.excerpt.json', []],
  ])('%s', (name, lenient) => {
    expectShape(JSON.parse(readFileSync(join(samples, name), 'utf8')) as Json, lenient);
  });
});
