// SQL of how much each relay has accepted, by slices of time, so that its limits hold across restarts.
import { and, eq, gte, lt, or, sql } from 'drizzle-orm';
import { relayUsage } from '../db/schema.ts';
import { statementOf } from '../db/statements.ts';
import type { Reader, Tx } from '../db/tx.ts';
import { days, minutes, plus } from '../shared/clock.ts';
import { relayKey, type Usage } from './limits-rules.ts';

const addText = `
  insert into relay_usage (key, slice, accepted) values (@key, @slice, @accepted)
  on conflict (key, slice) do update set accepted = accepted + excluded.accepted`;

/** Adds increments to what is there. */
export async function addUsage(tx: Tx, rows: readonly Usage[]): Promise<void> {
  for (const row of rows) statementOf(tx, addText).run(row);
}

/** What one relay accepted in slices that began at `since` or later: in all, and per recipient domain. */
export async function readUsage(reader: Reader, relay: string, since: Date): Promise<Usage[]> {
  const all = relayKey(relay);
  const domains = and(gte(relayUsage.key, `${all}\n`), lt(relayUsage.key, `${all}\u000b`));
  return reader
    .select()
    .from(relayUsage)
    .where(and(or(eq(relayUsage.key, all), domains), gte(relayUsage.slice, since.getTime())))
    .orderBy(relayUsage.slice);
}

/** Deletes what no limit asks for any more: what is older than a day, for domains than a minute. */
export async function forgetUsage(tx: Tx, now: Date): Promise<void> {
  const dayAgo = plus(now, -(days(1) + minutes(5))).getTime();
  const minuteAgo = plus(now, -minutes(5)).getTime();
  const isDomain = sql`instr(${relayUsage.key}, char(10)) > 0`;
  await tx
    .delete(relayUsage)
    .where(or(lt(relayUsage.slice, dayAgo), and(lt(relayUsage.slice, minuteAgo), isDomain)));
}
