// Builds what the public may know, and reads older incidents through the same gate and shapes.
import type { Reader } from '../db/tx.ts';
import { readSettings } from '../settings/service.ts';
import { days, plus } from '../shared/clock.ts';
import { dayIn, monthIn, startOfDay } from '../shared/time.ts';
import { arrangeComponents, byKey, openImpacts, toIncident } from './arrange.ts';
import { headline } from './rules.ts';
import {
  affectedComponents,
  currentIncidents,
  incidentByPublicId,
  incidentsBetween,
  type IncidentRow,
  incidentStarts,
  newestPublicChange,
  publicChanges,
  publicComponents,
  publicGroups,
  publicUpdates,
} from './store.ts';
import type { PublicIncident, PublicMonth, PublicSnapshot } from './types.ts';

const newestIncidents = 50;
const recentDays = 15;

/** Everything public, of one moment. `now` decides only which days are recent. */
export async function buildSnapshot(
  reader: Reader,
  { publicUrl, now }: { publicUrl: string; now: Date },
): Promise<PublicSnapshot> {
  const settings = await readSettings(reader);
  const { timeZone } = settings;
  const today = dayIn(timeZone, now);
  const since = plus(startOfDay(timeZone, today), -days(recentDays));
  const { groups, components } = arrangeComponents(
    await publicGroups(reader),
    await publicComponents(reader),
  );
  const recentIncidents = await withWords(
    reader,
    await currentIncidents(reader, newestIncidents, since),
  );
  return {
    page: {
      id: settings.pageId,
      name: settings.name,
      url: publicUrl,
      timeZone,
      supportContact: settings.supportContact,
      look: settings.look,
      logo: null,
      shown: settings.shown,
      weights: settings.weights,
      createdAt: settings.createdAt,
      updatedAt: (await newestPublicChange(reader)) ?? settings.createdAt,
    },
    headline: headline(
      components.map((component) => component.status),
      openImpacts(recentIncidents),
    ),
    groups,
    components,
    openIncidents: recentIncidents.filter((incident) => incident.state !== 'resolved'),
    recentIncidents,
    maintenances: [],
    recentMaintenances: [],
    uptimes: [],
    today,
    at: now,
    staleAt: plus(startOfDay(timeZone, today), days(1)),
  };
}

/** One public incident of any age, or undefined: private ones and unknown ones look alike. */
export async function readPublicIncident(
  reader: Reader,
  publicId: string,
): Promise<PublicIncident | undefined> {
  const [incident] = await withWords(reader, await incidentByPublicId(reader, publicId));
  return incident;
}

/** The public incidents that began in a month (`2026-11`) of the page's time zone, newest first. */
export async function readPublicMonth(reader: Reader, month: string): Promise<PublicIncident[]> {
  const { timeZone } = await readSettings(reader);
  const from = startOfDay(timeZone, `${month}-01`);
  const to = startOfDay(timeZone, `${monthAfter(month)}-01`);
  return withWords(reader, await incidentsBetween(reader, from, to));
}

/** Every month from the first public incident's (or this one, `today`'s) to this one, newest first. */
export async function readPublicMonths(reader: Reader, today: string): Promise<PublicMonth[]> {
  const { timeZone } = await readSettings(reader);
  const starts = (await incidentStarts(reader)).map((at) => monthIn(timeZone, at));
  const counts = byKey(starts, (month) => month);
  const last = today.slice(0, 7);
  const months: PublicMonth[] = [];
  for (let month = starts[0] ?? last; month <= last; month = monthAfter(month)) {
    months.unshift({ month, incidents: counts.get(month)?.length ?? 0 });
  }
  return months;
}

function monthAfter(month: string): string {
  const [year, number] = month.split('-').map(Number) as [number, number];
  return number === 12
    ? `${String(year + 1).padStart(4, '0')}-01`
    : `${month.slice(0, 5)}${String(number + 1).padStart(2, '0')}`;
}

async function withWords(reader: Reader, rows: IncidentRow[]): Promise<PublicIncident[]> {
  const ids = rows.map((row) => row.id);
  const updates = byKey(await publicUpdates(reader, ids), (row) => row.incidentId);
  const affected = byKey(await affectedComponents(reader, ids), (row) => row.incidentId);
  const changes = new Map(
    (await publicChanges(reader, ids)).map((row) => [row.incidentId, row.at ?? undefined]),
  );
  return rows.map((row) =>
    toIncident(row, updates.get(row.id) ?? [], affected.get(row.id) ?? [], changes.get(row.id)),
  );
}
