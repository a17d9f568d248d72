// Uptimes of a real database: what a publication changes, and that what is kept never differs from the truth.
import { expect, it } from 'vitest';
import { archiveComponent, changeComponent, setBaseline } from '../../src/components/service.ts';
import { systemActor } from '../../src/events/types.ts';
import { recordPast } from '../../src/incidents/past.ts';
import { changeDetails, correctUpdate, retract } from '../../src/incidents/service.ts';
import { readSettings, saveSettings } from '../../src/settings/service.ts';
import { days, hours, minutes, plus } from '../../src/shared/clock.ts';
import { buildSnapshot } from '../../src/status/snapshot.ts';
import {
  componentNamed,
  declareIncident,
  publicSite,
  type PublicSite,
  sayMore,
} from '../support/public-fixtures.ts';

/** The snapshot as it is kept, and as a process that has just started would build it. */
async function both({ kernel }: PublicSite) {
  const about = { publicUrl: kernel.publicUrl, now: kernel.clock.now() };
  const stranger = Object.create(kernel.db.read) as typeof kernel.db.read;
  const kept = await buildSnapshot(kernel.db.read, about);
  const anew = await buildSnapshot(stranger, about);
  // What was taken back before it began to remember, a stranger cannot know: it takes the newest event for it.
  expect(kept.takenBack).toBeLessThanOrEqual(anew.takenBack);
  return [
    { ...kept, takenBack: 0 },
    { ...anew, takenBack: 0 },
  ] as const;
}

async function uptimeOf(site: PublicSite, name: string) {
  const { publicId } = await componentNamed(site.kernel, name);
  const [kept, anew] = await both(site);
  expect(kept).toEqual(anew);
  const uptime = kept.uptimes.find((one) => one.componentId === publicId);
  if (!uptime) throw new Error(`${name} has no uptime.`);
  const day = (at: number) => uptime.days.at(at);
  return { ...uptime, day, today: day(-1) };
}

it('an outage counts from its publication to its end, on the days it touched', async () => {
  const site = await publicSite();
  const { clock } = site.kernel;
  clock.set('2026-11-23T23:30:00.000Z');
  const { incidentPublicId } = await declareIncident(site.kernel);
  clock.set('2026-11-24T00:40:00.000Z');
  expect((await uptimeOf(site, 'Payments')).today?.spent).toEqual({ major_outage: minutes(40) });
  await sayMore(site.kernel, incidentPublicId, { state: 'resolved' });
  clock.set('2026-11-24T02:00:00.000Z');
  const { day, today, days: all, share } = await uptimeOf(site, 'Payments');
  expect(all).toHaveLength(90);
  expect(day(-2)?.spent).toEqual({
    operational: hours(23.5),
    major_outage: minutes(30),
  });
  expect(today?.spent).toEqual({ major_outage: minutes(40), operational: minutes(80) });
  const touched = [{ kind: 'incident', id: incidentPublicId, title: 'Payments failing' }];
  expect(day(-2)?.events).toEqual(touched);
  expect(today?.events).toEqual(touched);
  expect(day(-3)).toMatchObject({ spent: { operational: hours(10) }, events: [] });
  expect(day(-4)?.spent).toEqual({});
  expect(share).toBeCloseTo(1 - 70 / (36 * 60), 10);
  expect((await uptimeOf(site, 'API')).today?.events).toEqual([]);
});

it('weights apply to all of it, and a component counts from its day', async () => {
  const site = await publicSite();
  const { kernel } = site;
  const before = await componentNamed(kernel, 'API');
  await setBaseline(kernel, systemActor, before.publicId, before.version, 'degraded_performance');
  kernel.clock.advance(hours(10));
  expect((await uptimeOf(site, 'API')).share).toBe(1);
  const { version, weights } = await readSettings(kernel.db.read);
  await saveSettings(kernel, systemActor, version, {
    weights: { ...weights, degraded_performance: 0.5 },
  });
  expect((await uptimeOf(site, 'API')).share).toBe(0.5);
  const api = await componentNamed(kernel, 'API');
  await changeComponent(kernel, systemActor, api.publicId, api.version, {
    startDate: '2026-11-23',
  });
  kernel.clock.advance(days(1));
  const { day } = await uptimeOf(site, 'API');
  expect(day(-2)?.spent).toEqual({ degraded_performance: hours(24) });
  expect(day(-3)?.spent).toEqual({});
});

