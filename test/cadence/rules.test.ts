import { describe, expect, it } from 'vitest';
import {
  clockState,
  clockWords,
  defaultPromise,
  escalates,
  promiseKept,
  warningsDue,
} from '../../src/cadence/rules.ts';
import { minutes, plus, seconds } from '../../src/shared/clock.ts';

const due = new Date('2026-11-22T15:00:00.000Z');
const after = (offset: number, more = 0) => plus(due, minutes(offset) + more);

/** Which offsets are sent and recorded `at` minutes from the promise, made `ahead` minutes before it. */
function offsets(at: number, given: number[] = [], ahead = 30) {
  const { send, record } = warningsDue({
    due,
    promisedAt: after(-ahead),
    now: after(at),
    given,
  });
  return { send: send?.offset, record: record.map((warning) => warning.offset) };
}

describe('the default promise', () => {
  it.each([
    [30, '2026-11-22T14:30:00.250Z'],
    [60, '2026-11-22T15:00:00.250Z'],
    [1440, '2026-11-23T14:00:00.250Z'],
  ])('is %i minutes after the publication', (target, promised) => {
    const published = new Date('2026-11-22T14:00:00.250Z');
    expect(defaultPromise(published, target).toISOString()).toBe(promised);
  });
});

describe('warnings due (C1, F-15)', () => {
  it.each([
    ['calm', -10.01, [], undefined],
    ['ten minutes before', -10, [], -10],
    ['between two', -7, [-10], undefined],
    ['five minutes before', -5, [-10], -5],
    ['a second before the target', -1 / 60, [-10, -5], undefined],
    ['at the target', 0, [-10, -5], 0],
    ['nine minutes past', 9.99, [-10, -5, 0], undefined],
    ['ten minutes past', 10, [-10, -5, 0], 10],
    ['twenty-four minutes past', 24.99, [-10, -5, 0, 10], undefined],
    ['twenty-five minutes past', 25, [-10, -5, 0, 10], 25],
    ['forty minutes past', 40, [-10, -5, 0, 10, 25], 40],
    ['a day past', 1435, [1420], 1435],
  ])('%s', (_, at, given, send) => {
    expect(offsets(at, given)).toEqual({ send, record: [] });
  });

  it.each([
    ['a gap before the target', -3, [], -5, [-10]],
    ['a gap across the target', 3, [-10], 0, [-5]],
    ['a gap of an hour', 62, [-10, -5, 0], 55, [10, 25, 40]],
    ['never looked before', 12, [], 10, [-10, -5, 0]],
  ])('after %s only the newest is sent, the others are recorded', (_, at, given, send, record) => {
    expect(offsets(at, given)).toEqual({ send, record });
  });

  it.each([
    ['30 minutes: all', 30, -9, [], -10],
    ['11 minutes: all', 11, -9, [], -10],
    ['10 minutes: none at its own making', 10, -9, [], undefined],
    ['8 minutes: the second only', 8, -5, [], -5],
    ['5 minutes: no reminder', 5, -1, [], undefined],
    ['5 minutes: the target all the same', 5, 0, [], 0],
    ['1 minute: escalates all the same', 1, 10, [0], 10],
  ])('a promise of %s', (_, ahead, at, given, send) => {
    expect(offsets(at, given, ahead)).toEqual({ send, record: [] });
  });

  it('says how late each is', () => {
    const { send, record } = warningsDue({
      due,
      promisedAt: after(-30),
      now: after(27, seconds(4)),
      given: [-10, -5],
    });
    expect(send).toEqual({ offset: 25, at: after(25), lateness: minutes(2) + seconds(4) });
    expect(record.map(({ offset, lateness }) => [offset, lateness])).toEqual([
      [0, minutes(27) + seconds(4)],
      [10, minutes(17) + seconds(4)],
    ]);
  });

  it('gives nothing twice when the clock goes back and comes again (F-12)', () => {
    expect(offsets(-6, [-10, -5, 0]).send).toBeUndefined();
    expect(offsets(0, [-10, -5, 0]).send).toBeUndefined();
    expect(offsets(9, [-10, 25]).send).toBeUndefined();
    expect(offsets(12, [-10, 25]).send).toBeUndefined();
  });

  it('bounds what a gap of months records', () => {
    const { send, record } = offsets(60 * 24 * 90);
    expect(send).toBe(60 * 24 * 90 - 5);
    expect(record).toHaveLength(200);
    expect(record.at(-1)).toBe(60 * 24 * 90 - 20);
  });

  it.each([
    [-10, false],
    [0, false],
    [10, true],
    [25, true],
  ])('at %i minutes escalates: %s', (offset, expected) => {
    expect(escalates(offset)).toBe(expected);
  });
});

describe('the clock on screens', () => {
  it.each([
    [-30, 'calm', '30 min left'],
    [-120, 'calm', '2 h left'],
    [-10.1, 'calm', '11 min left'],
    [-10, 'soon', '10 min left'],
    [-0.2, 'soon', '1 min left'],
    [0, 'due', 'due now'],
    [0.9, 'due', 'due now'],
    [1, 'overdue', 'overdue by 1 min'],
    [3.7, 'overdue', 'overdue by 3 min'],
    [65, 'overdue', 'overdue by 1 h 5 min'],
  ])('%d minutes from the promise: %s, "%s"', (at, phase, words) => {
    const state = clockState(after(at), due);
    expect(state).toEqual({ phase, remaining: 0 - minutes(at) });
    expect(clockWords(state)).toBe(words);
  });
});

describe('a promise on the record (C3)', () => {
  const update = { nextUpdateBy: due };
  it.each([
    ['kept early', update, { createdAt: after(-4) }, { kept: true, lateness: 0 }],
    ['kept to the millisecond', update, { createdAt: due }, { kept: true, lateness: 0 }],
    ['missed', update, { createdAt: after(2) }, { kept: false, lateness: minutes(2) }],
    ['still running', update, undefined, undefined],
    ['never made', { nextUpdateBy: null }, { createdAt: due }, undefined],
  ])('%s', (_, made, next, expected) => {
    expect(promiseKept(made, next)).toEqual(expected);
  });
});
