import { describe, expect, it } from 'vitest';
import { createAlarm } from '../../src/delivery/alarm.ts';

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