it('is left out where the page shows neither bars nor percentages, and right again after', async () => {
  const site = await publicSite();
  const { kernel } = site;
  await uptimeOf(site, 'API');
  const show = async (isShown: boolean) => {
    const { version, shown } = await readSettings(kernel.db.read);
    await saveSettings(kernel, systemActor, version, {
      shown: { ...shown, bars: isShown, percentages: isShown },
    });
  };
  await show(false);
  expect((await both(site))[0].uptimes).toEqual([]);
  const { incidentPublicId } = await declareIncident(kernel);
  await both(site);
  await retract(kernel, systemActor, incidentPublicId, undefined);
  await show(true);
  expect((await uptimeOf(site, 'Payments')).today?.events).toEqual([]);
});

it('what is kept is what there is, whatever happened in between', async () => {
  const site = await publicSite();
  const { kernel } = site;
  const { clock } = kernel;
  const agree = async () => {
    const [kept, anew] = await both(site);
    expect(kept).toEqual(anew);
    return kept;
  };
  await agree();
  clock.advance(days(3));
  const old = await declareIncident(kernel, { title: 'Slow search' });
  await agree();
  clock.advance(hours(30));
  await sayMore(kernel, old.incidentPublicId, { state: 'resolved' });
  await agree();
  clock.advance(days(2));
  const open = await declareIncident(kernel, { title: 'Open for long' });
  await agree();
  clock.advance(days(1));
  await agree();
  await sayMore(kernel, open.incidentPublicId);
  await agree();
  const api = await componentNamed(kernel, 'API');
  await sayMore(kernel, open.incidentPublicId, {
    components: { [api.publicId]: 'partial_outage' },
  });
  expect((await agree()).uptimes[0]?.days.at(-2)?.events).toHaveLength(1);
  await changeDetails(kernel, systemActor, old.incidentPublicId, undefined, { title: 'Renamed' });
  const renamed = (await agree()).uptimes[2]?.days.flatMap((day) => day.events) ?? [];
  expect(renamed.some(({ title }) => title === 'Renamed')).toBe(true);
  await correctUpdate(kernel, systemActor, old.incidentPublicId, old.updatePublicId, { body: 'B' });
  await agree();
  await recordPast(kernel, systemActor, {
    title: 'Told later',
    severity: 2,
    counts: true,
    updates: [
      {
        state: 'investigating',
        body: 'It began.',
        at: plus(clock.now(), -hours(50)),
        components: { [api.publicId]: 'major_outage' },
      },
      { state: 'resolved', body: 'Over.', at: plus(clock.now(), -hours(49)), components: {} },
    ],
  });
  const told = (await agree()).uptimes[0]?.days.flatMap((day) => day.events) ?? [];
  expect(told.some(({ title }) => title === 'Told later')).toBe(true);
  await sayMore(kernel, old.incidentPublicId, { state: 'investigating' });
  await agree();
  await retract(kernel, systemActor, old.incidentPublicId, undefined);
  const left = (await agree()).uptimes[2]?.days.flatMap((day) => day.events) ?? [];
  expect(left.some(({ title }) => title === 'Renamed')).toBe(false);
  const web = await componentNamed(kernel, 'Web app');
  await archiveComponent(kernel, systemActor, web.publicId, web.version);
  expect((await agree()).uptimes).toHaveLength(2);
  const settings = await readSettings(kernel.db.read);
  await saveSettings(kernel, systemActor, settings.version, { timeZone: 'Pacific/Auckland' });
  await agree();
  clock.advance(days(200));
  expect((await agree()).uptimes[0]?.days.slice(0, -1).every((day) => day.events.length <= 1)).toBe(
    true,
  );
});

it('an incident that did not change is the very object it was', async () => {
  const site = await publicSite();
  const { kernel } = site;
  const first = await declareIncident(kernel, { title: 'First', components: {} });
  const second = await declareIncident(kernel, { title: 'Second', components: {} });
  const find = async (id: string) =>
    (await both(site))[0].recentIncidents.find((one) => one.id === id);
  const [a, b] = [await find(first.incidentPublicId), await find(second.incidentPublicId)];
  kernel.clock.advance(minutes(1));
  await sayMore(kernel, second.incidentPublicId);
  expect(await find(first.incidentPublicId)).toBe(a);
  expect(await find(second.incidentPublicId)).not.toBe(b);
});
