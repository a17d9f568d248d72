// What becomes of rows: addresses brought from elsewhere, erasure, forgetting those who never confirmed.
import type { Kernel } from '../db/kernel.ts';
import type { Tx } from '../db/tx.ts';
import { append } from '../events/service.ts';
import { type Actor, systemActor } from '../events/types.ts';
import { suppressionHash } from '../notifications/rules.ts';
import { insertSuppression, suppressedAmong } from '../notifications/suppression-store.ts';
import { parseAddress } from '../shared/address.ts';
import { plus } from '../shared/clock.ts';
import { notFound } from '../shared/errors.ts';
import { confirmLifetime } from './rules.ts';
import {
  anyPendingBefore,
  deletePendingBefore,
  deleteSubscriber,
  findById,
  type ImportedSubscriber,
  insertMissing,
  takeOffWebhooks,
} from './store.ts';

/**
 * Erases a subscriber: row, choices, consent, and the address from webhooks asked for with it. What was
 * sent to them stays as numbers. With `suppress` a keyed hash of the address stays behind, so that nobody can subscribe it again. Answers the address.
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
    const webhooks = await takeOffWebhooks(tx, subscriber.emailKey);
    await append(tx, kernel.clock, actor, {
      kind: 'subscriber.erased',
      subject: 'subscriber',
      subjectId: id,
      data: { suppress: options.suppress, ...(webhooks > 0 && { webhooks }) },
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

/** An address whose consent was given elsewhere, and the row ids of the components it chose; none means all. */
interface ConfirmedElsewhere {
  email: string;
  componentIds: number[];
}

/**
 * Adds addresses whose consent was given elsewhere, under one event; known ones stay as they are, those
 * that must not be mailed stay out. Answers how many are new.
 */
export async function addConfirmed(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  people: readonly (string | ConfirmedElsewhere)[],
): Promise<number> {
  const now = kernel.clock.now();
  const confirmedSeq = await append(tx, kernel.clock, actor, {
    kind: 'subscribers.added',
    subject: 'subscriber',
    data: { asked: people.length },
  });
  const readable = people.flatMap((person) => {
    const { email, componentIds } =
      typeof person === 'string' ? { email: person, componentIds: [] } : person;
    const address = parseAddress(email);
    if (!address) return [];
    return [{ ...address, componentIds, hash: suppressionHash(kernel.secretKey, address.key) }];
  });
  const suppressed = await suppressedAmong(
    tx,
    readable.map(({ hash }) => hash),
  );
  const welcome = readable.filter(({ hash }) => !suppressed.has(hash));
  const rows = welcome.map(({ email, key, componentIds }): ImportedSubscriber => ({
    publicId: kernel.ids.publicId(),
    email,
    emailKey: key,
    state: 'confirmed',
    confirmedSeq,
    confirmNonce: kernel.ids.secret(),
    confirmedAt: now,
    createdAt: now,
    updatedAt: now,
    componentIds,
  }));
  return insertMissing(tx, rows);
}
