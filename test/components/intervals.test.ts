// Telling the past of a record: splitting, merging, lengthening, against a brute-force count of minutes.
import { describe, expect, it } from 'vitest';
import { type Interval, merged, overlay, spansTold } from '../../src/components/intervals.ts';
import { type ComponentStatus, componentStatuses, worse } from '../../src/shared/words.ts';

const minute = (n: number) => new Date(Date.UTC(2026, 0, 1) + n * 60_000);

/** `o:0-10 d:10-` as a record; the letter begins the status's name. */
function record(text: string): Interval[] {
  return text.split(' ').map((piece) => {
    const [letter = '', span = ''] = piece.split(':');
    const [from = '', to = ''] = span.split('-');
    return {
      status: statusOf(letter),
      startedAt: minute(Number(from)),
      endedAt: to === '' ? null : minute(Number(to)),
    };
  });
}

const statusOf = (letter: string): ComponentStatus =>
  componentStatuses.find((status) => status.startsWith(letter)) ?? 'operational';

function told(text: string) {
  const [piece] = record(text);
  if (!piece?.endedAt) throw new Error('A span has an end.');
  return { from: piece.startedAt, to: piece.endedAt, status: piece.status };
}

describe('overlay', () => {
  it.each([
    ['inside one piece', 'o:0-', 'm:10-20', 'o:0-10 m:10-20 o:20-'],
    ['from its beginning', 'o:0-', 'd:0-20', 'd:0-20 o:20-'],
    ['the worse one stays', 'o:0-10 m:10-20 o:20-', 'd:5-25', 'o:0-5 d:5-10 m:10-20 d:20-25 o:25-'],
    ['the same again changes nothing', 'o:0-10 p:10-20 o:20-', 'p:12-18', 'o:0-10 p:10-20 o:20-'],
    [
      'neighbours of one status become one',
      'o:0-10 p:10-20 o:20-',
      'p:20-30',
      'o:0-10 p:10-30 o:30-',
    ],
    ['up to an open piece of the same status', 'o:0-50 m:50-', 'm:40-50', 'o:0-40 m:40-'],
    ['before the beginning', 'o:100-', 'm:10-20', 'o:10-10 m:10-20 o:20-'],
    ['across the beginning', 'o:100-', 'm:90-110', 'm:90-110 o:110-'],
    ['before a beginning that was not operational', 'd:100-', 'm:10-20', 'm:10-20 o:20-100 d:100-'],
    ['past the end of a closed record', 'o:0-50', 'm:40-90', 'o:0-40 m:40-50'],
    ['wholly past the end of a closed record', 'o:0-50', 'm:60-90', 'o:0-50'],
    ['nothing', 'o:0-', 'm:10-10', 'o:0-'],
    ['operational says nothing', 'o:0-10 p:10-', 'o:5-15', 'o:0-10 p:10-'],
    [
      'maintenance under an outage',
      'o:0-10 p:10-20 o:20-',
      'u:0-30',
      'u:0-10 p:10-20 u:20-30 o:30-',
    ],
  ])('%s', (_, before, span, after) => {
    expect(overlay(record(before), told(span))).toEqual(merged(record(after)));
  });

  it('leaves the record it was given as it was', () => {
    const before = record('o:0-10 p:10-20 o:20-');
    overlay(before, told('m:5-25'));
    expect(before).toEqual(record('o:0-10 p:10-20 o:20-'));
  });

  it('agrees with counting minutes, whatever is told in whatever order', () => {
    const random = numbers(7);
    for (let round = 0; round < 200; round += 1) {
      let now = record('o:40-70 d:70-90 o:90-');
      const minutes = Array.from({ length: 200 }, (_, n): ComponentStatus | undefined =>
        n < 40 ? undefined : n >= 70 && n < 90 ? 'degraded_performance' : 'operational',
      );
      for (let i = 0; i < 1 + random(6); i += 1) {
        const from = random(160);
        const to = from + random(40);
        const status = componentStatuses[random(componentStatuses.length)] ?? 'operational';
        now = overlay(now, { from: minute(from), to: minute(to), status });
        const first = minutes.findIndex((one) => one !== undefined);
        if (from < to) {
          for (let n = from; n < first; n += 1) minutes[n] = 'operational';
          for (let n = from; n < to; n += 1) {
            minutes[n] = worse(componentStatuses, minutes[n] ?? 'operational', status);
          }
        }
      }
      expect(minutes.map((_, n) => statusAt(now, n))).toEqual(minutes);
      for (const [i, piece] of now.entries()) {
        expect(piece.endedAt?.getTime()).toBe(now[i + 1]?.startedAt.getTime());
        expect(piece.status).not.toBe(now[i + 1]?.status);
      }
    }
  });
});

const statusAt = (pieces: Interval[], n: number) =>
  pieces.find(
    (piece) =>
      piece.startedAt <= minute(n) && (piece.endedAt === null || piece.endedAt > minute(n)),
  )?.status;

/** A repeatable stream of whole numbers. */
function numbers(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

const said = (n: number, statuses: Record<string, ComponentStatus>) => ({
  at: minute(n),
  statuses: new Map(Object.entries(statuses)),
});

const plainly = (spans: ReturnType<typeof spansTold>) =>
  Object.fromEntries(
    [...spans].map(([code, list]) => [
      code,
      list.map(({ from, to, status }) => [
        (from.getTime() - minute(0).getTime()) / 60_000,
        (to.getTime() - minute(0).getTime()) / 60_000,
        status,
      ]),
    ]),
  );

describe('spansTold', () => {
  it('joins what goes on, ends what is operational again, and stops at the end', () => {
    const updates = [
      said(0, { a: 'major_outage', b: 'degraded_performance' }),
      said(10, {}),
      said(20, { a: 'partial_outage' }),
      said(30, { b: 'operational' }),
    ];
    expect(plainly(spansTold(updates, minute(50)))).toEqual({
      a: [
        [0, 20, 'major_outage'],
        [20, 50, 'partial_outage'],
      ],
      b: [[0, 30, 'degraded_performance']],
    });
  });

  it('takes a time that runs backwards for the moment before it', () => {
    const updates = [said(10, { a: 'major_outage' }), said(5, { a: 'operational' })];
    expect(plainly(spansTold(updates, minute(50)))).toEqual({});
  });
});
