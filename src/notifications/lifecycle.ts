// What ends or stops a notification, each with its event. Used by the people's verbs and by the sender's work alike.
import type { Kernel } from '../db/kernel.ts';
import type { Tx } from '../db/tx.ts';
import { append } from '../events/service.ts';
import { systemActor } from '../events/types.ts';
import { hasMore } from './counts-store.ts';
import { cancelRows } from './outbox-store.ts';
import { chunkSize } from './rules.ts';
import { changeNotification, findNotification, unfinished, unsentWarnings } from './store.ts';

/** A notification is sent once every row is made and none is queued or on its way. */
export async function finishIfDone(tx: Tx, kernel: Kernel, id: number): Promise<void> {
  // Asked after every few messages: nearly always there is more to do.
  if (hasMore(tx, id)) return;
  const notification = await findNotification(tx, id);
  if (!notification || !['queued', 'sending'].includes(notification.state)) return;
  const finishedAt = kernel.clock.now();
  await changeNotification(tx, id, unfinished, { state: 'sent', finishedAt });
  if (notification.lane === 'bulk') await tell(tx, kernel, id, 'notification.sent', {});
}

/** Ends a notification: nothing more of it is claimed from now on, its rows follow in chunks. */
export async function cancelFor(
  tx: Tx,
  kernel: Kernel,
  id: number,
  data: Record<string, unknown>,
  actor = systemActor,
): Promise<boolean> {
  const finishedAt = kernel.clock.now();
  const cancelled = await changeNotification(tx, id, unfinished, {
    state: 'cancelled',
    finishedAt,
  });
  if (!cancelled) return false;
  await cancelRows(tx, id, chunkSize);
  await tell(tx, kernel, id, 'notification.cancelled', data, actor);
  return true;
}

/** Takes back clock warnings that wait, as while the relay is down: what they say is true no more. */
export async function withdrawWarnings(tx: Tx, kernel: Kernel, incidentId: number): Promise<void> {
  for (const { id } of await unsentWarnings(tx, incidentId)) {
    await cancelFor(tx, kernel, id, { reason: 'outdated' });
  }
}

/** Stops a notification until a person resumes it. */
export async function pauseFor(
  tx: Tx,
  kernel: Kernel,
  id: number,
  data: Record<string, unknown>,
  actor = systemActor,
): Promise<boolean> {
  const because = typeof data['reason'] === 'string' ? data['reason'] : null;
  const change = { state: 'paused' as const, pausedBecause: because };
  const paused = await changeNotification(tx, id, ['queued', 'sending'], change);
  if (paused) await tell(tx, kernel, id, 'notification.paused', data, actor);
  return paused;
}

/** Appends an event about a notification, to its incident's timeline where it has one. */
export async function tell(
  tx: Tx,
  kernel: Kernel,
  id: number,
  kind: string,
  data: Record<string, unknown>,
  actor = systemActor,
): Promise<number> {
  const notification = await findNotification(tx, id);
  const incidentId = notification?.incidentId ?? null;
  return append(tx, kernel.clock, actor, {
    kind,
    subject: 'notification',
    subjectId: id,
    incidentId,
    data,
  });
}
