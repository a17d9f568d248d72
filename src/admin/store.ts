// The desk's own questions to the database: lists that span several domains, and the mark that live pages watch.
import { and, desc, eq, inArray, max } from 'drizzle-orm';
import {
  emailDrafts,
  events,
  incidents,
  mailContents,
  maintenances,
  notifications,
} from '../db/schema.ts';
import type { Reader } from '../db/tx.ts';
import type { CompiledMail } from '../templates/types.ts';

/** Emails that wait for a person: send, or say why not. Newest first. */
export const pendingDrafts = (reader: Reader) =>
  reader
    .select({
      id: emailDrafts.id,
      stage: emailDrafts.stage,
      createdAt: emailDrafts.createdAt,
      incidentTitle: incidents.title,
    })
    .from(emailDrafts)
    .innerJoin(incidents, eq(incidents.id, emailDrafts.incidentId))
    .where(eq(emailDrafts.state, 'draft'))
    .orderBy(desc(emailDrafts.id))
    .limit(20);

/** The pages of a few notifications' emails, where they can be resumed. Incidents first, newest first. */
export async function emailPages(
  reader: Reader,
  sent: { id: number; incidentId: number | null; maintenanceId: number | null }[],
): Promise<{ href: string; title: string }[]> {
  const incidentIds = sent.flatMap(({ incidentId }) => incidentId ?? []);
  const maintenanceIds = sent.flatMap(({ maintenanceId }) => maintenanceId ?? []);
  const ids = sent.map(({ id }) => id);
  const drafts = await reader
    .select({ id: emailDrafts.id, title: incidents.title })
    .from(emailDrafts)
    .innerJoin(incidents, eq(incidents.id, emailDrafts.incidentId))
    .where(
      and(inArray(emailDrafts.incidentId, incidentIds), inArray(emailDrafts.notificationId, ids)),
    )
    .orderBy(desc(emailDrafts.id));
  const planned = await reader
    .select({ id: maintenances.id, publicId: maintenances.publicId, title: maintenances.title })
    .from(maintenances)
    .where(inArray(maintenances.id, maintenanceIds));
  return [
    ...drafts.map(({ id, title }) => ({ href: `/admin/emails/${id}`, title })),
    ...sent.flatMap(({ id, maintenanceId }) => {
      const found = planned.find((one) => one.id === maintenanceId);
      const href = `/admin/maintenance/${found?.publicId}/mails/${id}`;
      return found ? [{ href, title: found.title }] : [];
    }),
  ];
}

export interface DeskMark {
  /** The newest event. */
  seq: number;
  /** Whether mail is on its way, whose rows change without an event. */
  sending: boolean;
}

/** What live pages depend on. */
export async function deskMark(reader: Reader): Promise<DeskMark> {
  const [newest] = await reader.select({ seq: max(events.seq) }).from(events);
  const live = await reader
    .select({ id: notifications.id })
    .from(notifications)
    .where(inArray(notifications.state, ['queued', 'sending']))
    .limit(1);
  return { seq: newest?.seq ?? 0, sending: live.length > 0 };
}

/** The incident that a draft belongs to. */
export async function incidentOfDraft(
  reader: Reader,
  draftId: number,
): Promise<{ publicId: string; title: string } | undefined> {
  const [row] = await reader
    .select({ publicId: incidents.publicId, title: incidents.title })
    .from(emailDrafts)
    .innerJoin(incidents, eq(incidents.id, emailDrafts.incidentId))
    .where(eq(emailDrafts.id, draftId));
  return row;
}

/** The words a notification was frozen with: what was really sent. */
export async function frozenMail(reader: Reader, notificationId: number): Promise<CompiledMail> {
  const [row] = await reader
    .select({
      subject: mailContents.subject,
      html: mailContents.html,
      plain: mailContents.plain,
    })
    .from(notifications)
    .innerJoin(mailContents, eq(mailContents.sha256, notifications.contentSha256))
    .where(eq(notifications.id, notificationId));
  if (!row) throw new Error('A notification has lost its content.');
  return row;
}
