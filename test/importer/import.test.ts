// Moving here: what comes, what it looks like afterwards, and that doing it again changes nothing.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { changeComponent, findComponent } from '../../src/components/service.ts';
import {
  components as componentTable,
  deliveries,
  events,
  incidents,
  maintenances,
  maintenanceUpdates,
  notifications,
} from '../../src/db/schema.ts';
import { publicKey } from '../../src/events/store.ts';
import { systemActor } from '../../src/events/types.ts';
import { verifyChain } from '../../src/events/service.ts';
import { correctUpdate, publishUpdate } from '../../src/incidents/service.ts';
import { readSettings } from '../../src/settings/service.ts';
import { minutes, plus } from '../../src/shared/clock.ts';
import { temporaryFolder } from '../support/kernel.ts';
import { newHouse } from './house.ts';
import {
  closed,
  ids,
  open,
  page,
  publicDocuments,
  serveDocuments,
  upcoming,
} from './statuspage.ts';

async function moved() {
  const house = await newHouse();
  const theirs = await serveDocuments(publicDocuments());
  const said = await house.run(theirs.url);
  return { ...house, theirs, said };
}

describe('a live page', () => {
  it('brings groups and components, and makes room for them', async () => {
    const { snapshot, said } = await moved();
    const { page: ours, groups, components } = await snapshot();
    expect(ours).toMatchObject({ name: page.name, timeZone: page.time_zone });
    expect(groups).toMatchObject([
      { id: ids.group, name: 'Storefront', description: 'Everything that sells', position: 1 },
    ]);
    expect(
      components.map(({ name, id, groupId, position, status }) => [
        name,
        id,
        groupId,
        position,
        status,
      ]),
    ).toEqual([
      ['Shop', ids.shop, ids.group, 1, 'partial_outage'],
      ['Shop API', ids.api, ids.group, 2, 'operational'],
      ['Warehouse', ids.lone, null, 2, 'operational'],
    ]);
    expect(components[2]).toMatchObject({ onlyShowIfDegraded: true, startDate: '2024-03-01' });
    expect(components[0]?.createdAt.toISOString()).toBe('2024-03-01T08:00:00.000Z');
    expect(said).toContain('components: 3 added');
    expect(said).toContain('its first components make room: API, Web app, Payments');
  });

  it('brings incidents with every time, and their words without HTML', async () => {
    const { snapshot } = await moved();
    const { recentIncidents } = await snapshot();
    expect(recentIncidents.map(({ id, state }) => [id, state])).toEqual([
      [open.id, 'identified'],
      [closed.id, 'resolved'],
    ]);
    const told = recentIncidents[1];
    expect(told).toMatchObject({
      title: 'Orders were slow',
      impact: 'minor',
      startedAt: new Date(closed.started_at),
      createdAt: new Date(closed.created_at),
      monitoringAt: new Date(closed.monitoring_at),
      resolvedAt: new Date(closed.resolved_at),
      components: [{ id: ids.shop, status: 'operational' }],
    });
    expect(told?.updates.map(({ id, state, displayAt }) => [id, state, displayAt])).toEqual(
      closed.incident_updates.map((one) => [one.id, one.status, new Date(one.display_at)]),
    );
    expect(told?.updates.at(-1)?.body).toBe(
      'Orders take **minutes**.\n\nSee [help](https://northwind.example/help).',
    );
    expect(told?.updates[0]?.affected).toEqual([
      { code: ids.shop, name: 'Shop', oldStatus: 'degraded_performance', newStatus: 'operational' },
    ]);
  });

  it('keeps an impact that a person set there', async () => {
    const { snapshot } = await moved();
    // Its one component came to a major outage, which alone would be critical.
    expect((await snapshot()).openIncidents[0]?.impact).toBe('major');
  });

  it('brings maintenance, over and to come', async () => {
    const { kernel } = await moved();
    const rows = await kernel.db.read.select().from(maintenances);
    expect(
      rows.map(({ title, state, startedAt, completedAt, notifies }) => [
        title,
        state,
        startedAt,
        completedAt,
        notifies,
      ]),
    ).toEqual([
      ['Move to a new rack', 'scheduled', null, null, false],
      [
        'Database upgrade',
        'completed',
        new Date('2026-11-05T01:00:00Z'),
        new Date('2026-11-05T02:00:00Z'),
        false,
      ],
    ]);
    expect(rows[0]?.scheduledFor).toEqual(new Date(upcoming.scheduled_for));
    expect(await kernel.db.read.select().from(maintenanceUpdates)).toHaveLength(4);
  });

  it('starts nothing by itself whose time went by', async () => {
    const { run, kernel } = await newHouse();
    const late = { ...upcoming, scheduled_for: '2026-11-20T02:00:00.000+01:00' };
    const ended = { ...late, id: 'mnt3ldbcdfgh', scheduled_until: '2026-11-20T04:00:00.000+01:00' };
    const theirs = await serveDocuments({
      ...publicDocuments(),
      '/api/v2/summary.json': { page, components: [], incidents: [], scheduled_maintenances: [] },
      '/api/v2/scheduled-maintenances.json': { page, scheduled_maintenances: [late, ended] },
    });
    await run(theirs.url);
    const rows = await kernel.db.read.select().from(maintenances);
    expect(
      rows.map(({ state, autoStart, autoComplete }) => [state, autoStart, autoComplete]),
    ).toEqual([
      ['scheduled', false, false],
      ['scheduled', false, false],
    ]);
  });

  it('tells the record of each component, up to what it shows now', async () => {
    const { record } = await moved();
    expect((await record()).filter((line) => line.startsWith('Shop'))).toEqual([
      'Shop operational 2024-03-01T00:00–2026-11-10T09:00',
      'Shop degraded_performance 2026-11-10T09:00–2026-11-10T10:30',
      'Shop operational 2026-11-10T10:30–2026-11-22T11:55',
      'Shop major_outage 2026-11-22T11:55–2026-11-22T12:20',
      'Shop partial_outage 2026-11-22T12:20–',
      'Shop API operational 2024-03-01T00:00–2026-11-05T01:00',
      'Shop API under_maintenance 2026-11-05T01:00–2026-11-05T02:00',
      'Shop API operational 2026-11-05T02:00–',
    ]);
  });

  it('tells nobody and runs no clock', async () => {
    const { kernel, said, snapshot } = await moved();
    expect(await kernel.db.read.select().from(notifications)).toEqual([]);
    expect(await kernel.db.read.select().from(deliveries)).toEqual([]);
    const [row] = await kernel.db.read
      .select()
      .from(incidents)
      .where(eq(incidents.publicId, open.id));
    expect(row).toMatchObject({ backfilled: true, nextDueAt: null });
    expect((await snapshot()).openIncidents[0]?.nextUpdateBy).toBeNull();
    expect(said).toContain('1 open: no clock runs');
    expect((await verifyChain(kernel.db.read)).fault).toBeUndefined();
  });

  it('goes on here: a resolution gives the components back', async () => {
    const { kernel, snapshot } = await moved();
    await publishUpdate(kernel, systemActor, open.id, {
      state: 'resolved',
      body: 'Over.',
      components: {},
      nextUpdateBy: null,
      email: { kind: 'none', reason: 'a test' },
    });
    const { components, openIncidents } = await snapshot();
    expect(components[0]?.status).toBe('operational');
    expect(openIncidents).toEqual([]);
  });
});

