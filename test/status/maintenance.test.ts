// Scheduled maintenance as the public sees it: ahead, under way, over, called off.
import { expect, it } from 'vitest';
import { systemActor } from '../../src/events/types.ts';
import { cancel, publishMaintenanceUpdate, schedule } from '../../src/maintenance/service.ts';
import { hours, plus } from '../../src/shared/clock.ts';
import {
  readPublicMaintenance,
  readPublicMonthMaintenances,
  readPublicMonths,
} from '../../src/status/service.ts';
import { buildSnapshot } from '../../src/status/snapshot.ts';
import { componentNamed, publicSite } from '../support/public-fixtures.ts';

async function planned() {
  const site = await publicSite();
  const { kernel } = site;
  const api = await componentNamed(kernel, 'API');
  const plan = (title: string, inHours: number) =>
    schedule(kernel, systemActor, {
      title,
      body: 'We replace the **router**.',
      components: { [api.publicId]: 'under_maintenance' },
      scheduledFor: plus(kernel.clock.now(), hours(inHours)),
      scheduledUntil: plus(kernel.clock.now(), hours(inHours + 1)),
      autoStart: false,
      autoComplete: false,
      reminders: [],
      notifies: false,
      rule: null,
    });
  const snapshot = async () => {
    const about = { publicUrl: kernel.publicUrl, now: kernel.clock.now() };
    const kept = await buildSnapshot(kernel.db.read, about);
    const stranger = Object.create(kernel.db.read) as typeof kernel.db.read;
    // What was taken back before it began to remember, a stranger cannot know.
    const anew = await buildSnapshot(stranger, about);
    expect({ ...kept, takenBack: 0 }).toEqual({ ...anew, takenBack: 0 });
    return kept;
  };
  const move = (id: string, state: 'in_progress' | 'completed') =>
    publishMaintenanceUpdate(kernel, systemActor, id, { state, notify: false });
  return { kernel, api, plan, snapshot, move };
}

it('those ahead stand soonest first, and after those under way', async () => {
  const { plan, snapshot, move } = await planned();
  const late = await plan('Late', 48);
  const soon = await plan('Soon', 24);
  const titles = async () => (await snapshot()).maintenances.map(({ title }) => title);
  expect(await titles()).toEqual(['Soon', 'Late']);
  expect((await snapshot()).headline.indicator).toBe('none');
  await move(late.maintenancePublicId, 'in_progress');
  expect(await titles()).toEqual(['Late', 'Soon']);
  const { headline, recentMaintenances, components, uptimes } = await snapshot();
  expect(headline).toEqual({
    indicator: 'maintenance',
    description: 'Service Under Maintenance',
  });
  expect(components[0]?.status).toBe('under_maintenance');
  expect(uptimes[0]?.days.at(-1)?.events).toEqual([
    { kind: 'maintenance', id: late.maintenancePublicId, title: 'Late' },
  ]);
  expect(recentMaintenances.map(({ id }) => id)).toContain(soon.maintenancePublicId);
});

it('one that is over stays among the recent, in its month and under its id', async () => {
  const { kernel, plan, snapshot, move } = await planned();
  const { maintenancePublicId: id } = await plan('Router', 2);
  const { maintenancePublicId: calledOff } = await plan('Switch', 3);
  const { staleAt } = await snapshot();
  expect(staleAt.getTime()).toBeLessThanOrEqual(plus(kernel.clock.now(), hours(2)).getTime());
  kernel.clock.advance(hours(2));
  await move(id, 'in_progress');
  kernel.clock.advance(hours(1));
  await move(id, 'completed');
  await cancel(kernel, systemActor, calledOff, { notify: false, scope: 'one' });
  const { maintenances, recentMaintenances, headline, uptimes } = await snapshot();
  expect(maintenances).toEqual([]);
  expect(headline.indicator).toBe('none');
  expect(new Set(recentMaintenances.map(({ state }) => state))).toEqual(
    new Set(['completed', 'cancelled']),
  );
  // Only the one that began touched anything.
  expect(uptimes[0]?.days.at(-1)?.events.map((event) => event.id)).toEqual([id]);
  expect(uptimes[0]?.days.at(-1)?.spent.under_maintenance).toBe(hours(1));
  const { read } = kernel.db;
  const found = await readPublicMaintenance(read, id);
  expect(found).toMatchObject({ title: 'Router', state: 'completed', components: [{}] });
  expect(found?.updates.map(({ state }) => state)).toEqual([
    'completed',
    'in_progress',
    'scheduled',
  ]);
  expect(await readPublicMaintenance(read, 'bcdfghjklmnp')).toBeUndefined();
  const month = await readPublicMonthMaintenances(read, '2026-11');
  expect(month.map(({ title }) => title)).toEqual(['Switch', 'Router']);
  expect(await readPublicMonthMaintenances(read, '2026-10')).toEqual([]);
  expect(await readPublicMonths(read, '2026-11-22')).toEqual([
    { month: '2026-11', incidents: 0, maintenances: 2 },
  ]);
});
