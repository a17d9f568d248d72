// Mail that stands still until a person decides, as all of it does after a restore: seen, let go, thrown away.
import type { Kernel } from '../db/kernel.ts';
import type { Reader, Tx } from '../db/tx.ts';
import type { Actor } from '../events/types.ts';
import { plus } from '../shared/clock.ts';
import { AppError } from '../shared/errors.ts';
import { cancelFor, finishIfDone, tell } from './lifecycle.ts';
import { linesOf, type NotificationLine } from './progress.ts';
import {
  countHeldRows,
  type HeldCounts,
  heldRows,
  onlyRecipient,
  someHeld,
} from './progress-store.ts';
import { kindOf, lifetimes } from './rules.ts';
import { changeNotification, mustFind } from './store.ts';

export { countHeldRows as countHeldMail } from './progress-store.ts';

interface HeldNotification extends NotificationLine {
  /** It is past its end: it goes out only after being asked about. */
  isExpired: boolean;
  /** The address it goes to, where it goes to one. */
  recipient: string | undefined;
}

export interface HeldMail extends HeldCounts {
  /** The first of them: to many before to one, the newest first. */
  notifications: HeldNotification[];
}

/** Mail that waits for a decision. Messages to webhooks have their own: `countHeld`, `decideHeld`. */
export async function heldNotifications({ db, clock }: Kernel, limit: number): Promise<HeldMail> {
  const now = clock.now();
  const rows = await heldRows(db.read, limit);
  const lines = await linesOf(db.read, rows);
  return {
    ...(await countHeldRows(db.read, now)),
    notifications: await Promise.all(
      lines.map(async (line) => ({
        ...line,
        isExpired: line.expiresAt <= now,
        recipient: line.lane === 'direct' ? await addressee(db.read, line) : undefined,
      })),
    ),
  };
}

const addressee = (reader: Reader, { notificationId: id, recipientKind }: NotificationLine) =>
  onlyRecipient(reader, { id, recipientKind });

/**
 * Lets a held notification go out. One that is past its end goes only when its person said so knowing
 * that (`evenIfOld`), and gets its time anew. Throws `conflict` where there is nothing to let go.
 */
export async function releaseHeld(
  kernel: Kernel,
  actor: Actor,
  id: number,
  { evenIfOld = false } = {},
): Promise<void> {
  await kernel.db.write(async (tx) => {
    const { expiresAt } = await mustFind(tx, id);
    const isOld = expiresAt <= kernel.clock.now();
    if (isOld && !evenIfOld) {
      throw new AppError(
        'conflict',
        'This mail is old news by now: say that it is to go out all the same, or discard it.',
      );
    }
    if (!(await letGo(tx, kernel, actor, id, isOld))) throw notHeld();
  });
}

const notHeld = () => new AppError('conflict', 'This mail does not wait for a decision any more.');

async function letGo(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  id: number,
  isOld: boolean,
): Promise<boolean> {
  const { kind } = await mustFind(tx, id);
  const anew = { expiresAt: plus(kernel.clock.now(), lifetimes[kindOf(kind)]) };
  const going = { state: 'sending' as const, pausedBecause: null, ...(isOld && anew) };
  if (!(await changeNotification(tx, id, ['paused'], going))) return false;
  await tell(tx, kernel, id, 'notification.resumed', { held: true, old: isOld }, actor);
  await finishIfDone(tx, kernel, id);
  return true;
}

/** Throws a held notification away: who has not got it yet never will. */
export async function discardHeld(kernel: Kernel, actor: Actor, id: number): Promise<void> {
  await kernel.db.write(async (tx) => {
    const { state } = await mustFind(tx, id);
    if (state !== 'paused') throw notHeld();
    await cancelFor(tx, kernel, id, { reason: 'discarded' }, actor);
  });
}

/** Lets everything go that is still worth sending. Answers how many notifications that is. */
export function releaseAllHeld(kernel: Kernel, actor: Actor): Promise<number> {
  const worthAfter = kernel.clock.now();
  return eachHeld(kernel, worthAfter, (tx, id) => letGo(tx, kernel, actor, id, false));
}

/** Throws everything away that is held, old or not. Answers how many notifications that is. */
export const discardAllHeld = (kernel: Kernel, actor: Actor): Promise<number> =>
  eachHeld(kernel, undefined, (tx, id) =>
    cancelFor(tx, kernel, id, { reason: 'discarded' }, actor),
  );

const atOnce = 100;

/** In short transactions: a restore may hold thousands of confirmations. */
async function eachHeld(
  kernel: Kernel,
  worthAfter: Date | undefined,
  decide: (tx: Tx, id: number) => Promise<boolean>,
): Promise<number> {
  let after = 0;
  let decided = 0;
  for (;;) {
    const seen = await kernel.db.write(async (tx) => {
      const some = await someHeld(tx, { ...(worthAfter && { worthAfter }), after, limit: atOnce });
      for (const { id } of some) decided += (await decide(tx, id)) ? 1 : 0;
      return some;
    });
    if (seen.length < atOnce) return decided;
    after = seen.at(-1)?.id ?? after;
  }
}