describe('again', () => {
  it('changes nothing', async () => {
    const { run, theirs, rows, kernel } = await moved();
    const before = await rows();
    const count = async () => (await kernel.db.read.select().from(events)).length;
    const eventsBefore = await count();
    kernel.clock.advance(minutes(10));
    const said = await run(theirs.url);
    expect(await rows()).toEqual(before);
    expect(await count()).toBe(eventsBefore);
    expect(said).toContain('groups: 0 added, 1 as they were');
    expect(said).toContain('components: 0 added, 3 as they were');
    expect(said).toContain('incidents: 0 added, 2 as they were');
    expect(said).toContain('maintenances: 0 added, 2 as they were');
  });

  it('brings what is new: an update, an end, a component', async () => {
    const { run, theirs, snapshot, kernel } = await moved();
    kernel.clock.advance(minutes(60));
    const at = '2026-11-22T15:30:00.000+01:00';
    const ended = {
      ...open,
      status: 'resolved',
      updated_at: at,
      resolved_at: at,
      incident_updates: [
        {
          ...open.incident_updates[0],
          id: 'pd0rslvdbcdf',
          status: 'resolved',
          body: 'Sold again.',
          created_at: at,
          updated_at: at,
          display_at: at,
          affected_components: [
            {
              code: ids.shop,
              name: 'Shop',
              old_status: 'partial_outage',
              new_status: 'operational',
            },
          ],
        },
        ...open.incident_updates,
      ],
    };
    const summary = theirs.documents['/api/v2/summary.json'] as Record<string, unknown>;
    const components = (summary['components'] as Record<string, unknown>[]).map((one) =>
      one['id'] === ids.shop ? { ...one, status: 'operational' } : one,
    );
    Object.assign(theirs.documents, {
      '/api/v2/summary.json': { ...summary, components, incidents: [] },
      '/api/v2/components.json': {
        page,
        components: [
          ...components,
          { ...components[3], id: 'bhp5nwcmpnt0', name: 'Returns', position: 3 },
        ],
      },
      '/api/v2/incidents.json': { page, incidents: [ended, closed] },
    });
    const said = await run(theirs.url);
    expect(said).toContain('components: 1 added');
    expect(said).toContain('incidents: 0 added, 1 changed, 1 as they were');
    const now = await snapshot();
    expect(now.openIncidents).toEqual([]);
    expect(now.components.map(({ name, status }) => [name, status])).toEqual([
      ['Shop', 'operational'],
      ['Shop API', 'operational'],
      ['Warehouse', 'operational'],
      ['Returns', 'operational'],
    ]);
    expect(now.recentIncidents[0]).toMatchObject({ state: 'resolved', resolvedAt: new Date(at) });
    expect(await run(theirs.url)).toContain('incidents: 0 added, 2 as they were');
  });

  it('leaves alone what was changed here', async () => {
    const { run, theirs, kernel, snapshot } = await moved();
    const update = closed.incident_updates[0]?.id ?? '';
    await correctUpdate(kernel, systemActor, closed.id, update, { body: 'Our own words.' });
    const { version } = await findComponent(kernel.db.read, ids.lone);
    await changeComponent(kernel, systemActor, ids.lone, version, { name: 'Depot' });
    const said = await run(theirs.url);
    expect(said).toContain('1 left alone (changed here)');
    const now = await snapshot();
    expect(now.components[2]?.name).toBe('Depot');
    expect(now.recentIncidents[1]?.updates[0]?.body).toBe('Our own words.');
  });
});

