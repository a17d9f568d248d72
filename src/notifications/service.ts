// Deciding to tell an audience something: release, pause, resume, cancel, try again, and how far it has come.
import type { Kernel } from '../db/kernel.ts';
import type { Reader, Tx } from '../db/tx.ts';
import type { Actor } from '../events/types.ts';
import { plus } from '../shared/clock.ts';
import { AppError, invalid } from '../shared/errors.ts';
import { isSingleLine } from '../shared/text.ts';
import { highestSubscriberId } from './audience-store.ts';
import { cancelFor, finishIfDone, pauseFor, tell } from './lifecycle.ts';
import { expandChunk } from './outbox.ts';
import { insertDelivery, releaseAllClaims, requeueFailed } from './outbox-store.ts';
import { kindOf, lifetimes, widen } from './rules.ts';
import {
  changeNotification,
  freezeContent,
  holdUnfinished,
  earlierAbout,
  incidentOf,
  insertNotification,
  mustFind,
  type NotificationRow,
  unfinished,
} from './store.ts';
import { endCursors } from './webhook-store.ts';
import type { MailContent, ReleaseToOne, ReleaseToSubscribers } from './types.ts';

export { countAudience, listNotifications, listUndelivered, progress } from './progress.ts';
export { pausedFanOuts } from './store.ts';

/**
 * Owes a message about an incident or a maintenance to everyone who has confirmed by now: freezes its content, marks the cut,
 * makes the first chunk of rows (the sender makes the rest) and takes back older messages about
 * the same that have not gone out. Part of the caller's transaction.
 */
export async function releaseToSubscribers(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  release: ReleaseToSubscribers,
): Promise<number> {
  const { kind, mail, notBefore } = release;
  const about =
    kind === 'incident'
      ? { incidentId: release.incidentId, maintenanceId: null, stage: release.stage }
      : { incidentId: null, maintenanceId: release.maintenanceId, stage: null };
  const earlier = await earlierAbout(tx, about);
  const componentIds = widen([release.componentIds, ...earlier.map((row) => row.audience)]);
  const id = await insert(tx, kernel, mail, {
    kind,
    lane: 'bulk' as const,
    recipientKind: 'subscriber' as const,
    ...about,
    audience: componentIds,
    highId: await highestSubscriberId(tx),
    ...(notBefore && { notBefore }),
  });
  await markCut(tx, kernel, actor, id, { kind, stage: about.stage, componentIds });
  for (const older of earlier) {
    await cancelFor(tx, kernel, older.id, { reason: 'superseded', by: id }, actor);
  }
  await expandChunk(tx, kernel, await mustFind(tx, id));
  return id;
}

/** Owes a message to one recipient, ahead of all bulk mail. Part of the caller's transaction. */
export async function releaseToOne(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  release: ReleaseToOne,
): Promise<number> {
  const { kind, recipientKind, recipientId, mail } = release;
  const id = await insert(tx, kernel, mail, {
    kind,
    lane: 'direct' as const,
    recipientKind,
    audience: [],
    highId: 0,
    incidentId: release.incidentId ?? null,
  });
  await markCut(tx, kernel, actor, id, { kind, recipientKind, recipientId });
  await insertDelivery(tx, id, recipientId, kernel.clock.now());
  return id;
}

type Details = Pick<
  NotificationRow,
  'lane' | 'recipientKind' | 'incidentId' | 'audience' | 'highId'
> &
  Partial<Pick<NotificationRow, 'stage' | 'notBefore' | 'maintenanceId'>> & {
    kind: ReleaseToOne['kind'] | ReleaseToSubscribers['kind'];
  };

async function insert(
  tx: Tx,
  kernel: Kernel,
  mail: MailContent,
  details: Details,
): Promise<number> {
  if (!isSingleLine(mail.subject)) {
    throw invalid('subject', 'Please keep the subject on one line.');
  }
  const now = kernel.clock.now();
  const notBefore = details.notBefore ?? now;
  return insertNotification(tx, {
    ...details,
    state: 'queued',
    cutSeq: 0,
    expandedTo: 0,
    createdAt: now,
    notBefore,
    expiresAt: plus(notBefore, lifetimes[details.kind]),
    contentSha256: await freezeContent(tx, mail),
  });
}

