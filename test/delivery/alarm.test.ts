import { describe, expect, it } from 'vitest';
import { createAlarm } from '../../src/delivery/alarm.ts';
import { createBreaker } from '../../src/delivery/breaker.ts';
import { testClock } from '../support/kernel.ts';

describe('the alarm', () => {
  it('does not lose a ring between looking and sleeping', async () => {
    const alarm = createAlarm();
    const heard = alarm.count();
    alarm.ring();
    await alarm.sleep(heard, 60_000);
    expect(alarm.count()).toBe(heard + 1);
  });

  it('wakes all sleepers once for many hints', async () => {
    const alarm = createAlarm();
    const asleep = [1, 2, 3].map(() => alarm.sleep(alarm.count(), 60_000));
    for (let hints = 0; hints < 100; hints += 1) alarm.hint();
    await Promise.all(asleep);
    expect(alarm.count()).toBe(1);
  });

  it('ends a sleep by itself', async () => {
    const alarm = createAlarm();
    await alarm.sleep(alarm.count(), 1);
    expect(alarm.count()).toBe(0);
  });
});

describe('the breaker', () => {
  it('lets one try through after 10 seconds, then one every 30, until one succeeds', () => {
    const clock = testClock();
    const breaker = createBreaker(clock);
    const triesWithin = (seconds: number) => {
      const tries: number[] = [];
      for (let second = 1; second <= seconds; second += 1) {
        clock.advance(1000);
        if (!breaker.mayTry()) continue;
        tries.push(second);
        expect(breaker.mayTry()).toBe(false);
        breaker.failed();
      }
      return tries;
    };
    expect(breaker.mayTry()).toBe(true);
    // Five lanes were on their way when it went down.
    expect([1, 2, 3, 4, 5].map(() => breaker.failed())).toEqual([true, false, false, false, false]);
    expect(triesWithin(100)).toEqual([10, 40, 70, 100]);
    expect(breaker.succeeded()).toBe(true);
    expect([breaker.wait(), breaker.mayTry(), breaker.succeeded()]).toEqual([0, true, false]);
  });
});
