// The days behind the bars: lengths by the page's calendar, weights, gaps and partial days.
import { describe, expect, it } from 'vitest';
import { hours, minutes } from '../../src/shared/clock.ts';
import type { ComponentStatus } from '../../src/shared/words.ts';
import {
  dayAfter,
  daysUpTo,
  spentPerDay,
  toPublicDay,
  type Touch,
  touchesOf,
  upShare,
} from '../../src/status/uptime.ts';

const at = (iso: string) => Date.parse(iso);
const weights = { partial_outage: 0.3, degraded_performance: 0.1, under_maintenance: 0 };

const h = (...spent: Record<string, number>[]) =>
  spent.map((day) =>
    Object.fromEntries(Object.entries(day).map(([status, n]) => [status, hours(n)])),
  );

const touch = (id: string, from: string, to: string | null): Touch => ({
  kind: 'incident',
  id,
  title: id.toUpperCase(),
  from: at(from),
  to: to === null ? null : at(to),
});

describe('the days of a page', () => {
  it.each([
    ['Etc/UTC', '2026-11-22', '2026-11-22T00:00:00.000Z', 24],
    ['Europe/Amsterdam', '2026-03-29', '2026-03-28T23:00:00.000Z', 23],
    ['Europe/Amsterdam', '2026-10-25', '2026-10-24T22:00:00.000Z', 25],
    ['Pacific/Kiritimati', '2026-11-22', '2026-11-21T10:00:00.000Z', 24],
    ['Pacific/Pago_Pago', '2026-11-22', '2026-11-22T11:00:00.000Z', 24],
    ['Asia/Kathmandu', '2026-11-22', '2026-11-21T18:15:00.000Z', 24],
    // The clocks skip midnight: the day begins at one.
    ['America/Santiago', '2026-09-06', '2026-09-06T04:00:00.000Z', 23],
    // They go back at midnight: the day before has it twice.
    ['America/Santiago', '2026-04-04', '2026-04-04T03:00:00.000Z', 25],
    // A day that never was.
    ['Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00.000Z', 0],
  ])('in %s %s begins at %s and has %i hours', (zone, day, from, length) => {
    const [only] = daysUpTo(zone, day, 1);
    expect(only?.day).toBe(day);
    expect(new Date(only?.from ?? 0).toISOString()).toBe(from);
    expect(((only?.to ?? 0) - (only?.from ?? 0)) / hours(1)).toBe(length);
  });

  it('follow each other without a gap, the last one today', () => {
    const days = daysUpTo('America/New_York', '2026-11-22', 90);
    expect(days).toHaveLength(90);
    expect([days[0]?.day, days[89]?.day]).toEqual(['2026-08-25', '2026-11-22']);
    expect(days.slice(1).every((day, i) => day.from === days[i]?.to)).toBe(true);
    expect(dayAfter('2024-02-28')).toBe('2024-02-29');
    expect(dayAfter('2026-01-01', -1)).toBe('2025-12-31');
  });
});

