import { describe, expect, it } from 'vitest';
import { leastTimeWords, paceOf, paceWords, timeLeftWords } from '../../src/admin/pace.ts';
import { hours, minutes, seconds } from '../../src/shared/clock.ts';

describe('pace', () => {
  it.each([
    ['nobody tells', undefined, 10, seconds(30), undefined],
    ['nothing flows', 0, 0, minutes(5), undefined],
    ['a steady flow', 6000, 50_000, minutes(9), 100],
    ['begun ten seconds ago', 1000, 1000, seconds(10), 100],
    ['begun this very moment', 0, 20, 200, undefined],
    ['slower than before', 6000, 1000, seconds(20), 100],
  ])('%s', (_, perMinute, sent, sentFor, pace) => {
    expect(paceOf({ perMinute, sent, sentFor })).toBe(pace);
  });

  it.each([
    [83.6, '84 a second'],
    [1234.5, '1,235 a second'],
    [1, '1 a second'],
    [0.5, '30 a minute'],
    [0.001, 'less than one a minute'],
  ])('%d is %s', (pace, words) => expect(paceWords(pace)).toBe(words));

  it.each([
    [100, 0, 100, 'less than a minute left'],
    [60_000, 0, 84, 'about 12 min left'],
    [1_000_000, 0, 100, 'about 2 h 50 min left'],
    [10, 59_990, 84, 'about 12 min left'],
  ])('%d behind %d at %d a second: %s', (waiting, ahead, pace, words) => {
    expect(timeLeftWords(waiting, ahead, pace)).toBe(words);
  });
});

const limits = (perSecond: number | null, perHour: number | null, perDay: number | null) => ({
  perSecond,
  perHour,
  perDay,
});

describe('the least time within limits', () => {
  it.each([
    ['no relay', [], undefined],
    ['no limit', [limits(null, null, null)], undefined],
    ['a rate', [limits(10, null, null)], '16 min'],
    ['two relays share', [limits(10, null, null), limits(10, null, null)], '8 min'],
    ['one of them has no limit', [limits(10, null, null), limits(null, null, null)], undefined],
    ['an allowance that covers it', [limits(null, 20_000, null)], undefined],
    ['an hour’s allowance', [limits(null, 2500, null)], '3 h'],
    ['a day’s', [limits(1000, null, 4000)], '2 d'],
  ])('%s', (_, relays, words) => expect(leastTimeWords(9600, relays)).toBe(words));

  it('is rounded up to what a guess deserves', () => {
    expect(leastTimeWords(hours(1.51) / 1000, [limits(1, null, null)])).toBe('1 h 35 min');
  });
});
