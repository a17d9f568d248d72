// The past by the page's calendar: what each month holds, and single things of any age.
import { publicKey } from '../events/store.ts';
import type { Reader } from '../db/tx.ts';
import { readSettings } from '../settings/service.ts';
import { dayIn, startOfDay } from '../shared/time.ts';
import { toMaintenances, withWords } from './read.ts';
import {
  maintenanceByPublicId,
  maintenancesBetween,
  maintenanceStarts,
} from './maintenance-store.ts';
import { incidentByPublicId, incidentsBetween, incidentStarts } from './incident-store.ts';
import type { PublicIncident, PublicMaintenance, PublicMonth } from './types.ts';

/** One public incident of any age, or undefined: private ones and unknown ones look alike. */
export async function readPublicIncident(
  reader: Reader,
  publicId: string,
): Promise<PublicIncident | undefined> {
  const [incident] = await withWords(reader, await incidentByPublicId(reader, publicId));
  return incident;
}

/** One maintenance of any age and state, or undefined. */
export async function readPublicMaintenance(
  reader: Reader,
  publicId: string,
): Promise<PublicMaintenance | undefined> {
  const rows = await maintenanceByPublicId(reader, publicId);
  const [maintenance] = await toMaintenances(reader, rows);
  return maintenance;
}

/** The public incidents that began in a month (`2026-11`) of the page's time zone, newest first. */
export async function readPublicMonth(reader: Reader, month: string): Promise<PublicIncident[]> {
  const { from, to } = await spanOf(reader, month);
  return withWords(reader, await incidentsBetween(reader, from, to));
}

const maintenancesAMonth = 500;

/** The maintenances that were planned for a month and are over, completed or called off, newest start first. */
export async function readPublicMonthMaintenances(
  reader: Reader,
  month: string,
): Promise<PublicMaintenance[]> {
  const { from, to } = await spanOf(reader, month);
  return toMaintenances(reader, await maintenancesBetween(reader, from, to, maintenancesAMonth));
}

async function spanOf(reader: Reader, month: string): Promise<{ from: Date; to: Date }> {
  const { timeZone } = await readSettings(reader);
  const start = (one: string) => startOfDay(timeZone, `${one}-01`);
  return { from: start(month), to: start(monthAfter(month)) };
}

interface Counted {
  key: number;
  today: string;
  months: PublicMonth[];
}

/** What was counted of a database last: it holds until the next public change or month. */
const counted = new WeakMap<Reader, Counted>();

/** Every month from the first of the record (or this one, `today`'s) to this one, newest first. */
export async function readPublicMonths(reader: Reader, today: string): Promise<PublicMonth[]> {
  const key = await publicKey(reader);
  const known = counted.get(reader);
  if (known?.key === key && known.today === today) return known.months;
  const { timeZone } = await readSettings(reader);
  const incidents = await incidentStarts(reader);
  const maintenances = await maintenanceStarts(reader);
  const first = incidents.concat(maintenances).reduce((a, b) => Math.min(a, b), Infinity);
  const last = today.slice(0, 7);
  const months: PublicMonth[] = [];
  const starts: number[] = [];
  let month = first === Infinity ? last : dayIn(timeZone, new Date(first)).slice(0, 7);
  for (; month <= last; month = monthAfter(month)) {
    months.push({ month, incidents: 0, maintenances: 0 });
    starts.push(startOfDay(timeZone, `${month}-01`).getTime());
  }
  // The end of the newest month: what is planned beyond it belongs to no month yet.
  starts.push(startOfDay(timeZone, `${month}-01`).getTime());
  for (const at of incidents) count(months, starts, at, 'incidents');
  for (const at of maintenances) count(months, starts, at, 'maintenances');
  months.reverse();
  counted.set(reader, { key, today, months });
  return months;
}

function count(
  months: PublicMonth[],
  starts: number[],
  at: number,
  what: 'incidents' | 'maintenances',
): void {
  const next = starts.findIndex((start) => start > at);
  const month = months[next - 1];
  if (month) month[what] += 1;
}

function monthAfter(month: string): string {
  const [year, number] = month.split('-').map(Number) as [number, number];
  return number === 12
    ? `${String(year + 1).padStart(4, '0')}-01`
    : `${month.slice(0, 5)}${String(number + 1).padStart(2, '0')}`;
}
