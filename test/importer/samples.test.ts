// Real documents of real pages, where they lie beside the checkout: they come whole, and come once.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packagePath } from '../../src/shared/paths.ts';
import { newHouse } from './house.ts';

const samples = packagePath('..', 'shared', 'contracts', 'samples');

interface RealIncident {
  id: string;
  name: string;
  status: string;
  impact: string;
  created_at: string;
  updated_at: string;
  resolved_at: string | null;
  monitoring_at: string | null;
  incident_updates: { id: string; body: string; display_at: string }[];
}

describe.skipIf(!existsSync(samples))('real documents', () => {
  it('incidents keep their ids, times, impacts and words', async () => {
    const file = join(samples, 'github-incidents-2024-09-17.json');
    const { incidents } = JSON.parse(readFileSync(file, 'utf8')) as { incidents: RealIncident[] };
    const { run, snapshot } = await newHouse();
    await run(file);
    expect(await run(file)).toContain(`incidents: 0 added, ${incidents.length} as they were`);
    const { recentIncidents, page } = await snapshot();
    expect(page.name).toBe('GitHub');
    for (const real of incidents) {
      const told = recentIncidents.find(({ id }) => id === real.id);
      expect(told).toMatchObject({
        title: real.name,
        state: real.status,
        impact: real.impact,
        createdAt: new Date(real.created_at),
        updatedAt: new Date(real.updated_at),
        resolvedAt: real.resolved_at && new Date(real.resolved_at),
        monitoringAt: real.monitoring_at && new Date(real.monitoring_at),
      });
      expect(told?.updates.map(({ id, displayAt }) => [id, displayAt])).toEqual(
        real.incident_updates.map((update) => [update.id, new Date(update.display_at)]),
      );
      for (const [i, update] of (told?.updates ?? []).entries()) {
        expect(update.body).not.toMatch(/<br|<a |<p>/);
        expect(update.body.slice(0, 10)).toBe(real.incident_updates[i]?.body.trim().slice(0, 10));
      }
    }
  });

  it('a summary brings components, what is open and what is to come', async () => {
    const { run, snapshot } = await newHouse();
    const said = await run(join(samples, 'github-summary-2020-05-22.json'));
    expect(said).toContain('maintenances: 2 added');
    const { headline, openIncidents, components } = await snapshot();
    expect(openIncidents).toHaveLength(1);
    expect(headline).toEqual({ indicator: 'minor', description: 'Minor Service Outage' });
    expect(components.map(({ position }) => position)).toEqual(components.map((_, i) => i + 1));
  });

  it('groups keep their children', async () => {
    const { run, snapshot } = await newHouse();
    await run(join(samples, 'hashicorp-components-2021-08-06.excerpt.json'));
    const { groups, components } = await snapshot();
    expect(groups.length).toBeGreaterThan(0);
    expect(components.some(({ groupId }) => groupId === groups[0]?.id)).toBe(true);
  });

  it('a folder of them all comes together, twice without a difference', async () => {
    const { run, rows } = await newHouse();
    await run(samples);
    const before = await rows();
    await run(samples);
    expect(await rows()).toEqual(before);
  });
});
