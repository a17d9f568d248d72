// Leaves a relay alone that cannot be reached: one try at a time, first after ten seconds, then each thirty (F-08).
// It opens at the first fault. While others get through that costs nothing: the next success closes it again.
import type { Clock } from '../shared/clock.ts';
import { relayDelay } from './rules.ts';

export interface Breaker {
  /** Asks to send one message. While the relay is down only one caller gets to try, when it is time. */
  mayTry(): boolean;
  /** Milliseconds until the next try; 0 while mail flows. */
  wait(): number;
  /** Mail flows; true when it did not before. */
  succeeded(): boolean;
  /** The relay is down; true when it was not before. */
  failed(): boolean;
}

export function createBreaker(clock: Clock): Breaker {
  let failures = 0;
  let nextTry = 0;
  let probing = false;
  const postpone = () => (nextTry = clock.monotonic() + relayDelay(failures));
  const wait = () => (failures === 0 ? 0 : Math.max(0, nextTry - clock.monotonic()));
  return {
    wait,
    mayTry() {
      if (failures === 0) return true;
      if (wait() > 0) return false;
      probing = true;
      // Also for a try that is never told of.
      postpone();
      return true;
    },
    succeeded() {
      const wasDown = failures > 0;
      failures = 0;
      probing = false;
      return wasDown;
    },
    failed() {
      const wasUp = failures === 0;
      // Those on their way when it went down fail one after another, up to a minute later: that is one
      // failure, and must not put off the next try.
      if (!wasUp && !probing) return false;
      failures += 1;
      probing = false;
      postpone();
      return wasUp;
    },
  };
}
