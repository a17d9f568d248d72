// Addresses that mail cannot reach, or whose holders reported it: into the quarantine, and out of it.
import type { Kernel } from '../db/kernel.ts';
import type { Tx } from '../db/tx.ts';
import { append } from '../events/service.ts';
import { type Actor, systemActor } from '../events/types.ts';
import { suppressionHash } from '../notifications/rules.ts';
import {
  findSuppression,
  insertSuppression,
  liftSuppression,
} from '../notifications/suppression-store.ts';
import { days, plus } from '../shared/clock.ts';
import { AppError, notFound } from '../shared/errors.ts';
import type { ReturnKind, ReturnSource } from '../shared/words.ts';
import { quarantinedBefore } from './quarantine-store.ts';
import { record } from './record.ts';
import {
  deleteSubscriber,
  findById,
  findByPublicId,
  type StoredSubscriber,
  takeOffWebhooks,
  updateSubscriber,
} from './store.ts';

export { countQuarantined, listQuarantined, type Quarantined } from './quarantine-store.ts';

/** What came back. */
interface Cause {
  kind: ReturnKind;
  code: string | null;
  source: ReturnSource;
}

/**
 * Puts a subscriber in quarantine: no mail, and choices kept for the day they come back. Only who has
 * confirmed: others get no mail anyway, and must not look as if they had. Answers whether it did.
 */
export async function quarantineFor(
  tx: Tx,
  kernel: Kernel,
  id: number,
  cause: Cause,
): Promise<boolean> {
  const subscriber = await findById(tx, id);
  if (subscriber?.state !== 'confirmed') return false;
  const { kind, code, source } = cause;
  const data = { kind, code, source };
  const leftSeq = await record(tx, kernel, systemActor, 'subscriber.quarantined', id, data);
  await updateSubscriber(tx, id, {
    state: 'quarantined',
    leftSeq,
    // What was asked for and never confirmed is over; the link to confirm it is dead.
    wish: null,
    confirmNonce: kernel.ids.secret(),
    updatedAt: kernel.clock.now(),
  });
  return true;
}

/** A complaint: quarantine, and the address on the suppression list for good, in whatever state it is. */
export async function complained(
  tx: Tx,
  kernel: Kernel,
  id: number,
  cause: Cause & { detail: string },
): Promise<void> {
  const subscriber = await findById(tx, id);
  if (!subscriber) return;
  await insertSuppression(tx, {
    addressHash: hashOf(kernel, subscriber),
    reason: 'complaint',
    evidence: `${cause.source}: ${cause.detail}`,
    at: kernel.clock.now(),
  });
  await quarantineFor(tx, kernel, id, cause);
}

const hashOf = (kernel: Kernel, { emailKey }: StoredSubscriber) =>
  suppressionHash(kernel.secretKey, emailKey);

/**
 * Lets mail go out to a quarantined address again: whatever is released from now on. Throws `conflict`
 * for an address on the suppression list unless told to override that, which is recorded.
 */
export async function reactivate(
  kernel: Kernel,
  actor: Actor,
  publicId: string,
  options: { override?: boolean } = {},
): Promise<void> {
  await kernel.db.write(async (tx) => {
    const subscriber = await findByPublicId(tx, publicId);
    if (!subscriber) throw notFound('subscriber');
    const { id, state } = subscriber;
    if (state === 'confirmed') return;
    if (state !== 'quarantined') {
      throw new AppError('conflict', 'Only someone in quarantine can be reactivated.');
    }
    await liftFor(tx, kernel, actor, subscriber, options.override ?? false);
    const confirmedSeq = await record(tx, kernel, actor, 'subscriber.reactivated', id);
    const back = { state: 'confirmed' as const, confirmedSeq, leftSeq: null };
    await updateSubscriber(tx, id, { ...back, updatedAt: kernel.clock.now() });
  });
}

async function liftFor(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  subscriber: StoredSubscriber,
  mayOverride: boolean,
): Promise<void> {
  const hash = hashOf(kernel, subscriber);
  const suppression = await findSuppression(tx, hash);
  if (!suppression) return;
  if (!mayOverride) {
    throw new AppError(
      'conflict',
      'This address is on the suppression list: its holder reported our mail as unwanted, or wanted to be forgotten.',
    );
  }
  const { reason, at } = suppression;
  const data = { reason, since: at.toISOString() };
  await record(tx, kernel, actor, 'subscriber.suppression_overridden', subscriber.id, data);
  await liftSuppression(tx, hash);
}

/** Erased in one transaction. */
const purgeChunk = 200;

/** Erases everybody who has been in quarantine for longer than that; answers how many. */
export async function purgeQuarantined(
  kernel: Kernel,
  actor: Actor,
  { olderThanDays }: { olderThanDays: number },
): Promise<number> {
  const before = plus(kernel.clock.now(), -days(olderThanDays));
  let purged = 0;
  for (;;) {
    const count = await kernel.db.write((tx) => purgeSome(tx, kernel, actor, before));
    purged += count;
    if (count < purgeChunk) return purged;
  }
}

async function purgeSome(tx: Tx, kernel: Kernel, actor: Actor, before: Date): Promise<number> {
  const some = await quarantinedBefore(tx, before, purgeChunk);
  if (some.length === 0) return 0;
  for (const { id, emailKey } of some) {
    await deleteSubscriber(tx, id);
    await takeOffWebhooks(tx, emailKey);
  }
  await append(tx, kernel.clock, actor, {
    kind: 'subscribers.purged',
    subject: 'subscriber',
    data: { count: some.length, from: 'quarantine' },
  });
  return some.length;
}
