// SQL of what the desk shows around a maintenance: names, what happened, and who was mailed.
import { and, asc, desc, eq, inArray } from 'drizzle-orm';
import {
  accounts,
  components,
  events,
  mailContents,
  maintenanceComponents,
  notifications,
} from '../db/schema.ts';
import type { Reader } from '../db/tx.ts';
import type { ComponentStatus } from '../shared/words.ts';

export interface Concerned {
  publicId: string;
  name: string;
  /** What it shows while the maintenance runs. */
  status: ComponentStatus;
}

/** The components that maintenances are about, as far as they are on the page, in its order. */
export async function concernedByEach(
  reader: Reader,
  ids: number[],
): Promise<Map<number, Concerned[]>> {
  const rows = await reader
    .select({
      maintenanceId: maintenanceComponents.maintenanceId,
      publicId: components.publicId,
      name: components.name,
      status: maintenanceComponents.status,
    })
    .from(maintenanceComponents)
    .innerJoin(components, eq(components.id, maintenanceComponents.componentId))
    .where(inArray(maintenanceComponents.maintenanceId, ids))
    .orderBy(asc(components.position), asc(components.id));
  const found = new Map<number, Concerned[]>(ids.map((id) => [id, []]));
  for (const { maintenanceId, ...row } of rows) found.get(maintenanceId)?.push(row);
  return found;
}

export async function accountNames(reader: Reader, ids: number[]): Promise<Map<number, string>> {
  const rows = await reader
    .select({ id: accounts.id, name: accounts.name })
    .from(accounts)
    .where(inArray(accounts.id, ids));
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** What happened to a maintenance, oldest first. All of it is public, which narrows the search. */
export const eventsAbout = (reader: Reader, maintenanceId: number) =>
  reader
    .select({
      at: events.at,
      kind: events.kind,
      actorKind: events.actorKind,
      actorId: events.actorId,
      data: events.data,
    })
    .from(events)
    .where(
      and(
        eq(events.isPublic, true),
        eq(events.subject, 'maintenance'),
        eq(events.subjectId, maintenanceId),
      ),
    )
    .orderBy(asc(events.seq));

/** The messages its subscribers were sent, newest first. */
export const mailsAbout = (reader: Reader, maintenanceId: number) =>
  reader
    .select({
      id: notifications.id,
      createdAt: notifications.createdAt,
      subject: mailContents.subject,
      html: mailContents.html,
      plain: mailContents.plain,
    })
    .from(notifications)
    .innerJoin(mailContents, eq(mailContents.sha256, notifications.contentSha256))
    .where(
      and(eq(notifications.maintenanceId, maintenanceId), eq(notifications.kind, 'maintenance')),
    )
    .orderBy(desc(notifications.id));
