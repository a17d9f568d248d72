// SQL of subscribers and the suppression list.
import { and, eq, inArray, sql } from 'drizzle-orm';
import { subscriberComponents, subscribers, webhooks } from '../db/schema.ts';
import type { Reader, Tx } from '../db/tx.ts';

export type StoredSubscriber = typeof subscribers.$inferSelect;
export type NewSubscriber = typeof subscribers.$inferInsert;
/** What is known of somebody whose consent was given elsewhere. */
export type ImportedSubscriber = Pick<
  StoredSubscriber,
  | 'publicId'
  | 'email'
  | 'emailKey'
  | 'state'
  | 'confirmedSeq'
  | 'confirmNonce'
  | 'confirmedAt'
  | 'createdAt'
  | 'updatedAt'
> & {
  /** Row ids; none means all. */
  componentIds: number[];
};

const one = async (rows: Promise<StoredSubscriber[]>) => (await rows)[0];

export const findByKey = (reader: Reader, emailKey: string) =>
  one(reader.select().from(subscribers).where(eq(subscribers.emailKey, emailKey)));

export const findByPublicId = (reader: Reader, publicId: string) =>
  one(reader.select().from(subscribers).where(eq(subscribers.publicId, publicId)));

export const findById = (reader: Reader, id: number) =>
  one(reader.select().from(subscribers).where(eq(subscribers.id, id)));

export async function insertSubscriber(tx: Tx, row: NewSubscriber): Promise<StoredSubscriber> {
  const [made] = await tx.insert(subscribers).values(row).returning();
  if (!made) throw new Error('The subscriber was not stored.');
  return made;
}

/**
 * Inserts those whose address is not there yet; answers how many. One prepared statement, row by row:
 * building statements of 500 rows took twice as long.
 */
export async function insertMissing(tx: Tx, rows: ImportedSubscriber[]): Promise<number> {
  const { placeholder } = sql;
  const insert = tx
    .insert(subscribers)
    .values({
      publicId: placeholder('publicId'),
      email: placeholder('email'),
      emailKey: placeholder('emailKey'),
      state: placeholder('state'),
      confirmedSeq: placeholder('confirmedSeq'),
      confirmNonce: placeholder('confirmNonce'),
      confirmedAt: placeholder('confirmedAt'),
      createdAt: placeholder('createdAt'),
      updatedAt: placeholder('updatedAt'),
    })
    .onConflictDoNothing()
    .returning({ id: subscribers.id })
    .prepare();
  let made = 0;
  for (const { componentIds, ...row } of rows) {
    const [inserted] = insert.all(row);
    if (!inserted) continue;
    made += 1;
    if (componentIds.length === 0) continue;
    const subscriberId = inserted.id;
    const chosen = componentIds.map((componentId) => ({ subscriberId, componentId }));
    await tx.insert(subscriberComponents).values(chosen);
  }
  return made;
}

export async function updateSubscriber(
  tx: Tx,
  id: number,
  change: Partial<NewSubscriber>,
): Promise<void> {
  await tx.update(subscribers).set(change).where(eq(subscribers.id, id));
}

/** Removes the row and, with it, the choices. Deliveries stay as numbers. */
export async function deleteSubscriber(tx: Tx, id: number): Promise<void> {
  await tx.delete(subscribers).where(eq(subscribers.id, id));
}

const isLive = inArray(webhooks.state, ['confirmed', 'quarantined']);

/**
 * Takes an address off the webhooks that were asked for with it: live ones go on without it, the others
 * go. Answers how many there were.
 */
export async function takeOffWebhooks(tx: Tx, emailKey: string): Promise<number> {
  const isTheirs = sql`lower(${webhooks.email}) = ${emailKey}`;
  const freed = await tx
    .update(webhooks)
    .set({ email: null })
    .where(and(isTheirs, isLive))
    .returning({ id: webhooks.id });
  const gone = await tx.delete(webhooks).where(isTheirs).returning({ id: webhooks.id });
  return freed.length + gone.length;
}

/** Pending rows whose last confirm link was sent before `limit`. */
const pendingBefore = (limit: Date) =>
  and(
    eq(subscribers.state, 'pending'),
    sql`coalesce(${subscribers.confirmSentAt}, ${subscribers.createdAt}) < ${limit.getTime()}`,
  );

export async function anyPendingBefore(reader: Reader, limit: Date): Promise<boolean> {
  const rows = await reader
    .select({ id: subscribers.id })
    .from(subscribers)
    .where(pendingBefore(limit))
    .limit(1);
  return rows.length > 0;
}

/** Removes them; answers how many. */
export async function deletePendingBefore(tx: Tx, limit: Date): Promise<number> {
  const gone = await tx
    .delete(subscribers)
    .where(pendingBefore(limit))
    .returning({ id: subscribers.id });
  return gone.length;
}
