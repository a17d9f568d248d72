import { describe, expect, it } from 'vitest';
import { createBreaker } from '../../src/delivery/breaker.ts';
import { testClock } from '../support/kernel.ts';

/** The seconds, of the next ones, in which a try is let through; each of them fails. */
function triesWithin(seconds: number, clock = testClock(), breaker = createBreaker(clock)) {
  const tries: number[] = [];
  for (let second = 1; second <= seconds; second += 1) {
    clock.advance(1000);
    if (!breaker.mayTry()) continue;
    tries.push(second);
    expect(breaker.mayTry()).toBe(false);
    breaker.failed();
  }
  return tries;
}

describe('the breaker', () => {
  it('lets one try through after 10 seconds, then one every 30, until one succeeds', () => {
    const clock = testClock();
    const breaker = createBreaker(clock);
    expect(breaker.mayTry()).toBe(true);
    // Five lanes were on their way when it went down.
    expect([1, 2, 3, 4, 5].map(() => breaker.failed())).toEqual([true, false, false, false, false]);
    expect(triesWithin(100, clock, breaker)).toEqual([10, 40, 70, 100]);
    expect(breaker.succeeded()).toBe(true);
    expect([breaker.wait(), breaker.mayTry(), breaker.succeeded()]).toEqual([0, true, false]);
  });

  it('tries 20 times while a relay is down for ten minutes, and at most 30 seconds after it is back', () => {
    const clock = testClock();
    const breaker = createBreaker(clock);
    breaker.failed();
    expect(triesWithin(600, clock, breaker)).toHaveLength(20);
    expect(breaker.wait()).toBeLessThanOrEqual(30_000);
  });

  it('does not put off the next try for those that fail late', () => {
    const clock = testClock();
    const breaker = createBreaker(clock);
    breaker.failed();
    for (let late = 0; late < 9; late += 1) {
      clock.advance(1000);
      expect(breaker.failed()).toBe(false);
    }
    expect(breaker.wait()).toBe(1000);
  });

  it('lets another try where nothing was heard of the last', () => {
    const clock = testClock();
    const breaker = createBreaker(clock);
    breaker.failed();
    clock.advance(10_000);
    expect([breaker.mayTry(), breaker.mayTry()]).toEqual([true, false]);
    clock.advance(10_000);
    expect(breaker.mayTry()).toBe(true);
  });

  it('is closed again by whoever gets through', () => {
    const clock = testClock();
    const breaker = createBreaker(clock);
    breaker.failed();
    expect(breaker.wait()).toBe(10_000);
    expect(breaker.succeeded()).toBe(true);
    expect([breaker.wait(), breaker.mayTry()]).toEqual([0, true]);
  });
});
