// SQL of incidents as the public sees them: every select names its columns, and every incident passes one gate.
import { and, asc, desc, eq, gte, inArray, isNotNull, isNull, lt, max, sql } from 'drizzle-orm';
import {
  components,
  events,
  incidentComponents,
  incidents,
  incidentUpdates,
} from '../db/schema.ts';
import type { Reader } from '../db/tx.ts';
import { inChunks } from './store.ts';

/** The gate: what customers may know of. Everything public about an incident is read through it (S-40). */
export const isPublicIncident = and(
  eq(incidents.visibility, 'public'),
  isNotNull(incidents.publishedAt),
);

/**
 * The same gate for rows that are found by something better. The plus keeps SQLite from going through
 * all public incidents by `incidents_created`, which it took for the finest index: it has no statistics.
 */
export const isPublicHere = and(
  sql`+${incidents.visibility} = 'public'`,
  isNotNull(incidents.publishedAt),
);

const incidentColumns = {
  id: incidents.id,
  publicId: incidents.publicId,
  title: incidents.title,
  state: incidents.state,
  impact: incidents.impact,
  impactOverride: incidents.impactOverride,
  startedAt: incidents.startedAt,
  createdAt: incidents.createdAt,
  publishedAt: incidents.publishedAt,
  monitoringAt: incidents.monitoringAt,
  resolvedAt: incidents.resolvedAt,
  backfilled: incidents.backfilled,
  updatedAt: incidents.updatedAt,
};

/** The newest by creation. */
const newestMade = (reader: Reader, count: number) =>
  reader
    .select(incidentColumns)
    .from(incidents)
    .where(isPublicIncident)
    .orderBy(desc(incidents.createdAt))
    .limit(count);

export type IncidentRow = Awaited<ReturnType<typeof newestMade>>[number];

/**
 * Public incidents that are open, among the `newest` published, or told of in the newest `updates`;
 * newest first. All that began after `wholeSince` are there; undefined means all there ever were. Each select goes by an index and stops
 * at its limit, so that the cost does not grow with the years: incidents are rarely published later
 * than they were made, so the newest made set a date, and of older ones only those spoken of since
 * can have been published after it.
 */
export async function currentIncidents(
  reader: Reader,
  { newest, updates }: { newest: number; updates: number },
): Promise<{ rows: IncidentRow[]; wholeSince: Date | undefined }> {
  const made = await newestMade(reader, newest);
  const oldest = made.at(-1)?.createdAt;
  if (!oldest || made.length < newest) {
    return { rows: made.toSorted(byPublication), wholeSince: undefined };
  }
  const lately = new Set(await latelySpokenOf(reader, updates));
  const spokenOf = await spokenOfSince(reader, oldest);
  const isMade = new Set(made.map((row) => row.id));
  const older = [...new Set([...lately, ...spokenOf])].filter((id) => !isMade.has(id));
  const others = await withIds(reader, older);
  const known = new Map([...made, ...(await openIncidents(reader)), ...others].map(byId));
  const published = [...known.values()].toSorted(byPublication);
  const rows = published.filter(
    (row, i) => i < newest || row.state !== 'resolved' || lately.has(row.id),
  );
  return { rows, wholeSince: published[newest - 1]?.publishedAt ?? undefined };
}

const byId = (row: IncidentRow) => [row.id, row] as const;

const byPublication = (a: IncidentRow, b: IncidentRow) =>
  (b.publishedAt?.getTime() ?? 0) - (a.publishedAt?.getTime() ?? 0) ||
  (a.publicId < b.publicId ? 1 : -1);

// The literal lets SQLite take the index of open incidents.
const openIncidents = (reader: Reader): Promise<IncidentRow[]> =>
  reader
    .select(incidentColumns)
    .from(incidents)
    .where(and(sql`${incidents.state} <> 'resolved'`, isPublicHere));

const withIds = (reader: Reader, ids: number[]): Promise<IncidentRow[]> =>
  inChunks(ids, (some) =>
    reader
      .select(incidentColumns)
      .from(incidents)
      .where(and(inArray(incidents.id, some), isPublicHere)),
  );

