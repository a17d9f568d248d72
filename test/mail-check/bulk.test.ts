// How long a mail to everybody takes under the relays' limits.
import { expect, it } from 'vitest';
import type { RelayLimits } from '../../src/config/relays.ts';
import { finishTime } from '../../src/mail-check/bulk.ts';
import { hours, seconds } from '../../src/shared/clock.ts';

const limits = (more: Partial<RelayLimits>): RelayLimits => ({
  perSecond: null,
  perHour: null,
  perDay: null,
  perConnection: null,
  perDomainPerMinute: null,
  ...more,
});

it.each<[string, number, RelayLimits[], number | null]>([
  ['no relay', 10, [], null],
  ['no limit', 10, [limits({})], null],
  ['one without a limit', 10, [limits({ perHour: 1 }), limits({})], null],
  ['all at once', 100, [limits({ perSecond: 100 })], 0],
  ['nobody', 0, [limits({ perSecond: 1 })], 0],
  ['by the second', 101, [limits({ perSecond: 100 })], seconds(1)],
  ['a million at 100 a second', 1_000_000, [limits({ perSecond: 100 })], seconds(9999)],
  ['the hour holds it up', 2500, [limits({ perSecond: 100, perHour: 1000 })], hours(2)],
  ['the day holds it up', 2500, [limits({ perHour: 10_000, perDay: 1000 })], hours(48)],
  ['two relays', 2000, [limits({ perHour: 500 }), limits({ perHour: 500 })], hours(1)],
])('%s', (_name, count, relays, time) => {
  const found = finishTime(count, relays);
  if (time === null || found === null) expect(found).toBe(time);
  else expect(Math.abs(found - time)).toBeLessThanOrEqual(seconds(1));
});
