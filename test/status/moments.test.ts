// Of which moment a snapshot is true, and until when.
import { describe, expect, it } from 'vitest';
import { momentsOf, type Surroundings } from '../../src/status/moments.ts';

const day = '2026-11-22T';
const time = (clock: string) => new Date(`${day}${clock}:00.000Z`);

const quiet: Surroundings = {
  now: time('14:23'),
  midnight: new Date('2026-11-23T00:00:00.000Z'),
  changedAt: new Date('2026-11-20T10:00:00.000Z'),
  isTroubled: false,
  tellsOverdue: false,
  openIncidents: [],
  maintenances: [],
};
const planned = (scheduledFor: string, scheduledUntil: string, state = 'scheduled' as const) => ({
  state,
  scheduledFor: time(scheduledFor),
  scheduledUntil: time(scheduledUntil),
});

describe('a snapshot', () => {
  it.each<[string, Partial<Surroundings>, string, string]>([
    ['on a quiet day', {}, '14:00', '15:00'],
    ['after a change', { changedAt: time('14:10') }, '14:10', '15:00'],
    ['before midnight', { now: time('23:59') }, '23:00', '24:00'],
    ['before a midnight of another zone', { midnight: time('14:30') }, '14:00', '14:30'],
    ['in trouble', { isTroubled: true }, '14:20', '14:25'],
    ['in trouble since now', { isTroubled: true, changedAt: time('14:23') }, '14:23', '14:25'],
    ['before a maintenance', { maintenances: [planned('14:40', '16:00')] }, '14:00', '14:40'],
    ['after its time came', { maintenances: [planned('14:15', '16:00')] }, '14:15', '15:00'],
    [
      'before the planned end of one under way',
      { maintenances: [{ ...planned('14:15', '14:40'), state: 'in_progress' }] },
      '14:00',
      '14:40',
    ],
    [
      'before a promise falls due',
      { tellsOverdue: true, openIncidents: [{ nextUpdateBy: time('14:24') }] },
      '14:00',
      '14:24',
    ],
    [
      'after one fell due',
      { tellsOverdue: true, openIncidents: [{ nextUpdateBy: time('14:22') }] },
      '14:22',
      '15:00',
    ],
    [
      'on a page that does not tell of it',
      { openIncidents: [{ nextUpdateBy: time('14:22') }, { nextUpdateBy: time('14:24') }] },
      '14:00',
      '15:00',
    ],
  ])('%s', (_, around, at, staleAt) => {
    const moments = momentsOf({ ...quiet, ...around });
    const end = staleAt === '24:00' ? quiet.midnight : time(staleAt);
    expect(moments).toEqual({ at: time(at), staleAt: end });
  });

  it('is the same at every instant of its span (S-40)', () => {
    const busy = { ...quiet, isTroubled: true, changedAt: time('14:21') };
    const at = (now: string) => momentsOf({ ...busy, now: new Date(`${day}${now}Z`) });
    expect(at('14:21:00.000')).toEqual(at('14:24:59.999'));
    expect(at('14:25:00.000').at).toEqual(time('14:25'));
  });
});
