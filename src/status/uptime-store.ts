// SQL of what components showed and what touched them: the record behind the bars.
import { and, eq, gt, gte, inArray, isNotNull, isNull, lt, or, sql } from 'drizzle-orm';
import {
  components,
  events,
  incidentComponents,
  incidents,
  incidentUpdates,
  maintenanceComponents,
  maintenances,
  statusIntervals,
} from '../db/schema.ts';
import type { Reader } from '../db/tx.ts';
import { isPublicHere, isPublicIncident } from './incident-store.ts';
import { inChunks } from './store.ts';

const intervalColumns = {
  componentId: statusIntervals.componentId,
  status: statusIntervals.status,
  startedAt: statusIntervals.startedAt,
  endedAt: statusIntervals.endedAt,
};

/**
 * What components showed from `from` on: every interval that began since, and of each component the
 * one that reached into it. Each look-up goes by (component, start), so that the years before are not read.
 */
export async function intervalsSince(reader: Reader, componentIds: number[], from: Date) {
  const began = await inChunks(componentIds, (some) =>
    reader
      .select(intervalColumns)
      .from(statusIntervals)
      .where(and(inArray(statusIntervals.componentId, some), gte(statusIntervals.startedAt, from))),
  );
  const reached = await inChunks(componentIds, (some) =>
    reader
      .select(intervalColumns)
      .from(components)
      .innerJoin(statusIntervals, eq(statusIntervals.id, reachingInto(from)))
      .where(inArray(components.id, some)),
  );
  return [...reached, ...began];
}

const reachingInto = (from: Date) => sql`(
  select reached.id from status_intervals as reached
  where reached.component_id = ${components.id} and reached.started_at < ${from.getTime()}
    and (reached.ended_at is null or reached.ended_at > ${from.getTime()})
  order by reached.started_at desc limit 1)`;

export type IntervalRow = Awaited<ReturnType<typeof intervalsSince>>[number];

/** Row ids of public incidents that are open or were made or spoken of since `from`. */
export async function incidentsAlive(reader: Reader, from: Date): Promise<number[]> {
  const spokenOf = reader
    .select({ id: incidentUpdates.incidentId })
    .from(incidentUpdates)
    .where(and(eq(incidentUpdates.isPublic, true), gte(incidentUpdates.displayAt, from)));
  const [open, recent, spoken] = await Promise.all([
    alive(reader, sql`${incidents.state} <> 'resolved'`),
    alive(reader, and(eq(incidents.visibility, 'public'), gte(incidents.createdAt, from))),
    alive(reader, inArray(incidents.id, spokenOf)),
  ]);
  return [...new Set([...open, ...recent, ...spoken])];
}

async function alive(reader: Reader, which: Parameters<typeof and>[0]): Promise<number[]> {
  const rows = await reader
    .select({ id: incidents.id })
    .from(incidents)
    .where(and(isPublicHere, which));
  return rows.map((row) => row.id);
}

/** Row ids of maintenances under way, and of those that ended or changed since `from`. */
export async function maintenancesAlive(reader: Reader, from: Date): Promise<number[]> {
  const rows = await reader
    .select({ id: maintenances.id })
    .from(maintenances)
    .where(
      or(
        inArray(maintenances.state, ['scheduled', 'in_progress', 'verifying']),
        gte(maintenances.completedAt, from),
        gte(maintenances.updatedAt, from),
      ),
    );
  return rows.map((row) => row.id);
}

const touchColumns = {
  componentId: incidentComponents.componentId,
  id: incidents.id,
  publicId: incidents.publicId,
  title: incidents.title,
  from: incidents.startedAt,
  to: incidents.resolvedAt,
};

/** Incidents by the components they affected: those with these ids. */
export const touchesOfIncidents = (reader: Reader, ids: number[]) =>
  inChunks(ids, (some) =>
    reader
      .select(touchColumns)
      .from(incidents)
      .innerJoin(incidentComponents, eq(incidentComponents.incidentId, incidents.id))
      .where(and(isPublicHere, inArray(incidents.id, some))),
  );

export type TouchRow = Awaited<ReturnType<typeof touchesOfIncidents>>[number];

/** Incidents by the components they affected: those between two instants. Reads the whole table. */
export const touchesBetween = (reader: Reader, from: Date, to: Date): Promise<TouchRow[]> =>
  reader
    .select(touchColumns)
    .from(incidents)
    .innerJoin(incidentComponents, eq(incidentComponents.incidentId, incidents.id))
    .where(
      and(
        isPublicIncident,
        lt(incidents.startedAt, to),
        or(isNull(incidents.resolvedAt), gte(incidents.resolvedAt, from)),
      ),
    );

const maintenanceTouchColumns = {
  componentId: maintenanceComponents.componentId,
  id: maintenances.id,
  publicId: maintenances.publicId,
  title: maintenances.title,
  state: maintenances.state,
  startedAt: maintenances.startedAt,
  completedAt: maintenances.completedAt,
  updatedAt: maintenances.updatedAt,
};

/** Maintenances that began, by component: those with these ids, or those between two instants. */
export const maintenanceTouches = async (
  reader: Reader,
  which: number[] | { from: Date; to: Date },
): Promise<TouchRow[]> => {
  const wanted = Array.isArray(which)
    ? inArray(maintenances.id, which)
    : and(
        lt(maintenances.startedAt, which.to),
        or(isNull(maintenances.completedAt), gte(maintenances.completedAt, which.from)),
      );
  const rows = await reader
    .select(maintenanceTouchColumns)
    .from(maintenances)
    .innerJoin(maintenanceComponents, eq(maintenanceComponents.maintenanceId, maintenances.id))
    .where(and(isNotNull(maintenances.startedAt), wanted));
  return rows.flatMap(({ startedAt, completedAt, updatedAt, state, ...row }) => {
    // One that was called off after it had begun ended with that.
    const to = completedAt ?? (state === 'cancelled' ? updatedAt : null);
    return startedAt ? [{ ...row, from: startedAt, to }] : [];
  });
};

/** What happened in public after an event, oldest first. */
export const publicEventsAfter = (reader: Reader, seq: number, limit: number) =>
  reader
    .select({
      seq: events.seq,
      at: events.at,
      kind: events.kind,
      subject: events.subject,
      subjectId: events.subjectId,
      incidentId: events.incidentId,
    })
    .from(events)
    .where(and(eq(events.isPublic, true), gt(events.seq, seq)))
    .orderBy(events.seq)
    .limit(limit);

export type PublicEventRow = Awaited<ReturnType<typeof publicEventsAfter>>[number];
