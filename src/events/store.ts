// SQL of the events table. Append only; the database's triggers hold that.
import { and, asc, desc, eq, getTableColumns, gt, sql } from 'drizzle-orm';
import { events } from '../db/schema.ts';
import { builtOnce } from '../db/statements.ts';
import type { Reader, Tx } from '../db/tx.ts';
import { type ChainHead, chainStart } from './rules.ts';

export type EventRow = typeof events.$inferSelect;

const headQuery = builtOnce((reader: Reader) =>
  reader
    .select({ seq: events.seq, hash: events.hash })
    .from(events)
    .orderBy(desc(events.seq))
    .limit(1)
    .prepare(),
);

export async function lastHead(reader: Reader): Promise<ChainHead> {
  const [row] = headQuery(reader).all();
  return row ?? { seq: 0, hash: chainStart };
}

/** The highest number ever given to an event, also when the rows are gone. */
export async function highestSeqEver(reader: Reader): Promise<number> {
  const rows = reader.all<{ seq: number }>(
    sql`select seq from sqlite_sequence where name = 'events'`,
  );
  return rows[0]?.seq ?? 0;
}

const insertQuery = builtOnce((tx: Tx) => tx.insert(events).values(eachPlaceholder).prepare());

const eachPlaceholder = Object.fromEntries(
  Object.keys(getTableColumns(events)).map((name) => [name, sql.placeholder(name)]),
) as Record<keyof EventRow, ReturnType<typeof sql.placeholder>>;

export async function insertEvent(tx: Tx, row: EventRow): Promise<void> {
  insertQuery(tx).run(row);
}

export const eventsAfter = (reader: Reader, seq: number, limit: number): Promise<EventRow[]> =>
  reader.select().from(events).where(gt(events.seq, seq)).orderBy(asc(events.seq)).limit(limit);

/** Events that visitors could notice, oldest first. */
export const publicEventRows = (reader: Reader, seq: number, limit: number): Promise<EventRow[]> =>
  reader
    .select()
    .from(events)
    .where(and(eq(events.isPublic, true), gt(events.seq, seq)))
    .orderBy(asc(events.seq))
    .limit(limit);

export const eventsOfIncident = (reader: Reader, incidentId: number): Promise<EventRow[]> =>
  reader.select().from(events).where(eq(events.incidentId, incidentId)).orderBy(asc(events.seq));

/** Seq of the newest event that visitors could notice; 0 before the first. */
export async function publicKey(reader: Reader): Promise<number> {
  const [row] = await reader
    .select({ seq: events.seq })
    .from(events)
    .where(eq(events.isPublic, true))
    .orderBy(desc(events.seq))
    .limit(1);
  return row?.seq ?? 0;
}
