// SQL of subscribers, their choices and the suppression list.
import { and, asc, count, desc, eq, inArray, isNull, lt, sql } from 'drizzle-orm';
import { components, subscriberComponents, subscribers, suppressions } from '../db/schema.ts';
import type { Reader, Tx } from '../db/tx.ts';
import { type SubscriberState, subscriberStates } from '../shared/words.ts';
import type { SubscriberRow } from './types.ts';

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
>;

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
  for (const row of rows) made += insert.all({ ...row }).length;
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

// Choices

/** Ids of the components with these public ids that can be chosen, or undefined when one cannot. */
export async function idsOfComponents(
  reader: Reader,
  publicIds: readonly string[],
): Promise<number[] | undefined> {
  const wanted = [...new Set(publicIds)];
  if (wanted.length === 0) return [];
  if (wanted.length > 500) return undefined;
  const rows = await reader
    .select({ id: components.id })
    .from(components)
    .where(and(inArray(components.publicId, wanted), isNull(components.archivedAt)));
  return rows.length === wanted.length ? rows.map((row) => row.id) : undefined;
}

export async function replaceChoices(
  tx: Tx,
  subscriberId: number,
  componentIds: number[],
): Promise<void> {
  await tx.delete(subscriberComponents).where(eq(subscriberComponents.subscriberId, subscriberId));
  if (componentIds.length === 0) return;
  const rows = componentIds.map((componentId) => ({ subscriberId, componentId }));
  await tx.insert(subscriberComponents).values(rows);
}

/** Public ids and names of what each of these subscribers chose. */
export async function choicesOf(
  reader: Reader,
  subscriberIds: number[],
): Promise<{ subscriberId: number; publicId: string; name: string }[]> {
  return reader
    .select({
      subscriberId: subscriberComponents.subscriberId,
      publicId: components.publicId,
      name: components.name,
    })
    .from(subscriberComponents)
    .innerJoin(components, eq(components.id, subscriberComponents.componentId))
    .where(inArray(subscriberComponents.subscriberId, subscriberIds))
    .orderBy(asc(components.position), asc(components.id));
}

// Suppression

export async function isSuppressed(reader: Reader, addressHash: string): Promise<boolean> {
  const rows = await reader
    .select({ reason: suppressions.reason })
    .from(suppressions)
    .where(eq(suppressions.addressHash, addressHash));
  return rows.length > 0;
}

export async function insertSuppression(
  tx: Tx,
  row: typeof suppressions.$inferInsert,
): Promise<void> {
  await tx.insert(suppressions).values(row).onConflictDoNothing();
}

// Lists for the desk

/** Newest first; `after` is the id the last page ended with. */
export async function listPage(
  reader: Reader,
  page: { state?: SubscriberState | undefined; after?: number | undefined; limit: number },
): Promise<SubscriberRow[]> {
  const { id, email, state, createdAt, confirmedAt } = subscribers;
  const rows = await reader
    .select({ id, email, state, createdAt, confirmedAt })
    .from(subscribers)
    .where(
      and(
        page.state === undefined ? undefined : eq(state, page.state),
        page.after === undefined ? undefined : lt(id, page.after),
      ),
    )
    .orderBy(desc(id))
    .limit(page.limit);
  const choices = await choicesOf(
    reader,
    rows.map((row) => row.id),
  );
  return rows.map((row) => ({
    ...row,
    components: choices.filter((c) => c.subscriberId === row.id).map((c) => c.name),
  }));
}

export async function countByState(reader: Reader): Promise<Record<SubscriberState, number>> {
  const rows = await reader
    .select({ state: subscribers.state, n: count() })
    .from(subscribers)
    .groupBy(subscribers.state);
  const found = new Map(rows.map((row) => [row.state, row.n]));
  const counts = subscriberStates.map((state) => [state, found.get(state) ?? 0]);
  return Object.fromEntries(counts) as Record<SubscriberState, number>;
}
