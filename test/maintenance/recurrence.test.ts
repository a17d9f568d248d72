// Rules that people and programs write: the dates they give on the page's wall clock, and those refused.
import { describe, expect, it } from 'vitest';
import {
  checkRule,
  firstOccurrences,
  nextOccurrence,
  readSeries,
  seriesFrom,
  writeSeries,
} from '../../src/maintenance/recurrence.ts';
import { AppError } from '../../src/shared/errors.ts';

const amsterdam = 'Europe/Amsterdam';
/** Tuesday 1 December 2026, 02:00 to 04:00 in Amsterdam. */
const window = {
  scheduledFor: new Date('2026-12-01T01:00:00Z'),
  scheduledUntil: new Date('2026-12-01T03:00:00Z'),
};
const series = (rule: string, zone = amsterdam, at = window) => seriesFrom(at, rule, zone);
const starts = (rule: string, count = 3) =>
  firstOccurrences(series(rule), count).map(({ scheduledFor }) => scheduledFor.toISOString());

describe('a rule', () => {
  it.each([
    ['FREQ=DAILY', ['2026-12-01', '2026-12-02', '2026-12-03']],
    ['rrule:freq=daily;interval=10', ['2026-12-01', '2026-12-11', '2026-12-21']],
    ['FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR', ['2026-12-01', '2026-12-02', '2026-12-03']],
    ['FREQ=WEEKLY', ['2026-12-01', '2026-12-08', '2026-12-15']],
    ['FREQ=WEEKLY;BYDAY=TU,TH', ['2026-12-01', '2026-12-03', '2026-12-08']],
    ['FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;WKST=SU', ['2026-12-01', '2026-12-15', '2026-12-29']],
    ['FREQ=MONTHLY', ['2026-12-01', '2027-01-01', '2027-02-01']],
    ['FREQ=MONTHLY;BYDAY=1TU', ['2026-12-01', '2027-01-05', '2027-02-02']],
    ['FREQ=MONTHLY;BYDAY=TU;BYSETPOS=1', ['2026-12-01', '2027-01-05', '2027-02-02']],
    ['FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=1', ['2026-12-01', '2027-03-01', '2027-06-01']],
    ['FREQ=YEARLY', ['2026-12-01', '2027-12-01', '2028-12-01']],
    ['FREQ=WEEKLY;COUNT=2', ['2026-12-01', '2026-12-08']],
    ['FREQ=WEEKLY;UNTIL=20261208', ['2026-12-01', '2026-12-08']],
    ['FREQ=WEEKLY;UNTIL=20261208T010000Z', ['2026-12-01', '2026-12-08']],
    ['FREQ=WEEKLY;UNTIL=20261208T005959Z', ['2026-12-01']],
  ])('%s gives its dates', (rule, days) => {
    expect(starts(rule).map((at) => at.slice(0, 10))).toEqual(days);
  });

  it('on the 31st leaves out the months that have none', () => {
    const at = {
      scheduledFor: new Date('2026-12-31T01:00:00Z'),
      scheduledUntil: new Date('2026-12-31T03:00:00Z'),
    };
    const days = firstOccurrences(series('FREQ=MONTHLY', amsterdam, at), 4);
    expect(days.map((one) => one.scheduledFor.toISOString().slice(0, 10))).toEqual([
      '2026-12-31',
      '2027-01-31',
      '2027-03-31',
      '2027-05-31',
    ]);
    const last = firstOccurrences(series('FREQ=MONTHLY;BYMONTHDAY=-1', amsterdam, at), 3);
    expect(last.map((one) => one.scheduledFor.toISOString().slice(0, 10))).toEqual([
      '2026-12-31',
      '2027-01-31',
      '2027-02-28',
    ]);
  });

  it('keeps its hour on the wall when clocks change', () => {
    const at = {
      scheduledFor: new Date('2027-03-21T01:30:00Z'),
      scheduledUntil: new Date('2027-03-21T02:30:00Z'),
    };
    // 02:30 in Amsterdam; on 28 March there is no 02:30, and it is taken past the gap.
    const dates = firstOccurrences(series('FREQ=WEEKLY', amsterdam, at), 3);
    expect(dates.map((one) => one.scheduledFor.toISOString())).toEqual([
      '2027-03-21T01:30:00.000Z',
      '2027-03-28T01:30:00.000Z',
      '2027-04-04T00:30:00.000Z',
    ]);
    expect(dates.every((one) => +one.scheduledUntil - +one.scheduledFor === 3_600_000)).toBe(true);
  });

  it.each([
    'FREQ=SECONDLY',
    'FREQ=MINUTELY;INTERVAL=1',
    'FREQ=HOURLY',
    'FREQ=DAILY;INTERVAL=999999999',
    'FREQ=DAILY;INTERVAL=0',
    'FREQ=DAILY;BYMONTHDAY=31;BYMONTH=2',
    'FREQ=DAILY;BYSECOND=0,1,2',
    'FREQ=DAILY;BYHOUR=1,2,3',
    'FREQ=YEARLY;BYDAY=5MO;BYMONTH=2;BYSETPOS=9',
    'FREQ=YEARLY;BYWEEKNO=53',
    'FREQ=MONTHLY;BYSETPOS=1',
    'FREQ=MONTHLY;BYDAY=6MO',
    'FREQ=MONTHLY;BYDAY=2TU',
    'FREQ=WEEKLY;BYDAY=MO',
    'FREQ=DAILY;INTERVAL=7;BYDAY=MO',
    'FREQ=MONTHLY;BYMONTHDAY=31',
    'FREQ=WEEKLY;COUNT=2;UNTIL=20271201',
    'FREQ=WEEKLY;FREQ=DAILY',
    'FREQ=WEEKLY;UNTIL=20201201',
    'FREQ=WEEKLY;__proto__=1',
    'FREQ=toString',
    'FREQ',
    '=',
    '',
    'every tuesday',
    `FREQ=WEEKLY;BYDAY=TU${',TU'.repeat(100)}`,
    'FREQ=WEEKLY;BYDAY=TU\nDTSTART:1',
  ])('%s is refused in words, at once', (rule) => {
    const begun = performance.now();
    expect(() => checkRule(rule, amsterdam, '2026-12-01T02:00')).toThrow(AppError);
    expect(performance.now() - begun).toBeLessThan(100);
  });

  it('on 29 February is refused by the year, which has it once in four', () => {
    expect(() => checkRule('FREQ=YEARLY', amsterdam, '2028-02-29T02:00')).toThrow(AppError);
  });

  it('that is let in is expanded quickly, whatever it combines', () => {
    const begun = performance.now();
    let tried = 0;
    for (const freq of ['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY']) {
      for (const interval of ['', ';INTERVAL=7', ';INTERVAL=12', ';INTERVAL=52', ';INTERVAL=365']) {
        for (const by of [
          '',
          ';BYDAY=TU',
          ';BYDAY=SA,5TU',
          ';BYDAY=-5TU',
          ';BYMONTHDAY=29',
          ';BYDAY=TU;BYSETPOS=-4',
          ';BYMONTHDAY=-31',
        ]) {
          for (const day of ['2028-02-29', '2026-12-29', '2027-01-31', '2026-12-01']) {
            const start = `${day}T02:00`;
            const rule = `FREQ=${freq}${interval}${by}`;
            try {
              checkRule(rule, amsterdam, start);
            } catch {
              continue;
            }
            tried += 1;
            const dates = firstOccurrences(
              { zone: amsterdam, start, minutes: 60, rule, at: start },
              5,
            );
            expect(dates.length, rule).toBe(5);
          }
        }
      }
    }
    expect(tried).toBeGreaterThan(50);
    expect(performance.now() - begun).toBeLessThan(5000);
  });
});

