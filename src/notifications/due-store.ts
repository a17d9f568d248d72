// SQL of what may be sent now: which rows a lane could claim, and the notifications that have any.
import { sql } from 'drizzle-orm';
import type { Reader } from '../db/tx.ts';
import type { Lane } from '../shared/words.ts';
import { findNotification, type NotificationRow } from './store.ts';

/**
 * True when this row of `d`, of a notification `n`, must wait: an older message of the incident, or of
 * the maintenance, is on its way to the same person, and nobody may read the older one last.
 */
const mustWait = sql`exists (
  select 1 from deliveries o join notifications m on m.id = o.notification_id
  where o.state = 1 and o.recipient_id = d.recipient_id
    and (m.incident_id = n.incident_id or m.maintenance_id = n.maintenance_id)
    and m.lane = n.lane and m.id < n.id)`;

/**
 * Webhooks are told one thing at a time and in order: an endpoint that is down holds up itself alone,
 * and its oldest message is the only one that tries.
 */
const standsBehind = sql`(n.lane = 'webhook' and exists (
  select 1 from notifications m
  join deliveries o on o.notification_id = m.id and o.recipient_id = d.recipient_id
  where m.lane = 'webhook' and m.state in ('queued', 'sending') and m.id < n.id
    and o.state in (0, 1)))`;

/** Queued rows of `d` and `n` that a lane could take now. */
export const claimable = (now: Date) =>
  sql`d.state = 0 and d.next_at <= ${now.getTime()} and not ${mustWait} and not ${standsBehind}`;

/** Notifications with something to send now in a lane: the newest incident first. */
export async function dueNotifications(
  reader: Reader,
  lane: Lane,
  now: Date,
  limit: number,
): Promise<NotificationRow[]> {
  const ids = reader.all<{ id: number }>(sql`
    select n.id from notifications n
    where n.lane = ${lane} and n.state in ('queued', 'sending')
      and n.not_before <= ${now.getTime()} and n.expires_at > ${now.getTime()}
      and exists (
        select 1 from deliveries d where d.notification_id = n.id and ${claimable(now)})
    order by n.incident_id desc, n.id desc limit ${limit}`);
  const rows = await Promise.all(ids.map(({ id }) => findNotification(reader, id)));
  return rows.filter((row) => row !== undefined);
}
