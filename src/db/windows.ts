// Counters within a time window, kept in the database so that a restart forgives nothing.
// Keys hold no address or secret in the clear: callers put sha256(…) of such a part in them.
import { and, desc, eq, gt, lte, sql } from 'drizzle-orm';
import { rateWindows } from './schema.ts';
import type { Reader, Tx } from './tx.ts';

export interface Window {
  hits: number;
  startedAt: Date;
  endsAt: Date;
}

/** The running window of `key`, or undefined when there is none. */
export async function peek(reader: Reader, key: string, now: Date): Promise<Window | undefined> {
  const { hits, startedAt, endsAt } = rateWindows;
  const [row] = await reader
    .select({ hits, startedAt, endsAt })
    .from(rateWindows)
    .where(and(eq(rateWindows.key, key), gt(rateWindows.endsAt, now)));
  return row;
}

/** Counts one in `key`'s window, which starts with its first hit and lasts `windowMs`; answers the count. */
export const hit = (tx: Tx, key: string, now: Date, windowMs: number): Promise<number> =>
  count(tx, key, now, windowMs, false);

/** Counts one like `hit`, but the window runs on: it ends only after `windowMs` without another. */
export const strike = (tx: Tx, key: string, now: Date, windowMs: number): Promise<number> =>
  count(tx, key, now, windowMs, true);

/** Forgets `key`'s window. */
export async function forget(tx: Tx, key: string): Promise<void> {
  await tx.delete(rateWindows).where(eq(rateWindows.key, key));
}

/** Removes the windows that have ended, and those that end first where there are more than `most` (S-67). */
export async function purge(tx: Tx, now: Date, most = 50_000): Promise<void> {
  await tx.delete(rateWindows).where(lte(rateWindows.endsAt, now));
  const [first] = await tx
    .select({ endsAt: rateWindows.endsAt })
    .from(rateWindows)
    .orderBy(desc(rateWindows.endsAt))
    .limit(1)
    .offset(most);
  if (first) await tx.delete(rateWindows).where(lte(rateWindows.endsAt, first.endsAt));
}

async function count(
  tx: Tx,
  key: string,
  now: Date,
  windowMs: number,
  runsOn: boolean,
): Promise<number> {
  const endsAt = new Date(now.getTime() + windowMs);
  const over = sql`${rateWindows.endsAt} <= ${now.getTime()}`;
  const [row] = await tx
    .insert(rateWindows)
    .values({ key, hits: 1, startedAt: now, endsAt })
    .onConflictDoUpdate({
      target: rateWindows.key,
      set: {
        hits: sql`case when ${over} then 1 else ${rateWindows.hits} + 1 end`,
        startedAt: sql`case when ${over} then ${now.getTime()} else ${rateWindows.startedAt} end`,
        endsAt: runsOn
          ? endsAt
          : sql`case when ${over} then ${endsAt.getTime()} else ${rateWindows.endsAt} end`,
      },
    })
    .returning({ hits: rateWindows.hits });
  return row?.hits ?? 1;
}
