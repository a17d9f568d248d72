// What a lane does: takes the next claimed delivery, sees whether its relay may have it now, sends it, and waits
// for its mark before the next.
import type { Kernel } from '../db/kernel.ts';
import type { Mark } from '../notifications/outbox.ts';
import type { Claimed } from '../notifications/types.ts';
import { minutes, plus, seconds } from '../shared/clock.ts';
import type { Alarm } from './alarm.ts';
import { type Dispatch, domainOf } from './dispatch.ts';
import type { Marks } from './marks.ts';
import { evenOut, type Relay, waitOf } from './relays.ts';
import type { Supply } from './supply.ts';
import type { Line } from './types.ts';

interface Parts {
  kernel: Kernel;
  alarm: Alarm;
  marks: Marks;
  dispatch: Dispatch;
  /** All that mail may go to. */
  relays: () => readonly Relay[];
  isStopping: () => boolean;
}

/** Longest time between two looks: other processes' releases and due retries come with no signal. */
export const tick = seconds(5);
/** Milliseconds that bulk mail stands aside while direct mail waits for the next place that a limit leaves. */
const turn = 20;
/** Claimed deliveries are not kept waiting longer. */
const tooLong = seconds(2);

/** Sends the next delivery of a supply over a line; false when there is none. */
type SendNext = (relay: Relay, line: Line, supply: Supply) => Promise<boolean>;

export function createLanes({
  kernel,
  alarm,
  marks,
  dispatch,
  relays,
  isStopping,
}: Parts): SendNext {
  async function sendNext(relay: Relay, line: Line, supply: Supply): Promise<boolean> {
    const isDirect = supply.lane === 'direct';
    if (!isDirect && relay.directWaits) return rest(turn);
    const wait = waitOf(relay, relays());
    if (wait > 0) {
      if (isDirect) relay.directWaits = await supply.hasSome();
      if (relays().every((one) => waitOf(one, relays()) >= tooLong)) await letGo(supply);
      return rest(wait);
    }
    const claimed = await supply.take();
    if (!claimed) {
      if (isDirect) relay.directWaits = false;
      else evenOut(relays());
      return false;
    }
    if (isStopping()) return false;
    const held = relay.limiter.begin(domainOf(claimed));
    if (held > 0 && relay.limiter.wait() > 0) {
      supply.putBack(claimed);
      return rest(held);
    }
    if (held > 0) {
      // Its domain has had enough for now: others go first.
      const nextAt = plus(kernel.clock.now(), held);
      await marks.settle({ claimed, settlement: notYet(claimed, nextAt) });
      return true;
    }
    if (!relay.breaker.mayTry()) {
      relay.limiter.ended(domainOf(claimed));
      supply.putBack(claimed);
      return rest(relay.breaker.wait());
    }
    relay.taken += 1;
    if (isDirect) relay.directWaits = false;
    const mark = await dispatch(relay, line, claimed).catch((error: unknown) => {
      relay.limiter.ended(domainOf(claimed));
      return afterFault(kernel, claimed, error);
    });
    await marks.settle(elsewhere(relay, mark));
    return true;
  }

  /** What one relay could not take need not wait while another is up. */
  function elsewhere(relay: Relay, mark: Mark): Mark {
    const { settlement } = mark;
    const isTheRelays = settlement.state === 'queued' && !settlement.charge && !relay.isUp;
    if (!isTheRelays || !relays().some(({ isUp }) => isUp)) return mark;
    return { ...mark, settlement: { ...settlement, nextAt: kernel.clock.now() } };
  }

  /** What cannot be sent for a while is nobody's in particular: it may be taken back, or stand aside. */
  async function letGo(supply: Supply): Promise<void> {
    const nextAt = kernel.clock.now();
    const held = supply.empty();
    await Promise.all(
      held.map((claimed) => marks.settle({ claimed, settlement: notYet(claimed, nextAt) })),
    );
  }

  /** Waits for a relay, though never so long that an end or a new limit is not noticed. */
  async function rest(milliseconds: number): Promise<boolean> {
    const heard = alarm.count();
    const wait = Math.min(Math.max(milliseconds, 1), tick);
    if (!isStopping()) await alarm.sleep(heard, wait);
    return true;
  }

  return sendNext;
}

/** Our own fault, such as a database that cannot be read: nobody is charged for it. */
export function afterFault(kernel: Kernel, claimed: Claimed, error: unknown): Mark {
  kernel.log.error({ err: error }, 'A claimed delivery met a fault.');
  return { claimed, settlement: notYet(claimed, plus(kernel.clock.now(), minutes(1))) };
}

const notYet = (claimed: Claimed, nextAt: Date): Mark['settlement'] => ({
  state: 'queued',
  nextAt,
  charge: false,
  code: claimed.code,
  note: null,
});