describe('what a day holds', () => {
  const bounds = daysUpTo('Etc/UTC', '2026-11-22', 3);
  const now = at('2026-11-22T06:00:00Z');
  const stretch = (status: ComponentStatus, from: string, to: string | null) => ({
    status,
    from: at(from),
    to: to === null ? null : at(to),
  });

  it('is cut at midnight and at now', () => {
    const record = [
      stretch('operational', '2026-01-01T00:00:00Z', '2026-11-20T22:00:00Z'),
      stretch('major_outage', '2026-11-20T22:00:00Z', '2026-11-21T01:00:00Z'),
      stretch('operational', '2026-11-21T01:00:00Z', null),
    ];
    expect(spentPerDay(record, bounds, -Infinity, now)).toEqual(
      h(
        { operational: 22, major_outage: 2 },
        { major_outage: 1, operational: 23 },
        { operational: 6 },
      ),
    );
  });

  it('is nothing before the record begins, and none of it before the day it counts from', () => {
    const record = [stretch('operational', '2026-11-21T12:00:00Z', null)];
    expect(spentPerDay(record, bounds, -Infinity, now)).toEqual(
      h({}, { operational: 12 }, { operational: 6 }),
    );
    const since = at('2026-11-21T18:00:00Z');
    expect(spentPerDay(record, bounds, since, now)).toEqual(
      h({}, { operational: 6 }, { operational: 6 }),
    );
    expect(spentPerDay(record, bounds, at('2026-11-25T00:00:00Z'), now)).toEqual([{}, {}, {}]);
  });

  it('leaves a gap of the record unknown', () => {
    const record = [
      stretch('operational', '2026-11-20T00:00:00Z', '2026-11-20T06:00:00Z'),
      stretch('operational', '2026-11-20T18:00:00Z', '2026-11-21T00:00:00Z'),
    ];
    expect(spentPerDay(record, bounds, -Infinity, now)).toEqual(h({ operational: 12 }, {}, {}));
  });

  it('names the status of now on a day that has only begun', () => {
    const record = [stretch('partial_outage', '2026-11-21T00:00:00Z', null)];
    const midnight = at('2026-11-22T00:00:00Z');
    expect(spentPerDay(record, bounds, -Infinity, midnight)).toEqual(
      h({}, { partial_outage: 24 }, { partial_outage: 0 }),
    );
    // But not on the days that are over when they are asked for alone.
    expect(spentPerDay(record, bounds.slice(0, 2), -Infinity, midnight)).toEqual(
      h({}, { partial_outage: 24 }),
    );
  });
});

describe('the share that was up', () => {
  it.each([
    [[{ operational: hours(24) }], 1],
    [[{ major_outage: hours(24) }], 0],
    [[{ operational: hours(18), major_outage: hours(6) }], 0.75],
    [[{ operational: hours(14), partial_outage: hours(10) }], 0.875],
    [[{ operational: hours(14), degraded_performance: hours(10) }], 1 - 1 / 24],
    [[{ under_maintenance: hours(24) }], 1],
    // Days that are not known count for nothing, neither up nor down.
    [[{}, {}, { operational: hours(1), major_outage: hours(1) }], 0.5],
    [[{}, {}], null],
    [[{ operational: 0 }], null],
  ])('of %j is %s', (spent, share) => {
    if (share === null) expect(upShare(spent, weights)).toBeNull();
    else expect(upShare(spent, weights)).toBeCloseTo(share, 12);
  });
});

describe('what touched a day', () => {
  const [yesterday, today] = daysUpTo('Etc/UTC', '2026-11-22', 2);

  it('is what overlaps it, newest first; three by name and the rest counted', () => {
    const all = [
      touch('old', '2026-11-20T10:00:00Z', '2026-11-20T23:59:59.999Z'),
      touch('across', '2026-11-21T23:00:00Z', '2026-11-22T00:30:00Z'),
      touch('open', '2026-11-21T12:00:00Z', null),
      touch('a', '2026-11-22T01:00:00Z', '2026-11-22T02:00:00Z'),
      touch('b', '2026-11-22T03:00:00Z', '2026-11-22T04:00:00Z'),
    ];
    const names = (day: typeof today) => day && touchesOf(all, day).map(({ id }) => id);
    expect(names(yesterday)).toEqual(['across', 'open']);
    expect(names(today)).toEqual(['b', 'a', 'across', 'open']);
    const day = toPublicDay(
      '2026-11-22',
      { operational: minutes(1) },
      today ? touchesOf(all, today) : [],
    );
    expect(day.events.map(({ id }) => id)).toEqual(['b', 'a', 'across']);
    expect(day).toMatchObject({ more: 1, events: [{ kind: 'incident', title: 'B' }, {}, {}] });
    expect(Object.keys(day.events[0] ?? {})).toEqual(['kind', 'id', 'title']);
  });
});
