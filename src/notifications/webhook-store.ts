// SQL of messages to webhooks: who is owed one, made into delivery rows at once, for they are few.
import { and, asc, eq, inArray, min, type SQL, sql } from 'drizzle-orm';
import {
  components,
  eventCursors,
  events,
  incidents,
  notifications,
  webhooks,
} from '../db/schema.ts';
import type { Reader, Tx } from '../db/tx.ts';
import type { WebhookFormat } from '../shared/words.ts';
import { changeCounts } from './counts-store.ts';
import type { ReleaseToWebhooks } from './types.ts';

export const webhooksByIds = (reader: Reader, ids: number[]) =>
  reader.select().from(webhooks).where(inArray(webhooks.id, ids));

export async function countOwedWebhooks(
  reader: Reader,
  release: ReleaseToWebhooks,
): Promise<number> {
  const [row] = reader.all<{ n: number }>(
    sql`select count(*) as n from webhooks w where ${isOwed(release)}`,
  );
  return row?.n ?? 0;
}

export async function insertWebhookDeliveries(
  tx: Tx,
  notificationId: number,
  release: ReleaseToWebhooks,
  nextAt: Date,
): Promise<void> {
  const { changes } = tx.run(sql`
    insert into deliveries (notification_id, recipient_id, state, attempts, next_at)
    select ${notificationId}, w.id, 0, 0, ${nextAt.getTime()} from webhooks w
    where ${isOwed(release)}
    on conflict do nothing`);
  await changeCounts(tx, notificationId, { made: changes });
}

function isOwed(release: ReleaseToWebhooks): SQL {
  const formats = Object.keys(release.message.bodies) as WebhookFormat[];
  return sql`
    w.state = 'confirmed' and w.confirmed_seq <= ${release.cutSeq}
    and w.format in ${formats.length === 0 ? ['none'] : formats}
    and ${wantsIt(release)}`;
}

/** Who follows one incident is told of nothing else; who was told of something is told how it goes on. */
function wantsIt({ topic, incidentId, maintenanceId, componentIds, formerOf }: ReleaseToWebhooks) {
  if (formerOf !== undefined) return sql`w.id in ${toldOf(sql`n.incident_id = ${formerOf}`)}`;
  const wanted = {
    incidents: sql`w.wants_incidents`,
    maintenance: sql`w.wants_maintenance`,
    components: sql`w.wants_components`,
  }[topic];
  const ways = [sql`(w.incident_id is null and ${wanted} = 1 and ${chose(componentIds)})`];
  if (incidentId !== null) {
    ways.push(sql`w.incident_id = ${incidentId}`);
    ways.push(sql`w.id in ${toldOf(sql`n.incident_id = ${incidentId}`)}`);
  }
  if (maintenanceId !== null) {
    ways.push(sql`w.id in ${toldOf(sql`n.maintenance_id = ${maintenanceId}`)}`);
  }
  return sql`(${sql.join(ways, sql` or `)})`;
}

const toldOf = (about: SQL) => sql`(
  select d.recipient_id from notifications n join deliveries d on d.notification_id = n.id
  where n.kind = 'webhook' and ${about})`;

function chose(componentIds: string[]): SQL {
  if (componentIds.length === 0) return sql`true`;
  return sql`(
    json_array_length(w.component_ids) = 0
    or exists (
      select 1 from json_each(w.component_ids) chosen join components c on c.id = chosen.value
      where c.public_id in ${componentIds}))`;
}

// What events name by row id

export async function incidentPublicId(
  reader: Reader,
  id: number | null,
): Promise<string | undefined> {
  const [row] = await reader
    .select({ publicId: incidents.publicId })
    .from(incidents)
    .where(eq(incidents.id, id ?? 0));
  return row?.publicId;
}

export async function componentPublicId(
  reader: Reader,
  id: number | null,
): Promise<string | undefined> {
  const [row] = await reader
    .select({ publicId: components.publicId })
    .from(components)
    .where(eq(components.id, id ?? 0));
  return row?.publicId;
}

// How far the record has been told

/** The cursor of a reader of the record, or undefined before its first start. */
export async function readCursor(reader: Reader, name: string): Promise<number | undefined> {
  const [row] = await reader
    .select({ seq: eventCursors.seq })
    .from(eventCursors)
    .where(eq(eventCursors.name, name));
  return row?.seq;
}

export async function moveCursor(tx: Tx, name: string, seq: number): Promise<void> {
  await tx
    .insert(eventCursors)
    .values({ name, seq })
    .onConflictDoUpdate({ target: eventCursors.name, set: { seq } });
}

/** When the first of the live webhooks was confirmed: nothing older is owed to anyone. */
export async function firstConfirmed(reader: Reader): Promise<number | undefined> {
  const [row] = await reader
    .select({ seq: min(webhooks.confirmedSeq) })
    .from(webhooks)
    .where(eq(webhooks.state, 'confirmed'));
  return row?.seq ?? undefined;
}

/** Puts every reader of the record at its end: what happened before is not told any more. */
export async function endCursors(tx: Tx): Promise<void> {
  tx.run(sql`update event_cursors set seq = (select coalesce(max(${events.seq}), 0) from events)`);
}

/** Messages to webhooks that wait for a person, as after a restore. Oldest first. */
export async function heldIds(reader: Reader): Promise<number[]> {
  const rows = await reader
    .select({ id: notifications.id })
    .from(notifications)
    .where(and(eq(notifications.state, 'paused'), eq(notifications.lane, 'webhook')))
    .orderBy(asc(notifications.id));
  return rows.map((row) => row.id);
}
