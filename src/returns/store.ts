// SQL of what came back.
import {
  and,
  asc,
  count,
  desc,
  eq,
  gt,
  gte,
  inArray,
  isNull,
  lt,
  notExists,
  sql,
} from 'drizzle-orm';
import {
  accounts,
  deliveries,
  mailReturns,
  notifications,
  subscribers,
  webhooks,
} from '../db/schema.ts';
import type { Reader, Tx } from '../db/tx.ts';
import type { DeliveryKey } from '../notifications/delivery-mark.ts';
import type { ReturnKind } from '../shared/words.ts';
import type { ReturnedRow } from './types.ts';

/** Writes a return; answers whether it was not known yet. */
export async function insertReturn(
  tx: Tx,
  row: Omit<typeof mailReturns.$inferInsert, 'id'>,
): Promise<boolean> {
  const made = await tx
    .insert(mailReturns)
    .values(row)
    .onConflictDoNothing({ target: mailReturns.digest })
    .returning({ id: mailReturns.id });
  return made.length > 0;
}

/** Whether there is such a delivery: a mark may be of a database that was replaced by its backup. */
export async function hasDelivery(reader: Reader, key: DeliveryKey): Promise<boolean> {
  const rows = await reader
    .select({ id: deliveries.recipientId })
    .from(deliveries)
    .innerJoin(notifications, eq(notifications.id, deliveries.notificationId))
    .where(
      and(
        eq(deliveries.notificationId, key.notificationId),
        eq(deliveries.recipientId, key.recipientId),
        eq(notifications.recipientKind, key.recipientKind),
      ),
    );
  return rows.length > 0;
}

const ofRecipient = ({ recipientKind, recipientId }: DeliveryKey) =>
  and(eq(mailReturns.recipientKind, recipientKind), eq(mailReturns.recipientId, recipientId));

/** The notifications that came back softly to a recipient since then, each once, newest first. */
export async function softReturns(
  reader: Reader,
  key: DeliveryKey,
  since: Date,
): Promise<number[]> {
  const rows = await reader
    .selectDistinct({ id: mailReturns.notificationId })
    .from(mailReturns)
    .where(and(ofRecipient(key), eq(mailReturns.kind, 'soft'), gte(mailReturns.at, since)))
    .orderBy(desc(mailReturns.notificationId));
  return rows.flatMap(({ id }) => (id === null ? [] : [id]));
}

/**
 * The newest message to a recipient, between two others, that was accepted and did not come back. Only
 * fan-outs: the primary key is asked for each of them, and there may be many single mails in between.
 */
export async function newestKept(
  reader: Reader,
  key: DeliveryKey,
  between: { from: number; to: number },
): Promise<number | undefined> {
  const cameBack = reader
    .select({ id: mailReturns.id })
    .from(mailReturns)
    .where(
      and(
        ofRecipient(key),
        eq(mailReturns.notificationId, notifications.id),
        inArray(mailReturns.kind, ['hard', 'soft', 'policy', 'delayed']),
      ),
    );
  const [row] = await reader
    .select({ id: notifications.id })
    .from(notifications)
    .innerJoin(
      deliveries,
      and(
        eq(deliveries.notificationId, notifications.id),
        eq(deliveries.recipientId, key.recipientId),
      ),
    )
    .where(
      and(
        gte(notifications.id, between.from),
        lt(notifications.id, between.to),
        eq(notifications.lane, 'bulk'),
        eq(notifications.recipientKind, key.recipientKind),
        eq(deliveries.state, 'sent'),
        notExists(cameBack),
      ),
    )
    .orderBy(desc(notifications.id))
    .limit(1);
  return row?.id;
}

/** The first policy returns of a notification, as many as could matter. */
export const policyReturns = (reader: Reader, notificationId: number) =>
  reader
    .select({
      source: mailReturns.source,
      recipientId: mailReturns.recipientId,
      code: mailReturns.code,
      detail: mailReturns.detail,
    })
    .from(mailReturns)
    .where(and(eq(mailReturns.notificationId, notificationId), eq(mailReturns.kind, 'policy')))
    .orderBy(asc(mailReturns.id))
    .limit(200);

/** How many recipients a notification has, counted up to `most`. */
export function audienceUpTo(reader: Reader, notificationId: number, most: number): number {
  const row = reader.get<{ n: number }>(sql`
    select count(*) as n from (
      select 1 from deliveries where notification_id = ${notificationId} limit ${most})`);
  return row.n;
}

/** Kinds that mean that the mail was not read. */
const undelivered: ReturnKind[] = ['hard', 'soft', 'policy'];

/** Accepted deliveries of a notification that came back: the newest return of each. */
const returned = (notificationId: number) =>
  and(
    eq(mailReturns.notificationId, notificationId),
    inArray(mailReturns.kind, undelivered),
    eq(deliveries.state, 'sent'),
    sql`not exists (
      select 1 from mail_returns later
      where later.notification_id = ${mailReturns.notificationId}
        and later.recipient_id = ${mailReturns.recipientId}
        and later.kind in ${undelivered} and later.id > ${mailReturns.id})`,
  );

const theDelivery = and(
  eq(deliveries.notificationId, mailReturns.notificationId),
  eq(deliveries.recipientId, mailReturns.recipientId),
);

export async function countReturns(reader: Reader, notificationId: number): Promise<number> {
  const [row] = await reader
    .select({ n: count() })
    .from(mailReturns)
    .innerJoin(deliveries, theDelivery)
    .where(returned(notificationId));
  return row?.n ?? 0;
}

/** Who did not get a notification although it was accepted, by recipient id. */
export async function returnsOf(
  reader: Reader,
  notificationId: number,
  page: { after: number; limit: number },
): Promise<ReturnedRow[]> {
  const email = sql<string | null>`case ${mailReturns.recipientKind}
    when 'subscriber' then (select s.email from ${subscribers} s where s.id = ${mailReturns.recipientId})
    when 'account' then (select a.email from ${accounts} a where a.id = ${mailReturns.recipientId})
    else (select w.email from ${webhooks} w where w.id = ${mailReturns.recipientId}) end`;
  const { kind, code, detail, source, at, recipientKind, recipientId } = mailReturns;
  const rows = await reader
    .select({ recipientKind, recipientId, email, kind, code, detail, source, at })
    .from(mailReturns)
    .innerJoin(deliveries, theDelivery)
    .where(and(returned(notificationId), gt(mailReturns.recipientId, page.after)))
    .orderBy(asc(mailReturns.recipientId))
    .limit(page.limit);
  return rows.flatMap((row) =>
    row.recipientKind === null || row.recipientId === null
      ? []
      : [{ ...row, recipientKind: row.recipientKind, recipientId: row.recipientId }],
  );
}

/** Removes what is nobody's and older than that; answers how many. */
export async function deleteUnattributed(tx: Tx, before: Date): Promise<number> {
  const gone = await tx
    .delete(mailReturns)
    .where(and(isNull(mailReturns.notificationId), lt(mailReturns.at, before)))
    .returning({ id: mailReturns.id });
  return gone.length;
}

export async function anyUnattributed(reader: Reader, before: Date): Promise<boolean> {
  const rows = await reader
    .select({ id: mailReturns.id })
    .from(mailReturns)
    .where(and(isNull(mailReturns.notificationId), lt(mailReturns.at, before)))
    .limit(1);
  return rows.length > 0;
}
