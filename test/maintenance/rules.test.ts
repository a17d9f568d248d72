// Moves, what time alone brings, and plain words, as tables.
import { describe, expect, it } from 'vitest';
import {
  canMove,
  datesAfter,
  dueNow,
  leadTime,
  mailKindOf,
  reminderWords,
} from '../../src/maintenance/rules.ts';
import { type MaintenanceState, maintenanceStates } from '../../src/shared/words.ts';

const start = new Date('2026-11-24T02:00:00Z');
const end = new Date('2026-11-24T04:00:00Z');
const one = {
  state: 'scheduled' as MaintenanceState,
  scheduledFor: start,
  scheduledUntil: end,
  autoStart: true,
  autoComplete: false,
  reminders: [1440, 60],
  notifies: true,
};

describe('moves', () => {
  it.each([
    ['scheduled', 'scheduled in_progress verifying completed cancelled'],
    ['in_progress', 'in_progress verifying completed cancelled'],
    ['verifying', 'in_progress verifying completed'],
    ['completed', 'completed'],
    ['cancelled', 'cancelled'],
  ] as const)('%s goes to %s', (from, to) => {
    expect(maintenanceStates.filter((state) => canMove(from, state)).join(' ')).toBe(to);
  });
});

describe('what is due', () => {
  it.each([
    ['2026-11-23T01:59:59Z', [], { kind: 'none' }],
    ['2026-11-23T02:00:00Z', [], { kind: 'remind', before: 1440, skipped: [] }],
    ['2026-11-23T02:00:05Z', [1440], { kind: 'none' }],
    ['2026-11-24T01:00:00Z', [1440], { kind: 'remind', before: 60, skipped: [] }],
    // Only the nearest after a gap, and never a farther one after a nearer.
    ['2026-11-24T01:30:00Z', [], { kind: 'remind', before: 60, skipped: [1440] }],
    ['2026-11-24T01:30:00Z', [60], { kind: 'none' }],
    ['2026-11-24T02:00:00Z', [1440], { kind: 'start', tells: true }],
    ['2026-11-24T03:59:00Z', [1440, 60], { kind: 'start', tells: true }],
    ['2026-11-24T04:14:00Z', [], { kind: 'start', tells: false }],
  ])('at %s, given %j: %j', (now, given, due) => {
    expect(dueNow(one, given, new Date(now))).toEqual(due);
  });

  it('is still told of a short one that is over within fifteen minutes of its start', () => {
    const short = { ...one, scheduledUntil: new Date('2026-11-24T02:05:00Z') };
    expect(dueNow(short, [], new Date('2026-11-24T02:15:00Z'))).toEqual({
      kind: 'start',
      tells: true,
    });
    expect(dueNow(short, [], new Date('2026-11-24T02:15:01Z'))).toEqual({
      kind: 'start',
      tells: false,
    });
  });

  it.each([
    [{ autoStart: false }, '2026-11-24T02:00:00Z', { kind: 'none' }],
    [{ autoComplete: true }, '2026-11-24T03:00:00Z', { kind: 'start', tells: true }],
    [{ autoComplete: true }, '2026-11-24T04:00:00Z', { kind: 'missed' }],
    [{ state: 'in_progress' as const }, '2026-11-24T05:00:00Z', { kind: 'none' }],
    [
      { state: 'in_progress' as const, autoComplete: true },
      '2026-11-24T03:59:59Z',
      { kind: 'none' },
    ],
    [
      { state: 'in_progress' as const, autoComplete: true },
      '2026-11-24T04:00:00Z',
      { kind: 'complete' },
    ],
    [
      { state: 'verifying' as const, autoComplete: true },
      '2026-11-24T04:00:00Z',
      { kind: 'complete' },
    ],
    [{ state: 'completed' as const, autoComplete: true }, '2026-11-24T09:00:00Z', { kind: 'none' }],
    [{ state: 'cancelled' as const }, '2026-11-24T02:30:00Z', { kind: 'none' }],
  ])('with %j at %s: %j', (more, now, due) => {
    expect(dueNow({ ...one, ...more }, [], new Date(now))).toEqual(due);
  });
});

describe('words', () => {
  it.each([
    [60, '2026-11-24T01:00:00Z', '60 minutes'],
    [60, '2026-11-24T01:00:05Z', '60 minutes'],
    [60, '2026-11-24T01:40:00Z', '20 minutes'],
    [1440, '2026-11-23T02:00:05Z', '24 hours'],
    [60, '2026-11-24T01:59:30Z', '1 minute'],
  ])('a reminder of %i minutes at %s says %s', (before, now, words) => {
    expect(reminderWords(before, start, new Date(now))).toBe(
      `Maintenance will begin as scheduled in ${words}.`,
    );
  });

  it.each([
    [1, '1 minute'],
    [90, '90 minutes'],
    [120, '2 hours'],
    [2880, '2 days'],
  ])('%i minutes ahead is %s', (before, words) => expect(leadTime(before)).toBe(words));

  it.each([
    ['scheduled', 'scheduled', false, 'updated'],
    ['scheduled', 'scheduled', true, 'rescheduled'],
    ['scheduled', 'in_progress', true, 'started'],
    ['in_progress', 'verifying', false, 'verifying'],
    ['verifying', 'completed', false, 'completed'],
    ['scheduled', 'cancelled', false, 'cancelled'],
  ] as const)('from %s to %s, moved %s, is told as %s', (from, to, moved, kind) => {
    expect(mailKindOf(from, to, moved)).toBe(kind);
  });
});

describe('true dates', () => {
  const base = { startedAt: null, completedAt: null, scheduledFor: start, scheduledUntil: end };

  it('begin once and end last, also when the clock was set back', () => {
    const began = datesAfter({ ...base, state: 'scheduled' }, 'in_progress', start);
    expect(began).toEqual({ startedAt: start, completedAt: null });
    const earlier = new Date('2026-11-24T01:00:00Z');
    const over = datesAfter({ ...base, ...began, state: 'in_progress' }, 'completed', earlier);
    expect(over).toEqual({ startedAt: start, completedAt: start });
  });

  it('are nothing for one that never began', () => {
    expect(datesAfter({ ...base, state: 'scheduled' }, 'cancelled', start)).toEqual({
      startedAt: null,
      completedAt: null,
    });
  });
});
