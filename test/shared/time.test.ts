import { describe, expect, it } from 'vitest';
import {
  dayIn,
  dayName,
  duration,
  isoInZone,
  isTimeZone,
  monthIn,
  monthName,
  startOfDay,
  utcClock,
  utcFull,
  utcShort,
} from '../../src/shared/time.ts';

const at = (iso: string) => new Date(iso);

describe('time in a zone', () => {
  it.each([
    ['Etc/UTC', '2026-10-09T05:47:50.123Z', '2026-10-09T05:47:50.123Z'],
    ['America/Chicago', '2026-01-09T05:47:50.123Z', '2026-01-08T23:47:50.123-06:00'],
    ['America/Chicago', '2026-07-09T05:47:50.123Z', '2026-07-09T00:47:50.123-05:00'],
    ['Asia/Kolkata', '2026-07-09T05:47:50.000Z', '2026-07-09T11:17:50.000+05:30'],
    ['Europe/London', '2026-01-09T05:47:50.000Z', '2026-01-09T05:47:50.000+00:00'],
  ])('writes ISO in %s', (zone, iso, expected) => expect(isoInZone(zone, at(iso))).toBe(expected));

  it('finds the day and the month where the page is', () => {
    expect(dayIn('Pacific/Auckland', at('2026-11-30T12:00:00Z'))).toBe('2026-12-01');
    expect(monthIn('Pacific/Auckland', at('2026-11-30T12:00:00Z'))).toBe('2026-12');
  });

  it.each([
    ['Etc/UTC', '2026-11-22', '2026-11-22T00:00:00.000Z'],
    ['Europe/Amsterdam', '2026-11-22', '2026-11-21T23:00:00.000Z'],
    ['Europe/Amsterdam', '2026-03-29', '2026-03-28T23:00:00.000Z'],
    ['Europe/Amsterdam', '2026-03-30', '2026-03-29T22:00:00.000Z'],
    ['America/Chicago', '2026-11-01', '2026-11-01T05:00:00.000Z'],
    ['America/Chicago', '2026-11-02', '2026-11-02T06:00:00.000Z'],
  ])('starts a day in %s', (zone, day, expected) => {
    expect(startOfDay(zone, day).toISOString()).toBe(expected);
  });

  it.each([
    ['Europe/Amsterdam', true],
    ['Etc/UTC', true],
    ['Mars/Base', false],
    ['', false],
    ['+02:00', false],
  ])('knows whether %j is a zone', (zone, known) => expect(isTimeZone(zone)).toBe(known));
});

describe('words for time', () => {
  it('carry their zone (U4)', () => {
    const time = at('2026-11-22T15:04:00Z');
    expect([utcClock(time), utcShort(time), utcFull(time)]).toEqual([
      '15:04 UTC',
      '22 Nov, 15:04 UTC',
      '22 Nov 2026, 15:04 UTC',
    ]);
    expect([dayName('2026-11-22'), monthName('2026-11')]).toEqual([
      'Sunday 22 November 2026',
      'November 2026',
    ]);
  });

  it.each([
    [0, '0 min'],
    [20_000, '1 min'],
    [29 * 60_000, '29 min'],
    [125 * 60_000, '2 h 5 min'],
    [120 * 60_000, '2 h'],
    [26 * 3_600_000, '1 d 2 h'],
    [-5, '0 min'],
  ])('says %d ms as %j', (ms, expected) => expect(duration(ms)).toBe(expected));
});

it.each([
  ['America/Santiago', '2026-09-06', '2026-09-06T04:00:00.000Z'],
  ['America/Santiago', '2026-09-07', '2026-09-07T03:00:00.000Z'],
  ['Asia/Beirut', '2026-03-29', '2026-03-28T22:00:00.000Z'],
  ['Africa/Cairo', '2026-04-24', '2026-04-23T22:00:00.000Z'],
])('where the clocks skip midnight in %s, %s begins with its first hour', (zone, day, start) => {
  expect(startOfDay(zone, day).toISOString()).toBe(start);
  expect(dayIn(zone, new Date(start))).toBe(day);
});
