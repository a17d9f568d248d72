import { describe, expect, it } from 'vitest';
import { moved } from '../../src/admin/arrange.ts';
import { holdingWords, localChoice, proposedState } from '../../src/admin/rules.ts';
import { readLocalTime } from '../../src/shared/local-time.ts';

const amsterdam = 'Europe/Amsterdam';

describe('a local time', () => {
  it.each([
    ['Etc/UTC', '2026-11-22T15:00', '2026-11-22T15:00:00.000Z'],
    [amsterdam, '2026-11-22T15:00', '2026-11-22T14:00:00.000Z'],
    [amsterdam, '2026-07-01T15:00', '2026-07-01T13:00:00.000Z'],
    ['Asia/Kathmandu', '2026-11-22T15:00', '2026-11-22T09:15:00.000Z'],
    ['America/New_York', ' 2026-11-22T23:30:00 ', '2026-11-23T04:30:00.000Z'],
  ])('in %s is one instant: %s', (zone, text, iso) => {
    expect(readLocalTime(zone, text)).toEqual({ kind: 'one', at: new Date(iso) });
  });

  it.each([
    ['missing', '2026-03-29T02:30', ['2026-03-29T00:30:00.000Z', '2026-03-29T01:30:00.000Z']],
    ['double', '2026-10-25T02:30', ['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z']],
  ])('that is %s when the clocks change must be chosen (F-13): %s', (why, text, choices) => {
    const read = readLocalTime(amsterdam, text);
    expect(read).toEqual({ kind: 'choose', why, choices: choices.map((iso) => new Date(iso)) });
  });

  it.each(['', 'soon', '2026-11-22', '2026-02-31T12:00', '2026-11-22T25:00', '15:00'])(
    'that is none: %j',
    (text) => expect(readLocalTime(amsterdam, text)).toEqual({ kind: 'unreadable' }),
  );

  it('is named with its zone and in UTC', () => {
    const at = new Date('2026-03-29T01:30:00Z');
    expect(localChoice(amsterdam, at)).toBe('03:30 in Europe/Amsterdam (UTC+2), 01:30 UTC');
  });
});

it.each([
  ['investigating', false, 'identified'],
  ['investigating', true, 'investigating'],
  ['monitoring', false, 'resolved'],
  ['resolved', false, 'resolved'],
] as const)('from %s, late %s, the composer proposes %s', (state, late, proposed) => {
  expect(proposedState(state, late)).toBe(proposed);
});

it('holding words differ from one time to the next and promise nothing', () => {
  for (const state of ['investigating', 'identified', 'monitoring'] as const) {
    const said = [1, 2, 3, 4].map((n) => holdingWords(state, n));
    expect(new Set(said).size).toBe(4);
    for (const words of said) expect(words).not.toMatch(/soon|shortly|minutes|\bETA\b/i);
  }
});

it.each([
  ['b', 'up', ['b', 'a', 'c']],
  ['b', 'down', ['a', 'c', 'b']],
  ['a', 'up', ['a', 'b', 'c']],
  ['c', 'down', ['a', 'b', 'c']],
  ['x', 'up', ['a', 'b', 'c']],
] as const)('%s moved %s', (id, direction, order) => {
  expect(moved(['a', 'b', 'c'], id, direction)).toEqual(order);
});
