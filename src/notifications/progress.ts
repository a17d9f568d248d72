// How far notifications have come, for the desk: counts, lists, and who was left out.
import type { Reader } from '../db/tx.ts';
import type { Lane, RecipientKind } from '../shared/words.ts';
import { countOwed } from './audience-store.ts';
import { audienceOf } from './outbox.ts';
import {
  activeRows,
  countClaimed,
  countDoubtful,
  countInLane,
  missedRows,
  onlyRecipient,
  recentRows,
} from './progress-store.ts';
import { kindOf, widen } from './rules.ts';
import {
  incidentNotifications,
  mustFind,
  type NotificationRow,
  readContent,
  readSubject,
} from './store.ts';
import type {
  DeliveryCounts,
  MailContent,
  NotificationSummary,
  Progress,
  Undelivered,
} from './types.ts';

export { waitingSince } from './progress-store.ts';

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

// One notification

/** A notification as the desk lists it. */
export interface NotificationLine extends NotificationSummary {
  lane: Lane;
  recipientKind: RecipientKind;
  incidentId: number | null;
  maintenanceId: number | null;
  /** Nothing goes out before. */
  notBefore: Date;
  /** After this it is old news. */
  expiresAt: Date;
  /** Why it stands still, while it is paused. */
  pausedBecause: string | null;
}

export interface NotificationDetail extends NotificationLine {
  content: MailContent;
  contentSha256: string;
  /** Component ids of the audience rule; empty means everyone. */
  audience: number[];
  /** Seq of the release event. */
  cutSeq: number;
  /** Who may have got it twice: accepted perhaps, and sent once more. */
  doubtful: number;
  /** The address it goes to, where it goes to one; null once erased. */
  recipient: string | null;
}

export const progress = async (reader: Reader, id: number): Promise<Progress> =>
  progressOf(reader, await mustFind(reader, id));

/** Everything that is known of one notification. Throws not_found. */
export async function notificationDetail(reader: Reader, id: number): Promise<NotificationDetail> {
  const row = await mustFind(reader, id);
  const { contentSha256, audience, cutSeq } = row;
  const recipient = row.lane === 'direct' ? await onlyRecipient(reader, row) : undefined;
  return {
    ...(await lineOf(reader, row)),
    content: await readContent(reader, contentSha256),
    contentSha256,
    audience,
    cutSeq,
    doubtful: await countDoubtful(reader, id),
    recipient: recipient ?? null,
  };
}

async function progressOf(reader: Reader, notification: NotificationRow): Promise<Progress> {
  const { id, state, expandedTo, highId, createdAt, finishedAt, made } = notification;
  const owed = made + (await countUnmade(reader, notification));
  const expanded = expandedTo >= highId;
  const counts = countsOf(reader, notification);
  return { notificationId: id, state, counts, owed, expanded, createdAt, finishedAt };
}

function countsOf(reader: Reader, notification: NotificationRow): DeliveryCounts {
  const { id, made, sent, failed, suppressed, cancelled } = notification;
  const open = Math.max(0, made - sent - failed - suppressed - cancelled);
  const sending = open === 0 ? 0 : Math.min(open, countClaimed(reader, id));
  return { queued: open - sending, sending, sent, failed, suppressed, cancelled };
}

/** About 15 ms of looking. */
const idsLookedAt = 20_000;

/**
 * Those who are owed it and have no row yet. The sender makes the rows of a million within seconds: as
 * long as there are more to look at than that, only those found so far count.
 */
async function countUnmade(reader: Reader, notification: NotificationRow): Promise<number> {
  const { expandedTo, highId, cutSeq } = notification;
  const left = highId - expandedTo;
  if (left <= 0 || left > idsLookedAt) return 0;
  const range = { after: expandedTo, upTo: highId };
  return countOwed(reader, await audienceOf(reader, notification), cutSeq, range);
}

async function lineOf(reader: Reader, row: NotificationRow): Promise<NotificationLine> {
  const { lane, recipientKind, incidentId, maintenanceId, notBefore, expiresAt } = row;
  return {
    ...(await progressOf(reader, row)),
    kind: kindOf(row.kind),
    stage: row.stage,
    subject: await readSubject(reader, row.contentSha256),
    lane,
    recipientKind,
    incidentId,
    maintenanceId,
    notBefore,
    expiresAt,
    pausedBecause: row.pausedBecause,
  };
}

export const linesOf = (reader: Reader, rows: NotificationRow[]): Promise<NotificationLine[]> =>
  Promise.all(rows.map((row) => lineOf(reader, row)));

// Lists

/** An incident's messages to its subscribers, newest first. */
export const listNotifications = async (
  reader: Reader,
  incidentId: number,
): Promise<NotificationLine[]> =>
  linesOf(reader, (await incidentNotifications(reader, incidentId)).toReversed());

const mostActive = 50;

/** What goes out to subscribers now, in the order it is sent. */
export const activeNotifications = async (reader: Reader): Promise<NotificationLine[]> =>
  linesOf(reader, await activeRows(reader, 'bulk', mostActive));

/** Messages to one recipient each that have not gone out yet. */
export const countDirectWaiting = (reader: Reader): Promise<number> =>
  countInLane(reader, 'direct', ['queued', 'sending']);

/** A lane's notifications, newest first. `before` is the id of the last one of the page before. */
export const recentNotifications = async (
  reader: Reader,
  lane: Lane,
  { before = Number.MAX_SAFE_INTEGER, limit }: { before?: number | undefined; limit: number },
): Promise<NotificationLine[]> =>
  linesOf(reader, await recentRows(reader, lane, { before, limit }));

/** Who did not get it and why, by recipient id. */
export async function listUndelivered(
  reader: Reader,
  id: number,
  page: { after?: number; limit?: number } = {},
): Promise<Undelivered[]> {
  const { recipientKind } = await mustFind(reader, id);
  const { after = 0, limit = 100 } = page;
  return missedRows(reader, id, recipientKind, { after, limit });
}

/** Everybody who did not get it, a page at a time, so that a million of them need no memory. */
export async function* eachUndelivered(
  reader: Reader,
  id: number,
  pageSize = 1000,
): AsyncGenerator<Undelivered[]> {
  let after = 0;
  for (;;) {
    const rows = await listUndelivered(reader, id, { after, limit: pageSize });
    if (rows.length > 0) yield rows;
    if (rows.length < pageSize) return;
    after = rows.at(-1)?.recipientId ?? after;
  }
}
