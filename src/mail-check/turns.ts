// Work that reaches outside for somebody who waits: one at a time for each account, and so many in ten minutes.
import type { Kernel } from '../db/kernel.ts';
import { hit } from '../db/windows.ts';
import type { Actor } from '../events/types.ts';
import { minutes } from '../shared/clock.ts';
import { AppError } from '../shared/errors.ts';

export const turnsAllowed = 20;
const turnWindow = minutes(10);

/** Throws `conflict` while another of this account's runs, `too_many` after too many. */
export type InTurn = <T>(actor: Actor, work: () => Promise<T>) => Promise<T>;

/** `what` names the counter. */
export function createTurns(kernel: Kernel, what: string): InTurn {
  const busy = new Set<number>();
  return async (actor, work) => {
    const account = actor.id ?? 0;
    if (busy.has(account)) {
      throw new AppError('conflict', 'Another one of yours is still running. Please wait for it.');
    }
    busy.add(account);
    try {
      await admit(kernel, `${what}:${account}`);
      return await work();
    } finally {
      busy.delete(account);
    }
  };
}

async function admit(kernel: Kernel, key: string): Promise<void> {
  const now = kernel.clock.now();
  const hits = await kernel.db.write((tx) => hit(tx, key, now, turnWindow));
  if (hits <= turnsAllowed) return;
  throw new AppError('too_many', 'That was tried often enough for now. Please wait ten minutes.', {
    retryAfter: turnWindow / 1000,
  });
}
