// SQL of how far notifications have come, as people read it: from counters and small indexes, never by counting rows.
import { and, asc, count, desc, eq, gt, inArray, lt, lte, min, type SQL, sql } from 'drizzle-orm';
import {
  accounts,
  deliveries,
  deliveryAttempts,
  notifications,
  subscribers,
  webhooks,
} from '../db/schema.ts';
import type { Reader } from '../db/tx.ts';
import {
  deliveryStates,
  type Lane,
  notificationStates,
  type RecipientKind,
} from '../shared/words.ts';
import type { NotificationRow } from './store.ts';
import type { Undelivered } from './types.ts';

const people = { subscriber: subscribers, account: accounts, webhook: webhooks } as const;

/** Rows that lanes hold now: a handful, which the index of claimed rows finds. The plus keeps SQLite off the key. */
export function countClaimed(reader: Reader, notificationId: number): number {
  const [row] = reader.all<{ n: number }>(sql`
    select count(*) as n from deliveries where +notification_id = ${notificationId} and state = 1`);
  return row?.n ?? 0;
}

/**
 * Rows that ended without being sent, by recipient id, with what was last said about each. The index is
 * named because SQLite would rather walk the key, past a million who got it.
 */
export function missedRows(
  reader: Reader,
  notificationId: number,
  kind: RecipientKind,
  page: { after: number; limit: number },
): Undelivered[] {
  const rows = reader.all<Omit<Undelivered, 'state'> & { state: number }>(sql`
    select d.recipient_id as "recipientId", p.email, d.state, d.attempts, (
      select a.outcome || ': ' || a.reply from delivery_attempts a
      where a.notification_id = d.notification_id and a.recipient_id = d.recipient_id
      order by a.id desc limit 1) as reason
    from deliveries d indexed by deliveries_missed
    left join ${people[kind]} p on p.id = d.recipient_id
    where d.notification_id = ${notificationId} and d.state > 2 and d.recipient_id > ${page.after}
    order by d.recipient_id limit ${page.limit}`);
  return rows.map(({ recipientId, email, state, reason, attempts }) => {
    const word = deliveryStates[state] ?? 'failed';
    return { recipientId, email, state: word, reason: reason ?? word, attempts };
  });
}

/** People whose copy may have been accepted without our hearing of it, and was sent once more. */
export async function countDoubtful(reader: Reader, notificationId: number): Promise<number> {
  const [row] = await reader
    .select({ n: sql<number>`count(distinct ${deliveryAttempts.recipientId})` })
    .from(deliveryAttempts)
    .where(
      and(
        eq(deliveryAttempts.notificationId, notificationId),
        eq(deliveryAttempts.outcome, 'ambiguous'),
      ),
    );
  return row?.n ?? 0;
}

/** To whom a notification of the direct lane goes; undefined once erased. */
export async function onlyRecipient(
  reader: Reader,
  { id, recipientKind }: Pick<NotificationRow, 'id' | 'recipientKind'>,
): Promise<string | undefined> {
  const who = people[recipientKind];
  const [row] = await reader
    .select({ email: who.email })
    .from(deliveries)
    .innerJoin(who, eq(who.id, deliveries.recipientId))
    .where(eq(deliveries.notificationId, id))
    .limit(1);
  return row?.email ?? undefined;
}

const inLane = (lane: Lane, states: NotificationRow['state'][]): SQL | undefined =>
  and(inArray(notifications.state, states), eq(notifications.lane, lane));

/** What is going out in a lane, in the order it is sent: the newest incident first. */
export const activeRows = (reader: Reader, lane: Lane, limit: number): Promise<NotificationRow[]> =>
  reader
    .select()
    .from(notifications)
    .where(inLane(lane, ['queued', 'sending']))
    .orderBy(desc(notifications.incidentId), desc(notifications.id))
    .limit(limit);

export async function countInLane(
  reader: Reader,
  lane: Lane,
  states: NotificationRow['state'][],
): Promise<number> {
  const [row] = await reader.select({ n: count() }).from(notifications).where(inLane(lane, states));
  return row?.n ?? 0;
}

/** Since when the oldest mail that may go out waits; null when none does. */
export async function waitingSince(reader: Reader): Promise<Date | null> {
  const [row] = await reader
    .select({ at: min(notifications.notBefore) })
    .from(notifications)
    .where(
      and(
        inArray(notifications.state, ['queued', 'sending']),
        inArray(notifications.lane, ['direct', 'bulk']),
      ),
    );
  return row?.at ?? null;
}

/**
 * A lane's notifications, newest first. One short walk of an index for each state: in the order of ids
 * alone a fan-out would be looked for among all the confirmations of a year.
 */
export async function recentRows(
  reader: Reader,
  lane: Lane,
  page: { before: number; limit: number },
): Promise<NotificationRow[]> {
  const found = await Promise.all(
    notificationStates.map((state) =>
      reader
        .select()
        .from(notifications)
        .where(and(inLane(lane, [state]), lt(notifications.id, page.before)))
        .orderBy(desc(notifications.id))
        .limit(page.limit),
    ),
  );
  return found
    .flat()
    .toSorted((a, b) => b.id - a.id)
    .slice(0, page.limit);
}

// Held

const isHeld = and(
  eq(notifications.state, 'paused'),
  inArray(notifications.lane, ['direct', 'bulk']),
);

/** Mail that waits for a person's word: to many first, then the newest. */
export const heldRows = (reader: Reader, limit: number): Promise<NotificationRow[]> =>
  reader
    .select()
    .from(notifications)
    .where(isHeld)
    .orderBy(sql`${notifications.lane} = 'direct'`, desc(notifications.id))
    .limit(limit);

export interface HeldCounts {
  bulk: number;
  direct: number;
  /** Of them, those past their end. */
  expired: number;
  oldestAt: Date | null;
}

export async function countHeldRows(reader: Reader, now: Date): Promise<HeldCounts> {
  const [row] = await reader
    .select({
      bulk: sql<number>`count(*) filter (where ${notifications.lane} = 'bulk')`,
      direct: sql<number>`count(*) filter (where ${notifications.lane} = 'direct')`,
      expired: sql<number>`count(*) filter (where ${lte(notifications.expiresAt, now)})`,
      oldestAt: min(notifications.createdAt),
    })
    .from(notifications)
    .where(isHeld);
  return row ?? { bulk: 0, direct: 0, expired: 0, oldestAt: null };
}

/** A few of the held ones that are still worth sending, or of all. Oldest first. */
export const someHeld = (
  reader: Reader,
  which: { worthAfter?: Date; after: number; limit: number },
): Promise<{ id: number }[]> =>
  reader
    .select({ id: notifications.id })
    .from(notifications)
    .where(
      and(
        isHeld,
        gt(notifications.id, which.after),
        which.worthAfter && gt(notifications.expiresAt, which.worthAfter),
      ),
    )
    .orderBy(asc(notifications.id))
    .limit(which.limit);
