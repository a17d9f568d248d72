// The end of a subscription, whoever ends it.
import type { Kernel } from '../db/kernel.ts';
import type { Tx } from '../db/tx.ts';
import type { Actor } from '../events/types.ts';
import { replaceChoices, replaceFollows } from './choices-store.ts';
import { record } from './record.ts';
import { updateSubscriber } from './store.ts';

/** Ends all mail: choices and follows are forgotten, links that were sent to confirm are dead. */
export async function leaving(tx: Tx, kernel: Kernel, actor: Actor, id: number): Promise<void> {
  const seq = await record(tx, kernel, actor, 'subscriber.unsubscribed', id);
  await replaceChoices(tx, id, []);
  await replaceFollows(tx, id, []);
  await updateSubscriber(tx, id, {
    state: 'unsubscribed',
    leftSeq: seq,
    wish: null,
    updatedAt: kernel.clock.now(),
    confirmNonce: kernel.ids.secret(),
  });
}