describe('the preview', () => {
  it('says it all and writes nothing', async () => {
    const { run, rows, kernel } = await newHouse();
    const theirs = await serveDocuments(publicDocuments());
    const before = await rows();
    const said = await run(theirs.url, '--preview');
    expect(said).toContain('Preview: nothing is written.');
    expect(said).toContain('incidents: 2 added\n    + Shop is failing\n    + Orders were slow');
    expect(said).toContain('takes over name "Northwind", time zone Europe/Amsterdam');
    expect(await rows()).toEqual(before);
    expect((await readSettings(kernel.db.read)).name).toBe('Acme Status');
  });
});

describe('a house that is lived in', () => {
  it('keeps its name and its components, and puts the new ones below', async () => {
    const { run, kernel, snapshot } = await newHouse();
    const [api] = await kernel.db.read.select().from(componentTable);
    await changeComponent(kernel, systemActor, api?.publicId ?? '', 1, { description: 'Ours' });
    const theirs = await serveDocuments(publicDocuments());
    await run(theirs.url, '--keep-page');
    const now = await snapshot();
    expect(now.page.name).toBe('Acme Status');
    const top = [...now.groups, ...now.components.filter((one) => one.groupId === null)];
    expect(top.toSorted((a, b) => a.position - b.position).map(({ name }) => name)).toEqual([
      'API',
      'Web app',
      'Payments',
      'Storefront',
      'Warehouse',
    ]);
  });

  it('takes over the id when asked', async () => {
    const { run, kernel } = await newHouse();
    const theirs = await serveDocuments(publicDocuments());
    await run(theirs.url);
    const before = await publicKey(kernel.db.read);
    await run(theirs.url, '--adopt-page-id');
    expect((await readSettings(kernel.db.read)).pageId).toBe(page.id);
    // Nothing else came: the page has to hear of it all the same.
    expect(await publicKey(kernel.db.read)).toBeGreaterThan(before);
  });
});

