// What the desk and the API see of scheduled maintenance.
import type { Reader } from '../db/tx.ts';
import type { ComponentStatus } from '../shared/words.ts';
import { findMaintenance } from './find.ts';
import {
  accountNames,
  type Concerned,
  concernedByEach,
  eventsAbout,
  mailsAbout,
} from './read-store.ts';
import { readSeries, type Series } from './recurrence.ts';
import { lastReminded } from './reminder-store.ts';
import {
  allKeys,
  maintenanceByPublicId,
  openRows,
  pastRows,
  rowById,
  seriesRows,
  updatesOf,
} from './store.ts';
import type { MaintenanceRow, MaintenanceUpdateRow } from './types.ts';

export interface MaintenanceSummary extends MaintenanceRow {
  /** In the page's order. */
  components: Concerned[];
}

interface MaintenanceUpdateDetail extends MaintenanceUpdateRow {
  authorName: string | null;
}

export interface MaintenanceDetail {
  maintenance: MaintenanceRow;
  components: Concerned[];
  /** Newest first. */
  updates: MaintenanceUpdateDetail[];
  /** When the newest reminder went out. */
  remindedAt: Date | null;
}

/** Everything about one maintenance. Throws not_found. */
export async function maintenanceDetail(
  reader: Reader,
  publicId: string,
): Promise<MaintenanceDetail> {
  const maintenance = await findMaintenance(reader, publicId);
  const updates = await updatesOf(reader, maintenance.id);
  const authors = updates.flatMap(({ authorId }) => (authorId === null ? [] : [authorId]));
  const names = await accountNames(reader, [...new Set(authors)]);
  return {
    maintenance,
    components: await concernedBy(reader, maintenance.id),
    updates: updates.map((update) => ({
      ...update,
      authorName: update.authorId === null ? null : (names.get(update.authorId) ?? null),
    })),
    remindedAt: (await lastReminded(reader, maintenance.id)) ?? null,
  };
}

const concernedBy = async (reader: Reader, id: number) =>
  (await concernedByEach(reader, [id])).get(id) ?? [];

/** Not over, the soonest first. */
export const openMaintenances = async (reader: Reader): Promise<MaintenanceSummary[]> =>
  withComponents(reader, await openRows(reader));

/** Over, newest start first. `before` is the id of the last one of the page before. */
export async function pastMaintenances(
  reader: Reader,
  page: { before?: number | undefined; limit: number },
): Promise<MaintenanceSummary[]> {
  const before = page.before === undefined ? undefined : await rowById(reader, page.before);
  return withComponents(reader, await pastRows(reader, { before, limit: page.limit }));
}

async function withComponents(
  reader: Reader,
  rows: MaintenanceRow[],
): Promise<MaintenanceSummary[]> {
  const concerned = await concernedByEach(
    reader,
    rows.map((row) => row.id),
  );
  return rows.map((row) => ({ ...row, components: concerned.get(row.id) ?? [] }));
}

/** Every maintenance's id and when it was made, newest first. */
export const maintenanceKeys = (reader: Reader): Promise<{ publicId: string; createdAt: Date }[]> =>
  allKeys(reader);

/** Whether there is a maintenance of this id. */
export async function isMaintenance(reader: Reader, publicId: string): Promise<boolean> {
  return (await maintenanceByPublicId(reader, publicId)) !== undefined;
}

export interface SeriesView {
  /** The rule as long as it goes on; null once it has ended. */
  series: Series | null;
  /** The soonest first. */
  occurrences: MaintenanceRow[];
}

/** The series that a maintenance belongs to; undefined for a single one. */
export async function seriesOf(
  reader: Reader,
  { seriesId }: MaintenanceRow,
): Promise<SeriesView | undefined> {
  if (seriesId === null) return undefined;
  const occurrences = await seriesRows(reader, seriesId);
  const rrule = occurrences.find((one) => one.rrule !== null)?.rrule;
  return { series: rrule ? readSeries(rrule) : null, occurrences };
}

/** What happened to a maintenance, oldest first. */
export async function maintenanceEvents(reader: Reader, id: number) {
  const rows = await eventsAbout(reader, id);
  return rows.map((row) => ({ ...row, data: JSON.parse(row.data) as Record<string, unknown> }));
}

export interface SentMail {
  /** Of the notification. */
  id: number;
  createdAt: Date;
  subject: string;
  html: string;
  plain: string;
}

/** The mails its subscribers were sent, newest first. */
export const maintenanceMails = (reader: Reader, id: number): Promise<SentMail[]> =>
  mailsAbout(reader, id);

/** What each of its components shows while it runs, by public id. */
export const runningStatuses = ({
  components,
}: Pick<MaintenanceDetail, 'components'>): Map<string, ComponentStatus> =>
  new Map(components.map(({ publicId, status }) => [publicId, status]));
