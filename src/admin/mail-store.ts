// SQL of the desk's mail pages: what notifications are about, who released them, why one was cancelled.
import { and, asc, eq, gt, inArray } from 'drizzle-orm';
import { components, emailDrafts, events, incidents, maintenances } from '../db/schema.ts';
import type { Reader } from '../db/tx.ts';

export interface Subject {
  title: string;
  href: string;
}

/** The titles and pages of incidents and maintenances, by row id. */
export async function subjectsOf(
  reader: Reader,
  about: { incidentId: number | null; maintenanceId: number | null }[],
): Promise<{ incidents: Map<number, Subject>; maintenances: Map<number, Subject> }> {
  const incidentIds = [...new Set(about.flatMap((one) => one.incidentId ?? []))];
  const maintenanceIds = [...new Set(about.flatMap((one) => one.maintenanceId ?? []))];
  const found = await reader
    .select({ id: incidents.id, publicId: incidents.publicId, title: incidents.title })
    .from(incidents)
    .where(inArray(incidents.id, incidentIds));
  const planned = await reader
    .select({ id: maintenances.id, publicId: maintenances.publicId, title: maintenances.title })
    .from(maintenances)
    .where(inArray(maintenances.id, maintenanceIds));
  return {
    incidents: byId(found, '/admin/incidents'),
    maintenances: byId(planned, '/admin/maintenance'),
  };
}

const byId = (rows: { id: number; publicId: string; title: string }[], below: string) =>
  new Map(rows.map(({ id, publicId, title }) => [id, { title, href: `${below}/${publicId}` }]));

/** The draft that a notification was made of, where it was one. */
export async function draftOf(
  reader: Reader,
  { notificationId, incidentId }: { notificationId: number; incidentId: number | null },
): Promise<{ id: number } | undefined> {
  if (incidentId === null) return undefined;
  const [row] = await reader
    .select({ id: emailDrafts.id })
    .from(emailDrafts)
    .where(
      and(eq(emailDrafts.incidentId, incidentId), eq(emailDrafts.notificationId, notificationId)),
    );
  return row;
}

export interface Release {
  at: Date;
  actorKind: string;
  actorId: number | null;
}

/** Who released a notification, by the number of its release event. */
export async function releaseBy(reader: Reader, cutSeq: number): Promise<Release | undefined> {
  const { at, actorKind, actorId } = events;
  const [row] = await reader
    .select({ at, actorKind, actorId })
    .from(events)
    .where(eq(events.seq, cutSeq));
  return row;
}

/** Why a cancelled notification was. Its event stands soon after its release: few are looked at. */
export async function cancelReason(
  reader: Reader,
  { notificationId, cutSeq }: { notificationId: number; cutSeq: number },
): Promise<string | undefined> {
  const [row] = await reader
    .select({ data: events.data })
    .from(events)
    .where(
      and(
        gt(events.seq, cutSeq),
        eq(events.kind, 'notification.cancelled'),
        eq(events.subjectId, notificationId),
      ),
    )
    .orderBy(asc(events.seq))
    .limit(1);
  const { reason } = row ? (JSON.parse(row.data) as { reason?: unknown }) : {};
  return typeof reason === 'string' ? reason : undefined;
}

export const componentNames = (reader: Reader, ids: number[]): Promise<{ name: string }[]> =>
  reader
    .select({ name: components.name })
    .from(components)
    .where(inArray(components.id, ids))
    .orderBy(asc(components.position));
