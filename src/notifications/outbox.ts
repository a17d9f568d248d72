// The outbox as the sender works it: expand, claim, settle, release, sweep. Each call is one short transaction.
import type { Kernel } from '../db/kernel.ts';
import type { Reader, Tx } from '../db/tx.ts';
import { type Audience, endOfChunk, insertDeliveries } from './audience-store.ts';
import { changeCounts, type CountChange } from './counts-store.ts';
import { cancelFor, finishIfDone, pauseFor } from './lifecycle.ts';
import { cancelRows, insertAttempt, releaseClaims, settleRow } from './outbox-store.ts';
import { chunkSize } from './rules.ts';
import {
  changeNotification,
  expiredNotifications,
  earlierAbout,
  nextToSweep,
  nextUnexpanded,
  type NotificationRow,
  unfinished,
} from './store.ts';
import type { Claimed, Settlement } from './types.ts';

export { claim, hasDue, lastLook } from './claim.ts';
export { readContent } from './store.ts';

// Expanding

/** Makes the next chunk of rows of some unfinished notification; false when all rows are made. */
export async function expandNext(kernel: Kernel): Promise<boolean> {
  if (!(await nextUnexpanded(kernel.db.read))) return false;
  return kernel.db.write(async (tx) => {
    const notification = await nextUnexpanded(tx);
    if (!notification) return false;
    await expandChunk(tx, kernel, notification);
    return true;
  });
}

/** Makes one chunk of a notification's rows and notes how far it came. Restartable: the key keeps rows single. */
export async function expandChunk(
  tx: Tx,
  kernel: Kernel,
  notification: NotificationRow,
): Promise<void> {
  const { id, expandedTo, highId, cutSeq, notBefore } = notification;
  const upTo = await endOfChunk(tx, expandedTo, highId, chunkSize);
  const audience = await audienceOf(tx, notification);
  const range = { after: expandedTo, upTo };
  const made = await insertDeliveries(tx, id, audience, cutSeq, range, notBefore);
  await changeCounts(tx, id, { made });
  await changeNotification(tx, id, unfinished, { expandedTo: upTo });
  await finishIfDone(tx, kernel, id);
}

/** The audience rule a notification was released with. */
export async function audienceOf(reader: Reader, notification: NotificationRow): Promise<Audience> {
  const { id, kind, incidentId, audience: componentIds } = notification;
  const all = await earlierAbout(reader, notification);
  const earlierIds = all.map((other) => other.id).filter((other) => other < id);
  const topic = kind === 'maintenance' ? 'maintenance' : 'incidents';
  return { topic, incidentId, componentIds, earlierIds };
}

// Settling

/** How one claimed delivery came out, and what else is written with it. */
export interface Mark {
  claimed: Claimed;
  settlement: Settlement;
  also?: ((tx: Tx) => Promise<void>) | undefined;
}

/**
 * Writes how deliveries came out, in one transaction: those that `boot` still holds; answers how many those
 * are. `also` is what else is written with them.
 */
export async function settleAll(
  kernel: Kernel,
  boot: string,
  marks: readonly Mark[],
  also?: (tx: Tx) => Promise<void>,
): Promise<number> {
  return kernel.db.write(async (tx) => {
    const changes = new Map<number, Required<CountChange>>();
    let held = 0;
    for (const mark of marks) held += (await writeMark(tx, kernel, boot, mark, changes)) ? 1 : 0;
    for (const [id, change] of changes) {
      await changeCounts(tx, id, change);
      await finishIfDone(tx, kernel, id);
    }
    await also?.(tx);
    return held;
  });
}

async function writeMark(
  tx: Tx,
  kernel: Kernel,
  boot: string,
  { claimed, settlement, also }: Mark,
  changes: Map<number, Required<CountChange>>,
): Promise<boolean> {
  const { state, code, note, pauseBecause } = settlement;
  const notificationId = claimed.notification.id;
  const key = { notificationId, recipientId: claimed.recipient.id };
  if (!settleRow(tx, { ...key, boot }, settlement)) return false;
  const change = changes.get(notificationId) ?? { ...noChange };
  if (state !== 'queued') change[state] += 1;
  changes.set(notificationId, change);
  if (note) await insertAttempt(tx, { ...key, at: kernel.clock.now(), code, ...note });
  if (pauseBecause) await pauseFor(tx, kernel, notificationId, { reason: pauseBecause, code });
  await also?.(tx);
  return true;
}

const noChange = { made: 0, sent: 0, failed: 0, suppressed: 0, cancelled: 0 };

// Releasing, expiring, sweeping

/** Gives back what this boot has claimed and not sent. */
export const releaseOwn = (kernel: Kernel, boot: string): Promise<number> =>
  kernel.db.write((tx) => releaseClaims(tx, 'own', boot, kernel.clock.now()));

/** Frees what earlier boots had claimed when they ended. Only one sender runs on a database at a time. */
export const releaseForeign = (kernel: Kernel, boot: string): Promise<number> =>
  kernel.db.write((tx) => releaseClaims(tx, 'foreign', boot, kernel.clock.now()));

/** Cancels notifications that are past their end. */
export async function expireOverdue(kernel: Kernel): Promise<void> {
  const now = kernel.clock.now();
  if ((await expiredNotifications(kernel.db.read, now)).length === 0) return;
  await kernel.db.write(async (tx) => {
    for (const { id } of await expiredNotifications(tx, now)) {
      await cancelFor(tx, kernel, id, { reason: 'expired' });
    }
  });
}

/** Cancels the next chunk of rows that a cancelled notification left queued; false when there are none. */
export async function sweepNext(kernel: Kernel): Promise<boolean> {
  if (!(await nextToSweep(kernel.db.read))) return false;
  return kernel.db.write(async (tx) => {
    const notification = await nextToSweep(tx);
    if (notification) await cancelRows(tx, notification.id, chunkSize);
    return notification !== undefined;
  });
}