/** Records the release; the event's number is the cut between who is owed it and who came later. */
async function markCut(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  id: number,
  data: Record<string, unknown>,
): Promise<void> {
  const { contentSha256 } = await mustFind(tx, id);
  const facts = { ...data, content: contentSha256 };
  const cutSeq = await tell(tx, kernel, id, 'notification.released', facts, actor);
  await changeNotification(tx, id, unfinished, { cutSeq });
}

// Steering

/** Stops claiming; what lanes already hold still goes out. */
export async function pause(kernel: Kernel, actor: Actor, id: number): Promise<void> {
  await kernel.db.write(async (tx) => {
    await mustFind(tx, id);
    const paused = await pauseFor(tx, kernel, id, { reason: 'by a person' }, actor);
    if (!paused) throw new AppError('conflict', 'Only mail that is being sent can be paused.');
  });
}

export async function resume(kernel: Kernel, actor: Actor, id: number): Promise<void> {
  await kernel.db.write(async (tx) => {
    const { expiresAt } = await mustFind(tx, id);
    if (expiresAt <= kernel.clock.now()) {
      throw new AppError('conflict', 'This mail is too old to be sent now.');
    }
    const resumed = await changeNotification(tx, id, ['paused'], {
      state: 'sending',
      pausedBecause: null,
    });
    if (!resumed) throw new AppError('conflict', 'This mail is not paused.');
    await tell(tx, kernel, id, 'notification.resumed', {}, actor);
    await finishIfDone(tx, kernel, id);
  });
}

/** Takes back whatever has not gone out yet. */
export async function cancel(kernel: Kernel, actor: Actor, id: number): Promise<void> {
  await kernel.db.write(async (tx) => {
    await mustFind(tx, id);
    const cancelled = await cancelFor(tx, kernel, id, { reason: 'recalled' }, actor);
    if (!cancelled) throw new AppError('conflict', 'There is nothing left to take back.');
  });
}

/** Queues the failed deliveries of a notification once more; answers how many. */
export async function retryFailed(kernel: Kernel, actor: Actor, id: number): Promise<number> {
  return kernel.db.write(async (tx) => {
    const notification = await mustFind(tx, id);
    const { kind, state } = notification;
    if (state === 'paused') {
      throw new AppError('conflict', 'This mail is paused: let it go on first.');
    }
    if (kind === 'incident' || kind === 'maintenance') await assertCurrent(tx, notification);
    const now = kernel.clock.now();
    const expiresAt = plus(now, lifetimes[kindOf(kind)]);
    const reopened = {
      state: 'sending' as const,
      finishedAt: null,
      expiresAt,
      pausedBecause: null,
    };
    if (!(await changeNotification(tx, id, [...unfinished, 'sent'], reopened))) {
      throw new AppError('conflict', 'This mail was cancelled.');
    }
    const count = await requeueFailed(tx, id, now);
    if (count === 0) throw new AppError('conflict', 'No delivery of this mail has failed.');
    await tell(tx, kernel, id, 'notification.retried', { count }, actor);
    return count;
  });
}

/** A message may go out again while what it is about is public and nothing newer was said about it. */
async function assertCurrent(reader: Reader, notification: NotificationRow): Promise<void> {
  const { id, incidentId } = notification;
  const incident = incidentId === null ? undefined : await incidentOf(reader, incidentId);
  if (incident && incident.visibility !== 'public') {
    throw new AppError('conflict', 'This incident is private: no email goes out about it.');
  }
  const all = await earlierAbout(reader, notification);
  if (all.some((other) => other.id > id)) {
    const about = incidentId === null ? 'maintenance' : 'incident';
    throw new AppError('conflict', `A newer message of this ${about} has gone out since.`);
  }
}

/** Pauses every unfinished notification, as after a restore: people decide what still goes out. Answers how many. */
export async function holdAll(tx: Tx): Promise<number> {
  await releaseAllClaims(tx);
  await endCursors(tx);
  return holdUnfinished(tx);
}
