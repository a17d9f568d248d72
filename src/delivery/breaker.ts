// Leaves a relay alone that is down: one try at a time, first after ten seconds, then each thirty.
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
      // Lanes that were on their way when it went down fail together: that is one failure.
      if (wasUp || probing) failures += 1;
      probing = false;
      postpone();
      return wasUp;
    },
  };
}
