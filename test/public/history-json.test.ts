// `/history.json` as tools read it: page by page, until there are no more months.
import { describe, expect, it } from 'vitest';
import {
  declareIncident,
  publicSite,
  type PublicSite,
  sayMore,
  componentNamed,
} from '../support/public-fixtures.ts';
import { moveMaintenance, scheduleMaintenance } from '../support/maintenance.ts';
import { faultsOf } from '../support/statuspage-checks.ts';
import { historySchema } from '../support/statuspage-schema.ts';

interface Page {
  months: {
    name: string;
    year: number;
    incidents: { code: string; name: string; message: string; impact: string; timestamp: string }[];
  }[];
}

async function read(site: PublicSite, query = ''): Promise<Page> {
  const answer = await site.get(`/history.json${query}`);
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  const page = (await answer.json()) as Page;
  expect(faultsOf(historySchema, page)).toEqual([]);
  return page;
}

const namesOf = ({ months }: Page) => months.map(({ name, year }) => `${name} ${year}`);

/** Incidents of half a year, and a maintenance. */
async function siteWithPast(): Promise<PublicSite> {
  const site = await publicSite();
  const { kernel } = site;
  for (const [start, end, title] of [
    ['2026-05-31T23:30:00.000Z', '2026-06-01T00:30:00.000Z', 'Night'],
    ['2026-11-03T09:05:00.000Z', '2026-11-03T10:15:00.000Z', 'Slow'],
  ] as const) {
    kernel.clock.set(start);
    const { incidentPublicId } = await declareIncident(kernel, { title });
    kernel.clock.set(end);
    await sayMore(kernel, incidentPublicId, { state: 'resolved', body: 'Over & done.' });
  }
  kernel.clock.set('2026-11-20T09:00:00.000Z');
  const payments = await componentNamed(kernel, 'Payments');
  const { maintenancePublicId } = await scheduleMaintenance(kernel, payments.publicId);
  kernel.clock.set('2026-11-20T10:00:00.000Z');
  await moveMaintenance(kernel, maintenancePublicId, 'in_progress');
  kernel.clock.set('2026-11-20T10:40:00.000Z');
  await moveMaintenance(kernel, maintenancePublicId, 'completed');
  kernel.clock.set('2026-11-22T14:00:00.000Z');
  return site;
}

describe('/history.json', () => {
  it('has three months a page, newest first, and none past the beginning', async () => {
    const site = await siteWithPast();
    expect(namesOf(await read(site))).toEqual(['November 2026', 'October 2026', 'September 2026']);
    expect(await read(site, '?page=1')).toEqual(await read(site, '?cache=no'));
    expect(namesOf(await read(site, '?page=2&x=y'))).toEqual([
      'August 2026',
      'July 2026',
      'June 2026',
    ]);
    expect(namesOf(await read(site, '?page=3'))).toEqual(['May 2026']);
    expect(await read(site, '?page=4')).toEqual({ months: [] });
  });

  it('tells incidents and maintenances with their times, newest first', async () => {
    const site = await siteWithPast();
    const [november] = (await read(site)).months;
    expect(november?.incidents).toMatchObject([
      {
        name: 'Database upgrade',
        impact: 'maintenance',
        timestamp:
          "Nov <var data-var='date'>20</var>, <var data-var='time'>10:00</var> - <var data-var='time'>11:00</var> UTC",
      },
      {
        name: 'Slow',
        message: 'Over & done.',
        impact: 'critical',
        timestamp:
          "Nov <var data-var='date'> 3</var>, <var data-var='time'>09:05</var> - <var data-var='time'>10:15</var> UTC",
      },
    ]);
    const [may] = (await read(site, '?page=3')).months;
    expect(may?.incidents[0]?.timestamp).toBe(
      "May <var data-var='date'>31</var>, <var data-var='time'>23:30</var> - Jun <var data-var='date'> 1</var>, <var data-var='time'>00:30</var> UTC",
    );
    const { code } = november?.incidents[1] ?? { code: '' };
    expect((await site.get(`/incidents/${code}.json`)).status).toBe(200);
  });

  it('has no page of what is no number', async () => {
    const site = await publicSite();
    for (const page of ['0', '-1', '1.5', 'x', '9999', '1%00', '١']) {
      expect((await site.get(`/history.json?page=${page}`)).status, page).toBe(404);
    }
  });
});
