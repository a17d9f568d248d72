// SQL of the read side: every select names its columns, and every incident passes one gate.
import { and, asc, desc, eq, gte, inArray, isNotNull, isNull, lt, max, or, sql } from 'drizzle-orm';
import {
  componentGroups,
  components,
  events,
  incidentComponents,
  incidents,
  incidentUpdates,
} from '../db/schema.ts';
import type { Reader } from '../db/tx.ts';

/** The gate: what customers may know of. Everything public about an incident is read through it (S-40). */
const isPublicIncident = and(eq(incidents.visibility, 'public'), isNotNull(incidents.publishedAt));

const incidentColumns = {
  id: incidents.id,
  publicId: incidents.publicId,
  title: incidents.title,
  state: incidents.state,
  impact: incidents.impact,
  impactOverride: incidents.impactOverride,
  startedAt: incidents.startedAt,
  publishedAt: incidents.publishedAt,
  monitoringAt: incidents.monitoringAt,
  resolvedAt: incidents.resolvedAt,
};

const newestFirst = [desc(incidents.publishedAt), desc(incidents.publicId)];

/** Public incidents that are open, among the `newest`, or began or were spoken of since; newest first. */
export async function currentIncidents(reader: Reader, newest: number, since: Date) {
  const newestIds = reader
    .select({ id: incidents.id })
    .from(incidents)
    .where(isPublicIncident)
    .orderBy(...newestFirst)
    .limit(newest);
  const spokenOf = reader
    .select({ id: incidentUpdates.incidentId })
    .from(incidentUpdates)
    .where(and(eq(incidentUpdates.isPublic, true), gte(incidentUpdates.displayAt, since)));
  return reader
    .select(incidentColumns)
    .from(incidents)
    .where(
      and(
        isPublicIncident,
        or(
          sql`${incidents.state} <> 'resolved'`,
          gte(incidents.startedAt, since),
          inArray(incidents.id, newestIds),
          inArray(incidents.id, spokenOf),
        ),
      ),
    )
    .orderBy(...newestFirst);
}

export type IncidentRow = Awaited<ReturnType<typeof currentIncidents>>[number];

export const incidentByPublicId = (reader: Reader, publicId: string): Promise<IncidentRow[]> =>
  reader
    .select(incidentColumns)
    .from(incidents)
    .where(and(isPublicIncident, eq(incidents.publicId, publicId)));

/** Public incidents that began at `from` or later and before `to`, newest start first. */
export const incidentsBetween = (reader: Reader, from: Date, to: Date): Promise<IncidentRow[]> =>
  reader
    .select(incidentColumns)
    .from(incidents)
    .where(and(isPublicIncident, gte(incidents.startedAt, from), lt(incidents.startedAt, to)))
    .orderBy(desc(incidents.startedAt), desc(incidents.publicId));

/** When each public incident began, oldest first. */
export async function incidentStarts(reader: Reader): Promise<Date[]> {
  const rows = await reader
    .select({ startedAt: incidents.startedAt })
    .from(incidents)
    .where(isPublicIncident)
    .orderBy(asc(incidents.startedAt));
  return rows.map((row) => row.startedAt);
}

/** SQLite takes many parameters, not any number of them (S-50). */
const chunk = 500;

async function inChunks<T>(ids: number[], read: (some: number[]) => Promise<T[]>): Promise<T[]> {
  const rows: T[] = [];
  for (let i = 0; i < ids.length; i += chunk) rows.push(...(await read(ids.slice(i, i + chunk))));
  return rows;
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

/** When anything that visitors could notice last changed. */
export async function newestPublicChange(reader: Reader): Promise<Date | undefined> {
  const [row] = await reader
    .select({ at: events.at })
    .from(events)
    .where(eq(events.isPublic, true))
    .orderBy(desc(events.seq))
    .limit(1);
  return row?.at;
}

export const publicGroups = (reader: Reader) =>
  reader
    .select({
      id: componentGroups.id,
      publicId: componentGroups.publicId,
      name: componentGroups.name,
      description: componentGroups.description,
      position: componentGroups.position,
      createdAt: componentGroups.createdAt,
      updatedAt: componentGroups.updatedAt,
    })
    .from(componentGroups)
    .where(isNull(componentGroups.archivedAt))
    .orderBy(asc(componentGroups.position), asc(componentGroups.id));

export type GroupRow = Awaited<ReturnType<typeof publicGroups>>[number];

export const publicComponents = (reader: Reader) =>
  reader
    .select({
      publicId: components.publicId,
      groupId: components.groupId,
      name: components.name,
      description: components.description,
      status: components.status,
      position: components.position,
      showcase: components.showcase,
      onlyShowIfDegraded: components.onlyShowIfDegraded,
      startDate: components.startDate,
      createdAt: components.createdAt,
      updatedAt: components.updatedAt,
    })
    .from(components)
    .where(isNull(components.archivedAt))
    .orderBy(asc(components.position), asc(components.id));

export type ComponentRow = Awaited<ReturnType<typeof publicComponents>>[number];
