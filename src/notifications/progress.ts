// How far a notification has come, for the desk: counts, lists, and who was left out.
import type { Reader } from '../db/tx.ts';
import { countOwed } from './audience-store.ts';
import { audienceOf } from './outbox.ts';
import { countByState, undeliveredRows } from './outbox-store.ts';
import { kindOf, widen } from './rules.ts';
import { incidentNotifications, mustFind, type NotificationRow, readContent } from './store.ts';
import type { NotificationSummary, Progress, Undelivered } from './types.ts';

/** How many would be owed a message about these components of this incident, if it were released now. */
export async function countAudience(
  reader: Reader,
  about: { incidentId: number; componentIds: number[] },
): Promise<number> {
  const earlier = await incidentNotifications(reader, about.incidentId);
  return countOwed(reader, {
    topic: 'incidents',
    incidentId: about.incidentId,
    componentIds: widen([about.componentIds, ...earlier.map((row) => row.audience)]),
    earlierIds: earlier.map((row) => row.id),
  });
}

export const progress = async (reader: Reader, id: number): Promise<Progress> =>
  progressOf(reader, await mustFind(reader, id));

async function progressOf(reader: Reader, notification: NotificationRow): Promise<Progress> {
  const { id, state, cutSeq, expandedTo, highId, createdAt, finishedAt } = notification;
  const counts = await countByState(reader, id);
  const made = Object.values(counts).reduce((sum, n) => sum + n, 0);
  const expanded = expandedTo >= highId;
  const range = { after: expandedTo, upTo: highId };
  const waiting = expanded
    ? 0
    : await countOwed(reader, await audienceOf(reader, notification), cutSeq, range);
  const owed = made + waiting;
  return { notificationId: id, state, counts, owed, expanded, createdAt, finishedAt };
}

/** An incident's messages to its subscribers, newest first. */
export async function listNotifications(
  reader: Reader,
  incidentId: number,
): Promise<NotificationSummary[]> {
  const rows = (await incidentNotifications(reader, incidentId)).toReversed();
  return Promise.all(
    rows.map(async (row) => ({
      ...(await progressOf(reader, row)),
      kind: kindOf(row.kind),
      stage: row.stage,
      subject: (await readContent(reader, row.contentSha256)).subject,
    })),
  );
}

/** Who did not get it and why, by recipient id. */
export async function listUndelivered(
  reader: Reader,
  id: number,
  page: { after?: number; limit?: number } = {},
): Promise<Undelivered[]> {
  const { recipientKind } = await mustFind(reader, id);
  const { after = 0, limit = 100 } = page;
  return undeliveredRows(reader, id, recipientKind, { after, limit });
}
