// The days that are over, kept from one snapshot to the next: a publication reads today only, however
// long the record is. What rewrites the past (a retraction, a new title, a back-fill) lets them go.
import type { Reader } from '../db/tx.ts';
import { startOfDay } from '../shared/time.ts';
import { byKey } from './arrange.ts';
import type { Memory } from './memory.ts';
import type { ComponentRow } from './store.ts';
import type { PublicDay } from './types.ts';
import {
  type DayBounds,
  daysUpTo,
  spentPerDay,
  type Stretch,
  type Touch,
  touchesOf,
} from './uptime.ts';
import {
  incidentsAlive,
  type IntervalRow,
  intervalsSince,
  maintenancesAlive,
  maintenanceTouches,
  type PublicEventRow,
  touchesBetween,
  type TouchRow,
} from './uptime-store.ts';

/** Days that the bars show, today among them. */
const daysShown = 90;

/** A component's days that are over, oldest first. */
interface PastOfComponent {
  spent: PublicDay['spent'][];
  /** What touched it on each of the days, newest first; without what may still change. */
  touches: Touch[][];
}

/** Row ids of what may still change without notice: it is read anew for every snapshot. */
export interface Alive {
  incidents: number[];
  maintenances: number[];
}

export interface PastDays {
  zone: string;
  /** All days shown, today last. */
  bounds: DayBounds[];
  /** Where today begins. */
  todayFrom: Date;
  ofComponent: Map<number, PastOfComponent>;
  /** What the days hold, and therefore nobody may change unseen. */
  holds: { incidents: Set<number>; maintenances: Set<number> };
}

/** The past days for a snapshot of `today`, and what is alive beside them. */
export async function readPastDays(
  reader: Reader,
  { zone, today, components }: { zone: string; today: string; components: ComponentRow[] },
  { memory, news }: { memory: Memory; news: PublicEventRow[] },
): Promise<{ past: PastDays; alive: Alive }> {
  const todayFrom = startOfDay(zone, today);
  const alive = {
    incidents: await incidentsAlive(reader, todayFrom),
    maintenances: await maintenancesAlive(reader, todayFrom),
  };
  const before = memory.past;
  const isOfToday = before?.zone === zone && before.todayFrom.getTime() === todayFrom.getTime();
  const holds = before && isOfToday && news.every((event) => leavesPast(event, before, alive));
  if (!holds) memory.past = undefined;
  const past = (memory.past ??= await buildPastDays(reader, { zone, today, components, alive }));
  return { past, alive };
}

/**
 * True for an event that surely changed nothing of the days that are over. Only what is known to be
 * harmless is named; whatever else happens makes them anew, which costs some milliseconds.
 */
function leavesPast(
  { kind, at, subject, subjectId, incidentId }: PublicEventRow,
  { holds, todayFrom }: Pick<PastDays, 'holds' | 'todayFrom'>,
  alive: Alive,
): boolean {
  if (at < todayFrom) return false;
  if (kind === 'component.status_changed' || kind === 'settings.changed') return true;
  if (kind.startsWith('incident.') || kind === 'update.corrected') {
    return (
      incidentId !== null &&
      alive.incidents.includes(incidentId) &&
      !holds.incidents.has(incidentId)
    );
  }
  if (kind.startsWith('maintenance.') && subject === 'maintenance') {
    return (
      subjectId !== null &&
      alive.maintenances.includes(subjectId) &&
      !holds.maintenances.has(subjectId)
    );
  }
  return false;
}

async function buildPastDays(
  reader: Reader,
  about: { zone: string; today: string; components: ComponentRow[]; alive: Alive },
): Promise<PastDays> {
  const { zone, today, components, alive } = about;
  const bounds = daysUpTo(zone, today, daysShown);
  const closed = bounds.slice(0, -1);
  const from = new Date(bounds[0]?.from ?? 0);
  const todayFrom = new Date(bounds.at(-1)?.from ?? 0);
  const intervals = byKey(
    await intervalsSince(reader, idsOf(components), from),
    (row) => row.componentId,
  );
  const span = { from, to: todayFrom };
  const incidents = without(await touchesBetween(reader, from, todayFrom), alive.incidents);
  const maintenances = without(await maintenanceTouches(reader, span), alive.maintenances);
  const touches = byKey(
    [...incidents.map(toTouch('incident')), ...maintenances.map(toTouch('maintenance'))],
    (touch) => touch.componentId,
  );
  const ofComponent = new Map(
    components.map((component) => {
      const stretches = (intervals.get(component.id) ?? []).map(toStretch);
      const since = recordStart(zone, component);
      const spent = spentPerDay(stretches, closed, since, todayFrom.getTime());
      const own = (touches.get(component.id) ?? []).filter(reaches(since));
      return [component.id, { spent, touches: closed.map((day) => touchesOf(own, day)) }];
    }),
  );
  return {
    zone,
    bounds,
    todayFrom,
    ofComponent,
    holds: { incidents: new Set(idsOf(incidents)), maintenances: new Set(idsOf(maintenances)) },
  };
}

/** Where the component's record counts from, in milliseconds. */
export const recordStart = (zone: string, { startDate }: ComponentRow): number =>
  startDate === null ? -Infinity : startOfDay(zone, startDate).getTime();

export const toStretch = ({ status, startedAt, endedAt }: IntervalRow): Stretch => ({
  status,
  from: startedAt.getTime(),
  to: endedAt?.getTime() ?? null,
});

export const toTouch =
  (kind: Touch['kind']) =>
  (row: TouchRow): Touch & { componentId: number } => ({
    kind,
    id: row.publicId,
    title: row.title,
    from: row.from.getTime(),
    to: row.to?.getTime() ?? null,
    componentId: row.componentId,
  });

/** What was over before a component's record begins is not told of it. */
export const reaches =
  (since: number) =>
  ({ to }: Touch) =>
    to === null || to >= since;

const without = (rows: TouchRow[], ids: number[]) => {
  const left = new Set(ids);
  return rows.filter((row) => !left.has(row.id));
};

export const idsOf = (rows: { id: number }[]) => rows.map((row) => row.id);
