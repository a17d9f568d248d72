// Our own public API read into a second house gives the same public API: nothing is lost on the way.
import { expect, it } from 'vitest';
import { createGroup, setBaseline } from '../../src/components/service.ts';
import type { Kernel } from '../../src/db/kernel.ts';
import { systemActor } from '../../src/events/types.ts';
import { recordPastMaintenance } from '../../src/maintenance/past.ts';
import { changeDetails } from '../../src/incidents/service.ts';
import { fixedDocuments } from '../../src/public/catalogue.ts';
import { hours, minutes, plus } from '../../src/shared/clock.ts';
import { buildSnapshot } from '../../src/status/snapshot.ts';
import {
  componentNamed,
  declareIncident,
  publicSite,
  sayMore,
} from '../support/public-fixtures.ts';
import { newHouse } from './house.ts';
import { type Documents, serveDocuments } from './statuspage.ts';

const names = [
  'summary',
  'components',
  'incidents',
  'scheduled-maintenances',
  'incidents/unresolved',
];

type Site = Awaited<ReturnType<typeof publicSite>>;

async function livedIn(): Promise<Site> {
  const site = await publicSite();
  const { kernel } = site;
  await createGroup(kernel, systemActor, { name: 'Empty', description: '' });
  const first = await declareIncident(kernel, { body: 'It **fails**.\n\n- cards\n- transfers' });
  for (const state of ['identified', 'monitoring', 'resolved'] as const) {
    kernel.clock.advance(minutes(20));
    await sayMore(kernel, first.incidentPublicId, { state, body: `Now ${state}.` });
  }
  kernel.clock.advance(hours(20));
  const api = await componentNamed(kernel, 'API');
  await setBaseline(kernel, systemActor, api.publicId, api.version, 'degraded_performance');
  const second = await declareIncident(kernel, { title: 'Again', severity: 2 });
  kernel.clock.advance(minutes(5));
  await sayMore(kernel, second.incidentPublicId, { state: 'identified' });
  await kernel.db.write((tx) =>
    recordPastMaintenance(tx, kernel, systemActor, maintenance(kernel.clock.now(), api.publicId)),
  );
  kernel.clock.advance(minutes(1));
  await changeDetails(kernel, systemActor, first.incidentPublicId, undefined, { title: 'Renamed' });
  kernel.clock.advance(minutes(1));
  return site;
}

const maintenance = (now: Date, code: string) => ({
  publicId: 'mntbcdfghjkl',
  title: 'Database upgrade',
  scheduledFor: plus(now, -hours(5)),
  scheduledUntil: plus(now, -hours(4)),
  autoStart: true,
  autoComplete: false,
  components: new Map([[code, 'under_maintenance' as const]]),
  createdAt: plus(now, -hours(9)),
  updatedAt: plus(now, -hours(4)),
  updates: (['scheduled', 'in_progress', 'completed'] as const).map((state, i) => ({
    publicId: `pdbcdfghjkl${i}`,
    state,
    body: `It is ${state}.`,
    affected: [],
    deliverNotifications: true,
    at: plus(now, [-hours(9), -hours(5), -hours(4)][i] ?? 0),
    createdAt: plus(now, [-hours(9), -hours(5), -hours(4)][i] ?? 0),
    updatedAt: plus(now, [-hours(9), -hours(5), -hours(4)][i] ?? 0),
  })),
});

async function documentsOf(kernel: Kernel): Promise<Documents> {
  const { publicUrl, clock, db } = kernel;
  const snapshot = await buildSnapshot(db.read, { publicUrl, now: clock.now() });
  const entries = names.map((name) => {
    const path = `/api/v2/${name}.json`;
    const body = fixedDocuments[path]?.(snapshot).body ?? '';
    return [path, JSON.parse(body.toString()) as unknown] as const;
  });
  return Object.fromEntries(entries);
}

/** When the page itself last changed is another matter: that is now. */
function withoutPageTime(documents: Documents): unknown {
  return JSON.parse(
    JSON.stringify(documents, (key, value: unknown) =>
      key === 'page' ? { ...(value as object), updated_at: undefined } : value,
    ),
  );
}

it('gives the same documents', async () => {
  const before = await livedIn();
  const documents = await documentsOf(before.kernel);
  expect(documents['/api/v2/scheduled-maintenances.json']).toMatchObject({
    scheduled_maintenances: [{ name: 'Database upgrade' }],
  });
  const theirs = await serveDocuments(documents);
  const house = await newHouse();
  house.kernel.clock.set(before.kernel.clock.now().toISOString());
  await house.run(theirs.url, '--adopt-page-id');
  expect(await house.run(theirs.url)).toContain('incidents: 0 added, 2 as they were');
  const after = await documentsOf(house.kernel);
  expect(withoutPageTime(after)).toEqual(withoutPageTime(documents));
});
