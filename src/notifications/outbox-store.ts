// SQL of the delivery rows. Positions in `deliveryStates`: queued 0, sending 1, sent 2, failed 3, suppressed 4, cancelled 5.
import { inArray, sql } from 'drizzle-orm';
import { accounts, deliveries, deliveryAttempts } from '../db/schema.ts';
import { statementOf } from '../db/statements.ts';
import type { Reader, Tx } from '../db/tx.ts';
import {
  type DeliveryState,
  deliveryStates,
  type NotificationState,
  type SubscriberState,
} from '../shared/words.ts';
import { changeCounts } from './counts-store.ts';
import { claimable } from './due-store.ts';

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
  await changeCounts(tx, notificationId, { made: 1 });
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

const settleText = `
  update deliveries set state = ?, attempts = attempts + ?, next_at = coalesce(?, next_at), code = ?,
    lease = null
  where notification_id = ? and recipient_id = ? and state = 1 and lease = ?`;

export interface RowSettlement {
  state: DeliveryState;
  /** Whether the attempt counts. */
  charge: boolean;
  nextAt?: Date | undefined;
  code: number | null;
}

/** Settles a row if this boot still holds it; answers whether it did. The counters are the caller's. */
export function settleRow(
  tx: Tx,
  key: { notificationId: number; recipientId: number; boot: string },
  { state, charge, nextAt, code }: RowSettlement,
): boolean {
  const { changes } = statementOf(tx, settleText).run(
    deliveryStates.indexOf(state),
    charge ? 1 : 0,
    nextAt?.getTime() ?? null,
    code,
    key.notificationId,
    key.recipientId,
    key.boot,
  );
  return changes > 0;
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
  const holder = whose === 'own' ? sql`lease = ${boot}` : sql`lease <> ${boot}`;
  const { changes } = tx.run(sql`
    update deliveries set state = 0, lease = null, next_at = ${now.getTime()}
    where state = 1 and ${holder}`);
  return changes;
}

/** Gives back everything anybody holds. */
export async function releaseAllClaims(tx: Tx): Promise<void> {
  tx.run(sql`update deliveries set state = 0, lease = null where state = 1`);
}

/** Cancels up to `limit` queued rows of a notification. */
export async function cancelRows(tx: Tx, notificationId: number, limit: number): Promise<void> {
  const { changes } = tx.run(sql`
    update deliveries set state = 5 where notification_id = ${notificationId} and recipient_id in (
      select recipient_id from deliveries
      where notification_id = ${notificationId} and state = 0 limit ${limit})`);
  await changeCounts(tx, notificationId, { cancelled: changes });
}

/** Puts failed rows back in the queue with a clean count; answers how many. */
export async function requeueFailed(tx: Tx, notificationId: number, now: Date): Promise<number> {
  const { changes } = tx.run(sql`
    update deliveries indexed by deliveries_missed
    set state = 0, attempts = 0, lease = null, next_at = ${now.getTime()}
    where notification_id = ${notificationId} and state > 2 and state = 3`);
  await changeCounts(tx, notificationId, { failed: -changes });
  return changes;
}

const lastLookText = `
  select n.state as notificationState, n.expires_at as expiresAt, n.cut_seq as cutSeq,
    s.state, s.confirmed_seq as confirmedSeq, s.wish is not null as hasWish
  from notifications n left join subscribers s on s.id = @subscriberId
  where n.id = @notificationId`;

interface LastLook {
  notificationState: NotificationState;
  /** Milliseconds since 1970. */
  expiresAt: number;
  cutSeq: number;
  /** The subscriber's, null where there is none. */
  state: SubscriberState | null;
  confirmedSeq: number | null;
  hasWish: 0 | 1;
}

/** A notification and a subscriber as they are this moment; without the latter where `subscriberId` is 0. */
export const lastLookRow = (reader: Reader, notificationId: number, subscriberId: number) =>
  statementOf(reader, lastLookText).get({ notificationId, subscriberId }) as LastLook | undefined;

const subscribersText = `
  select id, email, email_key as emailKey, public_id as publicId, confirm_nonce as confirmNonce,
    state, confirmed_seq as confirmedSeq, wish is not null as hasWish
  from subscribers where id in (select value from json_each(@ids))`;

interface SubscriberRow {
  id: number;
  email: string;
  emailKey: string;
  publicId: string;
  confirmNonce: string;
  state: SubscriberState;
  confirmedSeq: number | null;
  hasWish: 0 | 1;
}

/** What judging and addressing subscribers takes. */
export const subscribersByIds = (reader: Reader, ids: number[]) =>
  statementOf(reader, subscribersText).all({ ids: JSON.stringify(ids) }) as SubscriberRow[];

export const accountsByIds = (reader: Reader, ids: number[]) =>
  reader
    .select({ id: accounts.id, email: accounts.email, disabledAt: accounts.disabledAt })
    .from(accounts)
    .where(inArray(accounts.id, ids));
