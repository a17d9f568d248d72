// What the desk and time do with subscribers: list, count, erase, import, forget those who never confirmed.
import type { Kernel } from '../db/kernel.ts';
import type { Reader, Tx } from '../db/tx.ts';
import { append } from '../events/service.ts';
import { type Actor, systemActor } from '../events/types.ts';
import { suppressionHash } from '../notifications/rules.ts';
import { parseAddress } from '../shared/address.ts';
import { plus } from '../shared/clock.ts';
import { notFound } from '../shared/errors.ts';
import type { SubscriberState } from '../shared/words.ts';
import { confirmLifetime } from './rules.ts';
import {
  anyPendingBefore,
  countByState,
  deletePendingBefore,
  deleteSubscriber,
  findById,
  type ImportedSubscriber,
  insertMissing,
  insertSuppression,
  listPage,
} from './store.ts';
import type { SubscriberRow } from './types.ts';

/** Newest first, at most 100 a page; `after` is the id the last page ended with. */
export const listSubscribers = (
  reader: Reader,
  page: { state?: SubscriberState; after?: number; limit: number },
): Promise<SubscriberRow[]> => listPage(reader, { ...page, limit: Math.min(page.limit, 100) });

export const counts = (reader: Reader): Promise<Record<SubscriberState, number>> =>
  countByState(reader);

/**
 * Erases a subscriber: row, choices, consent. What was sent to them stays as numbers. With `suppress`
 * a keyed hash of the address stays behind, so that nobody can subscribe it again. Answers the address.
 */
export async function removeSubscriber(
  kernel: Kernel,
  actor: Actor,
  id: number,
  options: { suppress: boolean },
): Promise<string> {
  return kernel.db.write(async (tx) => {
    const subscriber = await findById(tx, id);
    if (!subscriber) throw notFound('subscriber');
    if (options.suppress) {
      const addressHash = suppressionHash(kernel.secretKey, subscriber.emailKey);
      await insertSuppression(tx, { addressHash, reason: 'erased', at: kernel.clock.now() });
    }
    await deleteSubscriber(tx, id);
    await append(tx, kernel.clock, actor, {
      kind: 'subscriber.erased',
      subject: 'subscriber',
      subjectId: id,
      data: { suppress: options.suppress },
    });
    return subscriber.email;
  });
}

/** Forgets addresses whose confirm links have all expired; answers how many. */
export async function purgePending(kernel: Kernel): Promise<number> {
  const limit = plus(kernel.clock.now(), -confirmLifetime);
  if (!(await anyPendingBefore(kernel.db.read, limit))) return 0;
  return kernel.db.write(async (tx) => {
    const count = await deletePendingBefore(tx, limit);
    if (count > 0) {
      await append(tx, kernel.clock, systemActor, {
        kind: 'subscribers.purged',
        subject: 'subscriber',
        data: { count },
      });
    }
    return count;
  });
}

/** Adds addresses whose consent was given elsewhere, under one event; known ones stay as they are. Answers how many are new. */
export async function addConfirmed(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  emails: readonly string[],
): Promise<number> {
  const now = kernel.clock.now();
  const confirmedSeq = await append(tx, kernel.clock, actor, {
    kind: 'subscribers.added',
    subject: 'subscriber',
    data: { asked: emails.length },
  });
  const rows = emails.flatMap((text): ImportedSubscriber[] => {
    const address = parseAddress(text);
    if (!address) return [];
    return [
      {
        publicId: kernel.ids.publicId(),
        email: address.email,
        emailKey: address.key,
        state: 'confirmed',
        confirmedSeq,
        confirmNonce: kernel.ids.secret(),
        confirmedAt: now,
        createdAt: now,
        updatedAt: now,
      },
    ];
  });
  return insertMissing(tx, rows);
}
