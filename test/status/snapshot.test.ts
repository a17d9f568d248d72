import { eq } from 'drizzle-orm';
import { describe, expect, it, vi } from 'vitest';
import { incidents } from '../../src/db/schema.ts';
import { systemActor } from '../../src/events/types.ts';
import { correctUpdate, retract } from '../../src/incidents/service.ts';
import { days, minutes } from '../../src/shared/clock.ts';
import {
  createSnapshotSource,
  readPublicIncident,
  readPublicMonth,
  readPublicMonths,
} from '../../src/status/service.ts';
import { onEnd, testKernel } from '../support/kernel.ts';
import { declareIncident, publicSite, sayMore } from '../support/public-fixtures.ts';

describe('the gate', () => {
  it('lets no private incident through, by any door', async () => {
    const { kernel, snapshots } = await publicSite();
    const { incidentPublicId } = await declareIncident(kernel, { visibility: 'private' });
    await snapshots.refresh();
    const snapshot = snapshots.current();
    expect(snapshot.recentIncidents).toEqual([]);
    expect(snapshot.headline.indicator).toBe('none');
    expect(await readPublicIncident(kernel.db.read, incidentPublicId)).toBeUndefined();
    expect(await readPublicMonth(kernel.db.read, '2026-11')).toEqual([]);
    expect((await readPublicMonths(kernel.db.read, '2026-11-22'))[0]?.incidents).toBe(0);
  });

  it('keeps words written in private inside, and the private past untold', async () => {
    const { kernel, snapshots } = await publicSite();
    const { incidentPublicId } = await declareIncident(kernel, {
      visibility: 'private',
      body: 'Secret words.',
    });
    kernel.clock.advance(minutes(5));
    const published = kernel.clock.now();
    await sayMore(kernel, incidentPublicId, { body: 'Open words.', makePublic: true });
    await snapshots.refresh();
    const [incident] = snapshots.current().openIncidents;
    expect(incident?.updates.map((update) => update.body)).toEqual(['Open words.']);
    expect(incident?.createdAt).toEqual(published);
  });

  it('closes again when an incident is retracted', async () => {
    const { kernel, snapshots } = await publicSite();
    const { incidentPublicId } = await declareIncident(kernel);
    await snapshots.refresh();
    expect(snapshots.current().openIncidents).toHaveLength(1);
    await retract(kernel, systemActor, incidentPublicId, undefined);
    await snapshots.refresh();
    expect(snapshots.current().recentIncidents).toEqual([]);
    expect(snapshots.current().headline.indicator).toBe('none');
  });

  it('carries no row id', async () => {
    const { kernel, snapshots } = await publicSite();
    const { incidentId, updateId } = await declareIncident(kernel);
    expect(incidentId).toBeTypeOf('number');
    expect(updateId).toBeTypeOf('number');
    await snapshots.refresh();
    // Positions, shares, weights and days shown are the only numbers there are.
    const { page, components, groups, openIncidents, maintenances } = snapshots.current();
    const told = JSON.stringify({ components, groups, openIncidents, maintenances });
    expect([...new Set(told.match(/":\d+/g))].toSorted()).toEqual(['":1', '":2', '":3']);
    expect(Object.keys(page)).not.toContain('version');
  });
});

describe('the snapshot', () => {
  it('counts positions anew and gives a group its worst child', async () => {
    const { kernel, snapshots } = await publicSite();
    await declareIncident(kernel);
    await snapshots.refresh();
    const { components, groups, headline, page } = snapshots.current();
    expect(components.map(({ name, position }) => [name, position])).toEqual([
      ['API', 1],
      ['Web app', 2],
      ['Payments', 1],
    ]);
    expect(groups).toMatchObject([{ name: 'Commerce', position: 3, status: 'major_outage' }]);
    expect(headline).toEqual({ indicator: 'critical', description: 'Major System Outage' });
    expect(page.updatedAt).toEqual(kernel.clock.now());
  });

  it('tells the newest promise, until it is resolved', async () => {
    const { kernel, snapshots } = await publicSite();
    const { incidentPublicId } = await declareIncident(kernel);
    kernel.clock.advance(minutes(20));
    await sayMore(kernel, incidentPublicId);
    await snapshots.refresh();
    expect(snapshots.current().openIncidents[0]?.nextUpdateBy?.toISOString()).toBe(
      '2026-11-22T14:50:00.000Z',
    );
    await sayMore(kernel, incidentPublicId, { state: 'resolved' });
    await snapshots.refresh();
    expect(snapshots.current().openIncidents).toEqual([]);
    expect(snapshots.current().recentIncidents[0]).toMatchObject({
      state: 'resolved',
      nextUpdateBy: null,
    });
  });

  it('moves only when something public happened', async () => {
    const { kernel, snapshots } = await publicSite();
    const before = snapshots.current();
    await declareIncident(kernel, { visibility: 'private' });
    await snapshots.refresh();
    expect(snapshots.current()).toBe(before);
    await declareIncident(kernel);
    await snapshots.refresh();
    expect(snapshots.current()).not.toBe(before);
  });

  it('follows a commit of this process without being asked', async () => {
    const { kernel, snapshots } = await publicSite();
    await declareIncident(kernel);
    await vi.waitFor(() => expect(snapshots.current().openIncidents).toHaveLength(1), {
      timeout: 5000,
    });
  });

  it('follows the commits of another process within about a second', async () => {
    const { kernel, snapshots } = await publicSite();
    const other = await testKernel({ dataDir: kernel.dataDir });
    await declareIncident(other);
    await vi.waitFor(() => expect(snapshots.current().openIncidents).toHaveLength(1), {
      timeout: 5000,
    });
  });

  it('begins a new day without any change', async () => {
    const { kernel, snapshots } = await publicSite();
    kernel.clock.advance(days(1));
    await snapshots.refresh();
    expect(snapshots.current().today).toBe('2026-11-23');
  });

  it('stays when the database fails', async () => {
    const kernel = await testKernel();
    const complaints: string[] = [];
    const log = { ...kernel.log, error: (_: object, text: string) => void complaints.push(text) };
    let broken = false;
    const read = new Proxy(kernel.db.read, {
      get(target, name) {
        if (broken) throw new Error('disk I/O error');
        return Reflect.get(target, name) as unknown;
      },
    });
    const snapshots = await createSnapshotSource({ ...kernel, log, db: { ...kernel.db, read } });
    onEnd(() => snapshots.stop());
    const before = snapshots.current();
    broken = true;
    await snapshots.refresh();
    expect(snapshots.current()).toBe(before);
    expect(complaints).toHaveLength(1);
  });

  it('shows a correction, and when', async () => {
    const { kernel, snapshots } = await publicSite();
    const { incidentPublicId, updatePublicId } = await declareIncident(kernel);
    kernel.clock.advance(minutes(3));
    await correctUpdate(kernel, systemActor, incidentPublicId, updatePublicId, { body: 'Better.' });
    await snapshots.refresh();
    const update = snapshots.current().openIncidents[0]?.updates[0];
    expect(update).toMatchObject({ id: updatePublicId, body: 'Better.' });
    expect(update?.editedAt).toEqual(kernel.clock.now());
    expect(snapshots.current().openIncidents[0]?.updatedAt).toEqual(kernel.clock.now());
  });
});

describe('the history', () => {
  it('sorts by the calendar of the page, with quiet months in between', async () => {
    const { kernel } = await publicSite();
    kernel.clock.set('2026-08-31T23:59:59.000Z');
    const first = await declareIncident(kernel);
    kernel.clock.set('2026-11-22T14:00:00.000Z');
    await declareIncident(kernel);
    expect(await readPublicMonths(kernel.db.read, '2026-11-22')).toEqual([
      { month: '2026-11', incidents: 1, maintenances: 0 },
      { month: '2026-10', incidents: 0, maintenances: 0 },
      { month: '2026-09', incidents: 0, maintenances: 0 },
      { month: '2026-08', incidents: 1, maintenances: 0 },
    ]);
    const august = await readPublicMonth(kernel.db.read, '2026-08');
    expect(august.map((incident) => incident.id)).toEqual([first.incidentPublicId]);
    expect(await readPublicMonth(kernel.db.read, '2026-09')).toEqual([]);
  });

  it('keeps an old incident in reach when it is spoken of again', async () => {
    const { kernel, snapshots } = await publicSite();
    const { incidentPublicId, incidentId } = await declareIncident(kernel);
    const oldest = new Date('2025-01-01T00:00:00.000Z');
    await kernel.db.write((tx) =>
      tx
        .update(incidents)
        .set({ startedAt: oldest, publishedAt: oldest })
        .where(eq(incidents.id, incidentId)),
    );
    for (let i = 0; i < 51; i += 1) {
      kernel.clock.advance(1000);
      const next = await declareIncident(kernel, { components: {} });
      await sayMore(kernel, next.incidentPublicId, { state: 'resolved' });
    }
    await sayMore(kernel, incidentPublicId, { state: 'resolved', body: 'Over.' });
    await snapshots.refresh();
    const { recentIncidents } = snapshots.current();
    // The fifty newest, and the old one that was just spoken of.
    expect(recentIncidents).toHaveLength(51);
    expect(snapshots.current().recentSince).toBe('2026-11-23');
    expect(recentIncidents.at(-1)?.id).toBe(incidentPublicId);
  });
});
