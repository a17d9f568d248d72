// What the lanes send next: deliveries claimed a little ahead, so that claiming costs each message next to nothing
// and yet little is held when mail is slow, paused or taken back.
import type { Kernel } from '../db/kernel.ts';
import { claim, hasDue } from '../notifications/outbox.ts';
import type { Claimed } from '../notifications/types.ts';
import { seconds } from '../shared/clock.ts';
import type { MailLane } from './types.ts';

export interface Supply {
  lane: MailLane;
  /** The next delivery, or undefined when nothing is due. */
  take(): Promise<Claimed | undefined>;
  /** Hands one back that could not be sent just now; it is the next again. */
  putBack(claimed: Claimed): void;
  /** Whether there is something to take. */
  hasSome(): Promise<boolean>;
  /** Hands over all it holds. */
  empty(): Claimed[];
}

/** Most claimed at once: beyond this a claim costs no less a message, and holds up those on their way. */
const most = 200;
/** A batch lasts no longer than about this: a newer message waits behind it. */
const meantToLast = seconds(1);

/** `least` is how many are claimed at first, and when mail is slow. */
export function createSupply(kernel: Kernel, boot: string, lane: MailLane, least: number): Supply {
  const ready: Claimed[] = [];
  let refilling: Promise<void> | undefined;
  let size = Math.min(least, most);
  let filledAt = -Infinity;

  async function refill(): Promise<void> {
    if (!(await hasDue(kernel.db.read, lane, kernel.clock.now()))) return;
    const now = kernel.clock.monotonic();
    const lasted = now - filledAt;
    if (lasted < meantToLast) size = Math.min(size * 2, most);
    else if (lasted > 2 * meantToLast) size = Math.max(Math.floor(size / 2), Math.min(least, most));
    const claimed = await claim(kernel, boot, lane, size);
    // Some may have been put back meanwhile.
    ready.push(...claimed);
    filledAt = now;
  }

  return {
    lane,
    async take() {
      if (ready.length === 0) {
        refilling ??= refill().finally(() => (refilling = undefined));
        await refilling;
      }
      return ready.shift();
    },
    putBack: (claimed) => void ready.unshift(claimed),
    hasSome: async () => ready.length > 0 || hasDue(kernel.db.read, lane, kernel.clock.now()),
    empty: () => ready.splice(0),
  };
}
