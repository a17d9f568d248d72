// SQL of the delivery log: what webhooks were told, and what came back.
import { and, asc, desc, eq, inArray, sql } from 'drizzle-orm';
import { deliveries, deliveryAttempts, mailContents, notifications } from '../db/schema.ts';
import type { Reader, Tx } from '../db/tx.ts';
import type { LoggedAttempt, LoggedDelivery } from './types.ts';

const { notificationId, recipientId, at, outcome, code, reply } = deliveryAttempts;
const attempt = { at, outcome, code, reply };

/** The newest messages to a webhook, tests among them, each with its tries. */
export async function deliveriesOf(
  reader: Reader,
  id: number,
  limit: number,
): Promise<LoggedDelivery[]> {
  const rows = await reader
    .select({
      notificationId: notifications.id,
      subject: mailContents.subject,
      state: deliveries.state,
      createdAt: notifications.createdAt,
    })
    .from(notifications)
    .innerJoin(deliveries, eq(deliveries.notificationId, notifications.id))
    .innerJoin(mailContents, eq(mailContents.sha256, notifications.contentSha256))
    .where(and(eq(notifications.lane, 'webhook'), eq(deliveries.recipientId, id)))
    .orderBy(desc(notifications.id))
    .limit(limit);
  const tries = await reader
    .select({ notificationId, ...attempt })
    .from(deliveryAttempts)
    .where(
      and(
        eq(recipientId, id),
        inArray(
          notificationId,
          rows.map((row) => row.notificationId),
        ),
      ),
    )
    .orderBy(asc(deliveryAttempts.id));
  return rows.map((row) => ({
    ...row,
    attempts: tries
      .filter((one) => one.notificationId === row.notificationId)
      .map((one) => ({ at: one.at, outcome: one.outcome, code: one.code, reply: one.reply })),
  }));
}

/**
 * The last try at each of these webhooks, found by (notification, recipient): the log of mail beside it
 * may hold a million rows.
 */
export async function lastAttempts(
  reader: Reader,
  ids: number[],
): Promise<Map<number, LoggedAttempt>> {
  if (ids.length === 0) return new Map();
  const told = reader
    .select({ id: notifications.id })
    .from(notifications)
    .where(eq(notifications.lane, 'webhook'));
  const newest = reader
    .select({ id: sql<number>`max(${deliveryAttempts.id})`.as('id') })
    .from(deliveryAttempts)
    .where(and(inArray(notificationId, told), inArray(recipientId, ids)))
    .groupBy(recipientId);
  const rows = await reader
    .select({ recipientId, ...attempt })
    .from(deliveryAttempts)
    .where(inArray(deliveryAttempts.id, newest));
  return new Map(rows.map(({ recipientId: id, ...rest }) => [id, rest]));
}

/** Keeps a test's outcome beside the messages of the queue. */
export async function noteTest(
  tx: Tx,
  test: {
    notificationId: number;
    recipientId: number;
    at: Date;
    isOk: boolean;
    code: number | null;
    reply: string;
  },
): Promise<void> {
  const { isOk, ...row } = test;
  const { notificationId: notification, recipientId: recipient } = row;
  await tx.insert(deliveries).values({
    notificationId: notification,
    recipientId: recipient,
    state: isOk ? 'sent' : 'failed',
    attempts: 1,
    nextAt: row.at,
    code: row.code,
  });
  await tx.insert(deliveryAttempts).values({ ...row, outcome: isOk ? 'sent' : 'failed' });
}
