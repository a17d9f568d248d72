// SQL of notifications and their frozen contents.
import { and, asc, desc, eq, inArray, lt, lte, sql } from 'drizzle-orm';
import { deliveries, incidents, mailContents, maintenances, notifications } from '../db/schema.ts';
import { builtOnce } from '../db/statements.ts';
import type { Reader, Tx } from '../db/tx.ts';
import { notFound } from '../shared/errors.ts';
import { sha256 } from '../shared/ids.ts';
import type { NotificationState, Visibility } from '../shared/words.ts';
import type { MailContent } from './types.ts';

export type NotificationRow = typeof notifications.$inferSelect;
export type NewNotification = typeof notifications.$inferInsert;

/** States in which something may still go out. */
export const unfinished: NotificationState[] = ['queued', 'sending', 'paused'];

/** Keeps a mail's parts for good; the same words are kept once. */
export async function freezeContent(tx: Tx, mail: MailContent): Promise<string> {
  const { subject, html, plain } = mail;
  const hash = sha256(JSON.stringify([subject, html, plain]));
  await tx
    .insert(mailContents)
    .values({ sha256: hash, subject, html, plain })
    .onConflictDoNothing();
  return hash;
}

export async function readContent(reader: Reader, hash: string): Promise<MailContent> {
  const { subject, html, plain } = mailContents;
  const [row] = await reader
    .select({ subject, html, plain })
    .from(mailContents)
    .where(eq(mailContents.sha256, hash));
  if (!row) throw new Error('A notification has lost its content.');
  return row;
}

/** Without the rest of the content, which is a thousand times as much to read. */
export async function readSubject(reader: Reader, hash: string): Promise<string> {
  const [row] = await reader
    .select({ subject: mailContents.subject })
    .from(mailContents)
    .where(eq(mailContents.sha256, hash));
  return row?.subject ?? '';
}

export async function insertNotification(tx: Tx, row: NewNotification): Promise<number> {
  const [made] = await tx.insert(notifications).values(row).returning({ id: notifications.id });
  if (!made) throw new Error('The notification was not stored.');
  return made.id;
}

const findQuery = builtOnce((reader: Reader) =>
  reader
    .select()
    .from(notifications)
    .where(eq(notifications.id, sql.placeholder('id')))
    .prepare(),
);

export const findNotification = async (
  reader: Reader,
  id: number,
): Promise<NotificationRow | undefined> => findQuery(reader).get({ id });

/** A notification, or `not_found`. */
export async function mustFind(reader: Reader, id: number): Promise<NotificationRow> {
  const notification = await findNotification(reader, id);
  if (!notification) throw notFound('notification');
  return notification;
}

/** Changes a notification that is in one of the states `from`; answers whether it was. */
export async function changeNotification(
  tx: Tx,
  id: number,
  from: NotificationState[],
  change: Partial<NewNotification>,
): Promise<boolean> {
  const changed = await tx
    .update(notifications)
    .set(change)
    .where(and(eq(notifications.id, id), inArray(notifications.state, from)))
    .returning({ id: notifications.id });
  return changed.length > 0;
}

/** Pauses everything unfinished; answers how many notifications that is. */
export async function holdUnfinished(tx: Tx): Promise<number> {
  const held = await tx
    .update(notifications)
    .set({ state: 'paused', pausedBecause: 'restored' })
    .where(inArray(notifications.state, unfinished))
    .returning({ id: notifications.id });
  return held.length;
}

/** Messages to subscribers that wait for a person to resume or cancel them. */
export const pausedFanOuts = (
  reader: Reader,
): Promise<{ id: number; incidentId: number | null; maintenanceId: number | null }[]> =>
  reader
    .select({
      id: notifications.id,
      incidentId: notifications.incidentId,
      maintenanceId: notifications.maintenanceId,
    })
    .from(notifications)
    .where(and(eq(notifications.state, 'paused'), eq(notifications.lane, 'bulk')))
    .orderBy(desc(notifications.id));

