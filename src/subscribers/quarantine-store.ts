// SQL of the quarantine: who is in it, and what put them there.
import { and, asc, count, desc, eq, lt, sql } from 'drizzle-orm';
import { mailReturns, subscribers } from '../db/schema.ts';
import type { Reader } from '../db/tx.ts';
import type { ReturnKind, ReturnSource } from '../shared/words.ts';

export interface Quarantined {
  publicId: string;
  email: string;
  /** Since when. */
  at: Date;
  /** The newest return that blames the address; null where none is known, as for one brought from elsewhere. */
  kind: ReturnKind | null;
  code: string | null;
  detail: string;
  source: ReturnSource | null;
}

/** The newest return of a subscriber that blames the address. */
const newestBlame = sql`(
  select r.id from mail_returns r
  where r.recipient_kind = 'subscriber' and r.recipient_id = ${subscribers.id}
    and r.kind in ('hard', 'soft', 'complaint')
  order by r.at desc, r.id desc limit 1)`;

const isQuarantined = eq(subscribers.state, 'quarantined');

/** The newest subscribers first; `after` is the public id the last page ended with. */
export async function listQuarantined(
  reader: Reader,
  { after, limit }: { after?: string | undefined; limit: number },
): Promise<Quarantined[]> {
  const older = sql`${subscribers.id} < (
    select p.id from subscribers p where p.public_id = ${after ?? ''})`;
  const rows = await reader
    .select({
      publicId: subscribers.publicId,
      email: subscribers.email,
      at: subscribers.updatedAt,
      kind: mailReturns.kind,
      code: mailReturns.code,
      detail: mailReturns.detail,
      source: mailReturns.source,
    })
    .from(subscribers)
    .leftJoin(mailReturns, eq(mailReturns.id, newestBlame))
    .where(and(isQuarantined, after === undefined ? undefined : older))
    .orderBy(desc(subscribers.id))
    .limit(limit);
  return rows.map((row) => ({ ...row, detail: row.detail ?? '' }));
}

export async function countQuarantined(reader: Reader): Promise<number> {
  const [row] = await reader.select({ n: count() }).from(subscribers).where(isQuarantined);
  return row?.n ?? 0;
}

/** Some of those who have been in it since before then. */
export const quarantinedBefore = (
  reader: Reader,
  before: Date,
  limit: number,
): Promise<{ id: number; emailKey: string }[]> =>
  reader
    .select({ id: subscribers.id, emailKey: subscribers.emailKey })
    .from(subscribers)
    .where(and(isQuarantined, lt(subscribers.updatedAt, before)))
    .orderBy(asc(subscribers.id))
    .limit(limit);
