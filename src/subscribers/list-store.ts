// SQL of lists and counts of subscribers, for the desk and the management API.
import { and, asc, count, desc, eq, inArray, lt, sql } from 'drizzle-orm';
import { subscribers } from '../db/schema.ts';
import type { Reader } from '../db/tx.ts';
import { type SubscriberState, subscriberStates } from '../shared/words.ts';
import { topicsOf } from './choices.ts';
import { choicesOf, followsOf } from './choices-store.ts';
import type { SubscriberFilter, SubscriberRow } from './types.ts';

const columns = {
  id: subscribers.id,
  publicId: subscribers.publicId,
  email: subscribers.email,
  state: subscribers.state,
  wantsIncidents: subscribers.wantsIncidents,
  wantsMaintenance: subscribers.wantsMaintenance,
  createdAt: subscribers.createdAt,
  confirmedAt: subscribers.confirmedAt,
  updatedAt: subscribers.updatedAt,
};

/** Newest first; `after` is the id the last page ended with. */
export async function newestRows(
  reader: Reader,
  filter: SubscriberFilter,
  page: { after?: number | undefined; limit: number },
): Promise<SubscriberRow[]> {
  const older = page.after === undefined ? undefined : lt(subscribers.id, page.after);
  const rows = await reader
    .select(columns)
    .from(subscribers)
    .where(and(matches(filter), older))
    .orderBy(desc(subscribers.id))
    .limit(page.limit);
  return withChoices(reader, rows);
}

export type SubscriberOrder = 'address' | 'created';

/** One numbered page of a list in the order asked for. */
export async function orderedRows(
  reader: Reader,
  filter: SubscriberFilter,
  order: { by: SubscriberOrder; isDescending: boolean },
  page: { offset: number; limit: number },
): Promise<SubscriberRow[]> {
  const key = order.by === 'address' ? subscribers.emailKey : subscribers.id;
  const rows = await reader
    .select(columns)
    .from(subscribers)
    .where(matches(filter, key === subscribers.emailKey))
    .orderBy(order.isDescending ? desc(key) : asc(key))
    .limit(page.limit)
    .offset(page.offset);
  return withChoices(reader, rows);
}

/** The one with this public id. */
export async function rowOf(reader: Reader, publicId: string): Promise<SubscriberRow | undefined> {
  const rows = await reader
    .select(columns)
    .from(subscribers)
    .where(eq(subscribers.publicId, publicId));
  return (await withChoices(reader, rows))[0];
}

export async function countMatching(reader: Reader, filter: SubscriberFilter): Promise<number> {
  const [row] = await reader.select({ n: count() }).from(subscribers).where(matches(filter));
  return row?.n ?? 0;
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

function matches({ states, topic, search }: SubscriberFilter, byAddress = false) {
  return and(
    states && inStates(states, byAddress),
    topic === undefined ? undefined : wants[topic],
    search === undefined || search === ''
      ? undefined
      : sql`instr(${subscribers.emailKey}, ${search.normalize('NFKC').toLowerCase()}) > 0`,
  );
}

/**
 * With nearly everybody confirmed, the index of states makes SQLite sort a million rows for one page by
 * address (200 ms): the plus keeps it to the index of addresses. Rare states are few to sort.
 */
function inStates(states: readonly SubscriberState[], byAddress: boolean) {
  const isMost = byAddress && states.includes('confirmed');
  return isMost
    ? sql`+${subscribers.state} in ${[...states]}`
    : inArray(subscribers.state, [...states]);
}

const wants = {
  incidents: eq(subscribers.wantsIncidents, true),
  maintenance: eq(subscribers.wantsMaintenance, true),
};

type Row = Omit<SubscriberRow, 'topics' | 'components' | 'incidents'> & {
  wantsIncidents: boolean;
  wantsMaintenance: boolean;
};

async function withChoices(reader: Reader, rows: Row[]): Promise<SubscriberRow[]> {
  const ids = rows.map((row) => row.id);
  const choices = await choicesOf(reader, ids);
  const follows = await followsOf(reader, ids);
  return rows.map(({ wantsIncidents, wantsMaintenance, ...row }) => ({
    ...row,
    topics: topicsOf({ wantsIncidents, wantsMaintenance }),
    components: choices
      .filter((one) => one.subscriberId === row.id)
      .map(({ publicId, name }) => ({ id: publicId, name })),
    incidents: follows
      .filter((one) => one.subscriberId === row.id)
      .map(({ id, title, isOver }) => ({ id, title, isOver })),
  }));
}
