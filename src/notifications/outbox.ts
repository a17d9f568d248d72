// The outbox as the sender works it: expand, claim, settle, release, sweep. Each call is one short transaction.
import type { Kernel } from '../db/kernel.ts';
import type { Reader, Tx } from '../db/tx.ts';
import { type Audience, endOfChunk, insertDeliveries } from './audience-store.ts';
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

export { claim, hasDue } from './claim.ts';
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
  await insertDeliveries(tx, id, audience, cutSeq, range, notBefore);
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

/**
 * Writes how a delivery came out, if `boot` still holds it; answers whether it did. `also` is what else
 * follows from it, in the same transaction.
 */
export async function settle(
  kernel: Kernel,
  boot: string,
  claimed: Claimed,
  settlement: Settlement,
  also?: (tx: Tx) => Promise<void>,
): Promise<boolean> {
  const { notification, recipient } = claimed;
  const key = { notificationId: notification.id, recipientId: recipient.id };
  return kernel.db.write(async (tx) => {
    const held = await settleRow(
      tx,
      { ...key, boot },
      {
        state: settlement.state,
        attempts: claimed.attempts + (settlement.charge ? 1 : 0),
        code: settlement.code,
        ...(settlement.nextAt && { nextAt: settlement.nextAt }),
      },
    );
    if (!held) return false;
    if (settlement.note) {
      const { code, note } = settlement;
      await insertAttempt(tx, { ...key, at: kernel.clock.now(), code, ...note });
    }
    if (settlement.pauseBecause) {
      const { pauseBecause: reason, code } = settlement;
      await pauseFor(tx, kernel, key.notificationId, { reason, code });
    }
    await finishIfDone(tx, kernel, key.notificationId);
    await also?.(tx);
    return true;
  });
}

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