/** The messages an incident's subscribers were sent, oldest first. */
export const incidentNotifications = (
  reader: Reader,
  incidentId: number,
): Promise<NotificationRow[]> =>
  reader
    .select()
    .from(notifications)
    .where(and(eq(notifications.incidentId, incidentId), eq(notifications.kind, 'incident')))
    .orderBy(asc(notifications.id));

/** The messages to subscribers about a maintenance, oldest first. */
const maintenanceNotifications = (
  reader: Reader,
  maintenanceId: number,
): Promise<NotificationRow[]> =>
  reader
    .select()
    .from(notifications)
    .where(
      and(eq(notifications.maintenanceId, maintenanceId), eq(notifications.kind, 'maintenance')),
    )
    .orderBy(asc(notifications.id));

/** All messages to subscribers about the same incident or maintenance, oldest first. */
export async function earlierAbout(
  reader: Reader,
  about: { incidentId: number | null; maintenanceId: number | null },
): Promise<NotificationRow[]> {
  if (about.incidentId !== null) return incidentNotifications(reader, about.incidentId);
  if (about.maintenanceId !== null) return maintenanceNotifications(reader, about.maintenanceId);
  return [];
}

const warningsQuery = builtOnce((reader: Reader) =>
  reader
    .select({ id: notifications.id })
    .from(notifications)
    .innerJoin(deliveries, eq(deliveries.notificationId, notifications.id))
    .where(
      and(
        eq(notifications.incidentId, sql.placeholder('incidentId')),
        eq(notifications.kind, 'clock'),
        inArray(notifications.state, unfinished),
        eq(deliveries.state, 'queued'),
      ),
    )
    .prepare(),
);

/** Clock warnings about an incident that nobody has got and no lane holds. */
export const unsentWarnings = async (
  reader: Reader,
  incidentId: number,
): Promise<{ id: number }[]> => warningsQuery(reader).all({ incidentId });

/** What the outbox has to know of the incident that a notification is about. */
export async function incidentOf(
  reader: Reader,
  incidentId: number,
): Promise<{ publicId: string; visibility: Visibility } | undefined> {
  const [row] = await reader
    .select({ publicId: incidents.publicId, visibility: incidents.visibility })
    .from(incidents)
    .where(eq(incidents.id, incidentId));
  return row;
}

/** How the messages about a maintenance name their thread. */
export async function maintenancePublicIdOf(
  reader: Reader,
  maintenanceId: number | null,
): Promise<string | null> {
  if (maintenanceId === null) return null;
  const [row] = await reader
    .select({ publicId: maintenances.publicId })
    .from(maintenances)
    .where(eq(maintenances.id, maintenanceId));
  return row?.publicId ?? null;
}

/** The newest notification whose rows are not all made yet. */
export async function nextUnexpanded(reader: Reader): Promise<NotificationRow | undefined> {
  const [row] = await reader
    .select()
    .from(notifications)
    .where(
      and(
        eq(notifications.lane, 'bulk'),
        inArray(notifications.state, unfinished),
        lt(notifications.expandedTo, notifications.highId),
      ),
    )
    .orderBy(desc(notifications.id))
    .limit(1);
  return row;
}

/** Notifications past their end, a few at a time. One that is held stays: its person is asked about it. */
export const expiredNotifications = (reader: Reader, now: Date): Promise<{ id: number }[]> =>
  reader
    .select({ id: notifications.id })
    .from(notifications)
    .where(
      and(inArray(notifications.state, ['queued', 'sending']), lte(notifications.expiresAt, now)),
    )
    .limit(50);

/** A cancelled notification that still has rows open. Looked for all the time, so it has an index of its own. */
export async function nextToSweep(reader: Reader): Promise<{ id: number } | undefined> {
  const [row] = reader.all<{ id: number }>(sql`
    select n.id from notifications n indexed by notifications_unswept
    where n.state = 'cancelled' and n.made > n.sent + n.failed + n.suppressed + n.cancelled
      and exists (select 1 from deliveries d where d.notification_id = n.id and d.state = 0)
    limit 1`);
  return row;
}
