// SQL of the stage emails that belong to updates.
import { and, asc, desc, eq, gt, sql } from 'drizzle-orm';
import { emailDrafts, mailContents, notifications } from '../db/schema.ts';
import { builtOnce } from '../db/statements.ts';
import type { Reader, Tx } from '../db/tx.ts';
import type { EmailDraftRow } from './types.ts';

export async function draftById(reader: Reader, id: number): Promise<EmailDraftRow | undefined> {
  const [row] = await reader.select().from(emailDrafts).where(eq(emailDrafts.id, id));
  return row;
}

const ofUpdate = builtOnce((reader: Reader) =>
  reader
    .select()
    .from(emailDrafts)
    .where(eq(emailDrafts.updateId, sql.placeholder('updateId')))
    .prepare(),
);

export async function draftOfUpdate(
  reader: Reader,
  updateId: number,
): Promise<EmailDraftRow | undefined> {
  return ofUpdate(reader).get({ updateId });
}

/** Newest update first. */
export const draftsOf = (reader: Reader, incidentId: number): Promise<EmailDraftRow[]> =>
  reader
    .select()
    .from(emailDrafts)
    .where(eq(emailDrafts.incidentId, incidentId))
    .orderBy(desc(emailDrafts.updateId));

export async function insertDraft(
  tx: Tx,
  row: typeof emailDrafts.$inferInsert,
): Promise<EmailDraftRow> {
  const [made] = await tx.insert(emailDrafts).values(row).returning();
  if (!made) throw new Error('The draft was not stored.');
  return made;
}

/** Saves over version `version` while it is still a draft; undefined when it is not. */
export async function changeDraft(
  tx: Tx,
  id: number,
  version: number,
  changes: Partial<EmailDraftRow>,
): Promise<EmailDraftRow | undefined> {
  const isOpen = eq(emailDrafts.state, 'draft');
  const [saved] = await tx
    .update(emailDrafts)
    .set({ ...changes, version: version + 1 })
    .where(and(eq(emailDrafts.id, id), eq(emailDrafts.version, version), isOpen))
    .returning();
  return saved;
}

export async function linkNotification(tx: Tx, id: number, notificationId: number): Promise<void> {
  await tx.update(emailDrafts).set({ notificationId }).where(eq(emailDrafts.id, id));
}

/** The subject of the first email that went out about an incident: the thread hangs on it. */
export async function threadSubject(
  reader: Reader,
  incidentId: number,
): Promise<string | undefined> {
  const [row] = await reader
    .select({ subject: mailContents.subject })
    .from(emailDrafts)
    .innerJoin(notifications, eq(notifications.id, emailDrafts.notificationId))
    .innerJoin(mailContents, eq(mailContents.sha256, notifications.contentSha256))
    .where(eq(emailDrafts.incidentId, incidentId))
    .orderBy(asc(notifications.id))
    .limit(1);
  return row?.subject;
}

/** Whether an email about a newer update has gone out. */
export async function isOvertaken(reader: Reader, draft: EmailDraftRow): Promise<boolean> {
  const newer = await reader
    .select({ id: emailDrafts.id })
    .from(emailDrafts)
    .where(
      and(
        eq(emailDrafts.incidentId, draft.incidentId),
        eq(emailDrafts.state, 'queued'),
        gt(emailDrafts.updateId, draft.updateId),
      ),
    )
    .limit(1);
  return newer.length > 0;
}
