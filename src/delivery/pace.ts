// How fast a relay is fed after it asked for less: half of what it was, then each minute 5 % of what it was before
// the first asking, until it is that again: at most twenty minutes.
import { minutes, seconds } from '../shared/clock.ts';

export interface Pace {
  /** Milliseconds until the next message may begin; 0: now. */
  wait(now: number): number;
  /** A message begins. */
  began(now: number): void;
  /** The relay asked for less than `present` messages a second. */
  slowDown(now: number, present: number): void;
}

/** Messages on their way when a relay asks for less may be refused too: that is one asking. */
const oneAsking = seconds(10);
/** It gets none at all at first. */
const coolDown = seconds(5);
/** Slower would be standing still: a message in five seconds. */
const slowest = 0.2;
/** Regained each minute, of what it was. */
const recovery = 0.05;
/** Not every message comes in time for its turn: what was missed within this many milliseconds is made up for. */
const evenedOver = 100;

export function createPace(): Pace {
  let slowed: { since: number; start: number; ceiling: number } | undefined;
  let nextStart = 0;

  /** Undefined: as fast as it goes. */
  function rateAt(now: number): number | undefined {
    if (!slowed) return undefined;
    const regained = (now - slowed.since) / minutes(1);
    const rate = slowed.start + slowed.ceiling * recovery * regained;
    if (rate < slowed.ceiling) return rate;
    slowed = undefined;
    return undefined;
  }

  return {
    wait: (now) => (rateAt(now) === undefined ? 0 : Math.max(0, nextStart - now)),
    began(now) {
      const rate = rateAt(now);
      if (rate !== undefined) nextStart = Math.max(nextStart, now - evenedOver) + 1000 / rate;
    },
    slowDown(now, present) {
      if (slowed && now < slowed.since + oneAsking) return;
      const rate = rateAt(now) ?? present;
      const ceiling = Math.max(slowed?.ceiling ?? rate, slowest * 2);
      slowed = { since: now, start: Math.max(slowest, rate / 2), ceiling };
      nextStart = now + coolDown;
    },
  };
}
