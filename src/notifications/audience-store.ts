// Who is owed an incident's message, in SQL: counted for the desk, and made into delivery rows chunk by chunk.
import { type SQL, sql } from 'drizzle-orm';
import type { Reader, Tx } from '../db/tx.ts';

export interface Audience {
  topic: 'incidents' | 'maintenance';
  /** The incident it is about: who follows just that one is owed it too. */
  incidentId: number | null;
  /** Empty means everyone. */
  componentIds: number[];
  /** Earlier messages about the same: who was owed one is owed the next, whatever they chose since. */
  earlierIds: number[];
}

/** The half-open range of subscriber ids `(after, upTo]`. */
export interface IdRange {
  after: number;
  upTo: number;
}

export async function highestSubscriberId(reader: Reader): Promise<number> {
  const [row] = reader.all<{ id: number }>(sql`select coalesce(max(id), 0) as id from subscribers`);
  return row?.id ?? 0;
}

/** The id that ends a chunk of `size` subscribers after `after`, or `highId` when fewer are left. */
export async function endOfChunk(
  reader: Reader,
  after: number,
  highId: number,
  size: number,
): Promise<number> {
  const [row] = reader.all<{ id: number }>(sql`
    select id from subscribers where id > ${after} and id <= ${highId}
    order by id limit 1 offset ${size - 1}`);
  return row?.id ?? highId;
}

/** Makes the rows of one chunk; answers how many. Doing it again changes nothing. */
export async function insertDeliveries(
  tx: Tx,
  notificationId: number,
  audience: Audience,
  cutSeq: number,
  range: IdRange,
  nextAt: Date,
): Promise<number> {
  const { changes } = tx.run(sql`
    insert into deliveries (notification_id, recipient_id, state, attempts, next_at)
    select ${notificationId}, s.id, 0, 0, ${nextAt.getTime()} from subscribers s
    where ${isOwed(audience, cutSeq, range)}
    on conflict do nothing`);
  return changes;
}

/** About 15 ms: a million in one go would hold up everything else for a second. */
const countedAtOnce = 20_000;

/**
 * How many are owed it among the subscribers of `range`, at the cut or, without one, now. Others have
 * their turn in between, so it is not for use inside a transaction.
 */
export async function countOwed(
  reader: Reader,
  audience: Audience,
  cutSeq = Number.MAX_SAFE_INTEGER,
  range?: IdRange,
): Promise<number> {
  const end = range?.upTo ?? (await highestSubscriberId(reader));
  let owed = 0;
  for (let after = range?.after ?? 0; after < end; after += countedAtOnce) {
    const some = { after, upTo: Math.min(after + countedAtOnce, end) };
    const [row] = reader.all<{ n: number }>(
      sql`select count(*) as n from subscribers s where ${isOwed(audience, cutSeq, some)}`,
    );
    owed += row?.n ?? 0;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return owed;
}

/**
 * Two marks make the cut: ids end the scan, sequence numbers decide. An id is given at sign-up, so a
 * pending address below the highest id may still confirm later and is not owed anything older.
 */
const isOwed = (audience: Audience, cutSeq: number, range: IdRange): SQL => sql`
  s.id > ${range.after} and s.id <= ${range.upTo}
  and s.confirmed_seq <= ${cutSeq}
  and (s.left_seq is null or s.left_seq > ${cutSeq})
  and ${wantsIt(audience)}`;

function wantsIt({ topic, incidentId, componentIds, earlierIds }: Audience): SQL {
  const wanted = topic === 'incidents' ? sql`s.wants_incidents` : sql`s.wants_maintenance`;
  const ways = [sql`(${wanted} = 1 and ${chose(componentIds)})`];
  if (incidentId !== null) {
    ways.push(sql`exists (
      select 1 from subscriber_incidents f
      where f.subscriber_id = s.id and f.incident_id = ${incidentId})`);
  }
  if (earlierIds.length > 0) {
    ways.push(sql`exists (
      select 1 from deliveries d
      where d.recipient_id = s.id and d.notification_id in ${earlierIds})`);
  }
  return sql`(${sql.join(ways, sql` or `)})`;
}

function chose(componentIds: number[]): SQL {
  if (componentIds.length === 0) return sql`true`;
  return sql`(
    not exists (select 1 from subscriber_components c where c.subscriber_id = s.id)
    or exists (
      select 1 from subscriber_components c
      where c.subscriber_id = s.id and c.component_id in ${componentIds}))`;
}