/** The incidents of the newest public updates. */
async function latelySpokenOf(reader: Reader, updates: number): Promise<number[]> {
  const rows = await reader
    .select({ id: incidentUpdates.incidentId })
    .from(incidentUpdates)
    .where(eq(incidentUpdates.isPublic, true))
    .orderBy(desc(incidentUpdates.displayAt), desc(incidentUpdates.id))
    .limit(updates);
  return rows.map((row) => row.id);
}

async function spokenOfSince(reader: Reader, since: Date): Promise<number[]> {
  const rows = await reader
    .select({ id: incidentUpdates.incidentId })
    .from(incidentUpdates)
    .where(and(eq(incidentUpdates.isPublic, true), gte(incidentUpdates.displayAt, since)));
  return rows.map((row) => row.id);
}

export const incidentByPublicId = (reader: Reader, publicId: string): Promise<IncidentRow[]> =>
  reader
    .select(incidentColumns)
    .from(incidents)
    .where(and(isPublicHere, eq(incidents.publicId, publicId)));

/** Public incidents that began at `from` or later and before `to`, newest start first. */
export const incidentsBetween = (reader: Reader, from: Date, to: Date): Promise<IncidentRow[]> =>
  reader
    .select(incidentColumns)
    .from(incidents)
    .where(and(isPublicIncident, gte(incidents.startedAt, from), lt(incidents.startedAt, to)))
    .orderBy(desc(incidents.startedAt), desc(incidents.publicId));

/** When each public incident began, in milliseconds, in no order. */
export async function incidentStarts(reader: Reader): Promise<number[]> {
  const rows = await reader
    .select({ startedAt: sql<number>`${incidents.startedAt}` })
    .from(incidents)
    .where(isPublicIncident);
  return rows.map((row) => row.startedAt);
}

/** The public words of incidents, newest first; words written while an incident was private stay out. */
export const publicUpdates = (reader: Reader, incidentIds: number[]) =>
  inChunks(incidentIds, (some) =>
    reader
      .select({
        incidentId: incidentUpdates.incidentId,
        publicId: incidentUpdates.publicId,
        state: incidentUpdates.state,
        body: incidentUpdates.body,
        affected: incidentUpdates.affected,
        nextUpdateBy: incidentUpdates.nextUpdateBy,
        deliverNotifications: incidentUpdates.deliverNotifications,
        displayAt: incidentUpdates.displayAt,
        createdAt: incidentUpdates.createdAt,
        updatedAt: incidentUpdates.updatedAt,
        editedAt: incidentUpdates.editedAt,
      })
      .from(incidentUpdates)
      .where(and(inArray(incidentUpdates.incidentId, some), eq(incidentUpdates.isPublic, true)))
      .orderBy(desc(incidentUpdates.createdAt), desc(incidentUpdates.id)),
  );

export type UpdateRow = Awaited<ReturnType<typeof publicUpdates>>[number];

export const affectedComponents = (reader: Reader, incidentIds: number[]) =>
  inChunks(incidentIds, (some) =>
    reader
      .select({
        incidentId: incidentComponents.incidentId,
        publicId: components.publicId,
        status: incidentComponents.status,
      })
      .from(incidentComponents)
      .innerJoin(components, eq(components.id, incidentComponents.componentId))
      .where(and(inArray(incidentComponents.incidentId, some), isNull(components.archivedAt)))
      .orderBy(asc(components.position), asc(components.id)),
  );

export type AffectedRow = Awaited<ReturnType<typeof affectedComponents>>[number];

/** When something about each incident last changed that visitors could notice. */
export const publicChanges = (reader: Reader, incidentIds: number[]) =>
  inChunks(incidentIds, (some) =>
    reader
      .select({ incidentId: events.incidentId, at: max(events.at) })
      .from(events)
      .where(and(inArray(events.incidentId, some), eq(events.isPublic, true)))
      .groupBy(events.incidentId),
  );
