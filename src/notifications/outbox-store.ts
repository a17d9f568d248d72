// SQL of the delivery rows. Positions in `deliveryStates`: queued 0, sending 1, sent 2, failed 3, suppressed 4, cancelled 5.
import { and, asc, eq, gt, inArray, ne, type SQL, sql } from 'drizzle-orm';
import {
  accounts,
  deliveries,
  deliveryAttempts,
  notifications,
  subscribers,
  webhooks,
} from '../db/schema.ts';
import type { Reader, Tx } from '../db/tx.ts';
import { type DeliveryState, deliveryStates, type RecipientKind } from '../shared/words.ts';
import { claimable } from './store.ts';
import type { DeliveryCounts, Undelivered } from './types.ts';

export interface ClaimedRow {
  recipientId: number;
  attempts: number;
  code: number | null;
}

export async function insertDelivery(
  tx: Tx,
  notificationId: number,
  recipientId: number,
  nextAt: Date,
): Promise<void> {
  await tx
    .insert(deliveries)
    .values({ notificationId, recipientId, state: 'queued', attempts: 0, nextAt });
}

/** Takes up to `limit` due rows of a notification under a lease, oldest first. */
export async function claimRows(
  tx: Tx,
  notificationId: number,
  lease: { boot: string; now: Date; until: Date },
  limit: number,
): Promise<ClaimedRow[]> {
  return tx.all<ClaimedRow>(sql`
    update deliveries set state = 1, lease = ${lease.boot}, next_at = ${lease.until.getTime()}
    where notification_id = ${notificationId} and recipient_id in (
      select d.recipient_id from deliveries d join notifications n on n.id = d.notification_id
      where d.notification_id = ${notificationId} and ${claimable(lease.now)}
      order by d.next_at, d.recipient_id limit ${limit})
    returning recipient_id as "recipientId", attempts, code`);
}

/** Settles a row if this boot still holds it; answers whether it did. */
export async function settleRow(
  tx: Tx,
  key: { notificationId: number; recipientId: number; boot: string },
  change: { state: DeliveryState; attempts?: number; nextAt?: Date; code?: number | null },
): Promise<boolean> {
  const settled = await tx
    .update(deliveries)
    .set({ ...change, lease: null })
    .where(
      and(
        eq(deliveries.notificationId, key.notificationId),
        eq(deliveries.recipientId, key.recipientId),
        eq(deliveries.state, 'sending'),
        eq(deliveries.lease, key.boot),
      ),
    )
    .returning({ id: deliveries.recipientId });
  return settled.length > 0;
}

export async function insertAttempt(
  tx: Tx,
  row: Omit<typeof deliveryAttempts.$inferInsert, 'id'>,
): Promise<void> {
  await tx.insert(deliveryAttempts).values(row);
}

/** Gives back what `boot` holds, or what all others hold; answers how many rows. */
export async function releaseClaims(
  tx: Tx,
  whose: 'own' | 'foreign',
  boot: string,
  now: Date,
): Promise<number> {
  const holder = whose === 'own' ? eq(deliveries.lease, boot) : ne(deliveries.lease, boot);
  const released = await tx
    .update(deliveries)
    .set({ state: 'queued', lease: null, nextAt: now })
    .where(and(sql`state = 1`, holder))
    .returning({ id: deliveries.recipientId });
  return released.length;
}

/** Gives back everything anybody holds. */
export async function releaseAllClaims(tx: Tx): Promise<void> {
  tx.run(sql`update deliveries set state = 0, lease = null where state = 1`);
}

/** Cancels up to `limit` queued rows of a notification. */
export async function cancelRows(tx: Tx, notificationId: number, limit: number): Promise<void> {
  tx.run(sql`
    update deliveries set state = 5 where notification_id = ${notificationId} and recipient_id in (
      select recipient_id from deliveries
      where notification_id = ${notificationId} and state = 0 limit ${limit})`);
}

/** Puts failed rows back in the queue with a clean count; answers how many. */
export async function requeueFailed(tx: Tx, notificationId: number, now: Date): Promise<number> {
  const rows = await tx
    .update(deliveries)
    .set({ state: 'queued', attempts: 0, nextAt: now, lease: null })
    .where(and(eq(deliveries.notificationId, notificationId), eq(deliveries.state, 'failed')))
    .returning({ id: deliveries.recipientId });
  return rows.length;
}

/**
 * True while a notification has rows queued or on their way. The plus keeps SQLite from walking all
 * rows of the notification (42 ms for 100,000): the partial index of claimed rows holds a handful.
 */
export async function hasOpenRows(reader: Reader, notificationId: number): Promise<boolean> {
  const rows = reader.all<{ open: number }>(sql`
    select exists (select 1 from deliveries where notification_id = ${notificationId} and state = 0)
        or exists (select 1 from deliveries where +notification_id = ${notificationId} and state = 1)
        as open`);
  return rows[0]?.open === 1;
}

/** Counted in one pass: grouping would sort all rows first, which takes twice as long. */
export async function countByState(
  reader: Reader,
  notificationId: number,
): Promise<DeliveryCounts> {
  const [counts] = await reader
    .select(countColumns)
    .from(deliveries)
    .where(eq(deliveries.notificationId, notificationId));
  if (!counts) throw new Error('A count has no answer.');
  return counts;
}

const countColumns = Object.fromEntries(
  deliveryStates.map((state) => [
    state,
    sql<number>`count(*) filter (where ${eq(deliveries.state, state)})`,
  ]),
) as Record<DeliveryState, SQL<number>>;

export const subscribersByIds = (reader: Reader, ids: number[]) =>
  reader.select().from(subscribers).where(inArray(subscribers.id, ids));

export const accountsByIds = (reader: Reader, ids: number[]) =>
  reader
    .select({ id: accounts.id, email: accounts.email, disabledAt: accounts.disabledAt })
    .from(accounts)
    .where(inArray(accounts.id, ids));

/** Rows that ended without being sent, by recipient id, with what was last said about each. */
export async function undeliveredRows(
  reader: Reader,
  notificationId: number,
  kind: RecipientKind,
  page: { after: number; limit: number },
): Promise<Undelivered[]> {
  const people = { subscriber: subscribers, account: accounts, webhook: webhooks }[kind];
  const lastReply = sql<string | null>`(
    select outcome || ': ' || reply from delivery_attempts a
    where a.notification_id = ${deliveries.notificationId}
      and a.recipient_id = ${deliveries.recipientId}
    order by a.id desc limit 1)`;
  const rows = await reader
    .select({
      recipientId: deliveries.recipientId,
      email: people.email,
      state: deliveries.state,
      reason: lastReply,
      attempts: deliveries.attempts,
    })
    .from(deliveries)
    .innerJoin(notifications, eq(notifications.id, deliveries.notificationId))
    .leftJoin(people, eq(people.id, deliveries.recipientId))
    .where(
      and(
        eq(deliveries.notificationId, notificationId),
        inArray(deliveries.state, ['failed', 'suppressed', 'cancelled']),
        gt(deliveries.recipientId, page.after),
      ),
    )
    .orderBy(asc(deliveries.recipientId))
    .limit(page.limit);
  return rows.map((row) => ({ ...row, reason: row.reason ?? row.state }));
}