describe('a series', () => {
  it('is kept in RFC 5545 lines and read back', () => {
    const one = { ...series('FREQ=WEEKLY;BYDAY=TU'), at: '2026-12-08T02:00' };
    expect(writeSeries(one)).toBe(
      'DTSTART;TZID=Europe/Amsterdam:20261201T020000\nDURATION:PT120M\nRRULE:FREQ=WEEKLY;BYDAY=TU\nRECURRENCE-ID;TZID=Europe/Amsterdam:20261208T020000',
    );
    expect(readSeries(writeSeries(one))).toEqual(one);
  });

  it('goes on with the first occurrence that is not over, and ends by COUNT and UNTIL', () => {
    const weekly = series('FREQ=WEEKLY;COUNT=4');
    const next = nextOccurrence(weekly, new Date('2026-12-01T01:00:00Z'));
    expect(next?.scheduledFor.toISOString()).toBe('2026-12-08T01:00:00.000Z');
    expect(next?.at).toBe('2026-12-08T02:00');
    const afterGap = nextOccurrence(weekly, new Date('2026-12-15T02:00:00Z'));
    expect(afterGap?.at).toBe('2026-12-15T02:00');
    expect(nextOccurrence({ ...weekly, at: '2026-12-22T02:00' }, window.scheduledFor)).toBe(
      undefined,
    );
  });
});
