// Slows down those who try tokens: 20 wrong ones a minute and network, then they wait (S-63). Kept in memory,
// bounded, for a flood of guesses must not become a flood of writes.
import { type Clock, minutes } from '../shared/clock.ts';
import { AppError } from '../shared/errors.ts';
import { networkOf } from '../shared/network.ts';

export interface GuessLimit {
  /** Throws `too_many` while this network has to wait. */
  assertMayGuess(ip: string): void;
  countWrong(ip: string): void;
}

interface Count {
  wrong: number;
  /** Monotonic milliseconds. */
  endsAt: number;
}

const window = minutes(1);

/** Holds at most `mostKeys` networks; the longest known is forgotten first. */
export function createGuessLimit(clock: Clock, allowed = 20, mostKeys = 50_000): GuessLimit {
  const counts = new Map<string, Count>();
  const running = (key: string) => {
    const count = counts.get(key);
    return count && count.endsAt > clock.monotonic() ? count : undefined;
  };
  return {
    assertMayGuess(ip) {
      const count = running(networkOf(ip));
      if (!count || count.wrong < allowed) return;
      const retryAfter = Math.ceil((count.endsAt - clock.monotonic()) / 1000);
      throw new AppError('too_many', 'Too many wrong links. Please wait a minute.', { retryAfter });
    },
    countWrong(ip) {
      const key = networkOf(ip);
      const count = running(key);
      if (count) {
        count.wrong += 1;
        return;
      }
      counts.delete(key);
      const [oldest] = counts.keys();
      if (counts.size >= mostKeys && oldest !== undefined) counts.delete(oldest);
      counts.set(key, { wrong: 1, endsAt: clock.monotonic() + window });
    },
  };
}