function saved(files: Record<string, unknown>): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'deep'));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(
      join(folder, name),
      typeof content === 'string' ? content : JSON.stringify(content),
    );
  }
  return folder;
}

describe('saved documents', () => {
  it('are known by what they hold, whatever they are called', async () => {
    const { run, snapshot } = await newHouse();
    const documents = publicDocuments();
    const folder = saved({
      'a.json': documents['/api/v2/components.json'],
      'deep/b.json': documents['/api/v2/incidents.json'],
      'one.json': closed,
      'notes.txt': 'nothing',
      'broken.json': '{',
      'other.json': { hello: 'world' },
    });
    const said = await run(folder);
    expect(said).toContain('incidents: 2 added');
    expect(said).toContain('broken.json is no JSON document');
    expect(said).toContain('other.json is no Statuspage document');
    expect((await snapshot()).recentIncidents).toHaveLength(2);
  });

  it('of the present alone make no past green', async () => {
    const { run, record, kernel } = await newHouse();
    const folder = saved({ 'summary.json': publicDocuments()['/api/v2/summary.json'] });
    const said = await run(folder);
    expect(said).toContain('Nothing of the past came');
    const now = kernel.clock.now().toISOString().slice(0, 16);
    expect((await record()).filter((line) => line.startsWith('Warehouse'))).toEqual([
      `Warehouse operational ${now}–`,
    ]);
  });

  it('that are full reach back no further than they do', async () => {
    const { run, record } = await newHouse();
    const start = new Date('2026-11-01T00:00:00Z');
    const many = Array.from({ length: 50 }, (_, n) => ({
      ...closed,
      id: `nc${String(n).padStart(10, '0')}`,
      created_at: plus(start, minutes(n)).toISOString(),
      started_at: plus(start, minutes(n)).toISOString(),
      incident_updates: [
        {
          ...closed.incident_updates[0],
          id: `pd${String(n).padStart(10, '0')}`,
          created_at: plus(start, minutes(n)).toISOString(),
          display_at: plus(start, minutes(n)).toISOString(),
        },
      ],
    }));
    const documents = publicDocuments();
    const folder = saved({
      'components.json': documents['/api/v2/components.json'],
      'incidents.json': { page, incidents: many },
    });
    const said = await run(folder);
    expect(said).toContain('What happened before 2026-11-01 did not come');
    expect((await record()).filter((line) => line.startsWith('Warehouse'))).toEqual([
      'Warehouse operational 2026-11-01T00:00–',
    ]);
  });

  it('that are not there, or are none, are refused in plain words', async () => {
    const { run } = await newHouse();
    await expect(run('/nowhere/at/all')).rejects.toThrow('There is no file or folder');
    await expect(run(saved({ 'x.json': [] }))).rejects.toThrow('There is no Statuspage document');
  });
});
