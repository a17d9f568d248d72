// A publishing request is done once, however often it arrives, and answers the same each time (F-20).
import type { Kernel } from '../db/kernel.ts';
import type { Reader, Tx } from '../db/tx.ts';
import type { Actor } from '../events/types.ts';
import { draftOfUpdate } from './draft-store.ts';
import {
  earlierResult,
  type KeyedRequest,
  keyedRequest,
  rememberResult,
} from '../events/idempotency.ts';
import { incidentById, updateById } from './store.ts';
import type { DeclareInput, Published, UpdateInput } from './types.ts';

/** Runs `work` unless the same request was made before; either way the answer is the same. */
export const once = (
  kernel: Kernel,
  request: KeyedRequest | undefined,
  work: (tx: Tx) => Promise<number>,
): Promise<Published> =>
  kernel.db.write(async (tx) => {
    const now = kernel.clock.now();
    const earlier = await earlierResult(tx, request, now);
    if (earlier !== undefined) return publishedAs(tx, earlier);
    const updateId = await work(tx);
    await rememberResult(tx, request, updateId, now);
    return publishedAs(tx, updateId);
  });

/** `nextUpdateBy` is usually made from the clock, so that a repetition would differ in it. */
export function requestOf(actor: Actor, verb: string, input: DeclareInput | UpdateInput) {
  const { idempotencyKey, sent, nextUpdateBy: _, ...rest } = input;
  return keyedRequest(actor, idempotencyKey, { verb, body: sent ?? rest });
}

async function publishedAs(reader: Reader, updateId: number): Promise<Published> {
  const update = await updateById(reader, updateId);
  const incident = await incidentById(reader, update.incidentId);
  const draft = await draftOfUpdate(reader, updateId);
  return {
    incidentId: incident.id,
    incidentPublicId: incident.publicId,
    updateId,
    updatePublicId: update.publicId,
    draftId: draft && draft.state !== 'cancelled' ? draft.id : null,
    notificationId: draft?.notificationId ?? null,
  };
}
