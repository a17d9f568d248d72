// Which moves a maintenance has, what becomes due with time alone, and the plain words for it. Pure.
import { minutes, plus } from '../shared/clock.ts';
import { utcFull } from '../shared/time.ts';
import { isOneOf, type MaintenanceState } from '../shared/words.ts';
import type { Habits, MailKind, MaintenanceRow, Window } from './types.ts';

/** What a new maintenance does unless told otherwise. */
export const usualHabits: Habits = {
  autoStart: true,
  autoComplete: false,
  reminders: [24 * 60, 60],
  notifies: true,
};

/** 30 days: what lies further ahead is announced, not reminded of. */
export const longestReminder = 30 * 24 * 60;
export const mostReminders = 5;

// Moving

const moves: Record<MaintenanceState, readonly MaintenanceState[]> = {
  scheduled: ['scheduled', 'in_progress', 'verifying', 'completed', 'cancelled'],
  in_progress: ['in_progress', 'verifying', 'completed', 'cancelled'],
  // A check may fail, and the work goes on.
  verifying: ['verifying', 'in_progress', 'completed'],
  // A further note, no more.
  completed: ['completed'],
  cancelled: ['cancelled'],
};

export const canMove = (from: MaintenanceState, to: MaintenanceState) => moves[from].includes(to);

/** The states that an author may choose from, the usual next one not first but in order. */
export const movesFrom = (from: MaintenanceState) => moves[from];

export const isRunning = (state: MaintenanceState) => isOneOf(['in_progress', 'verifying'], state);

export const isOver = (state: MaintenanceState) => isOneOf(['completed', 'cancelled'], state);

type Dates = Pick<MaintenanceRow, 'startedAt' | 'completedAt'>;

/** When it truly began and was over, after a move at `at`. A clock set back makes nothing negative. */
export function datesAfter(
  before: Dates & Window & { state: MaintenanceState },
  to: MaintenanceState,
  at: Date,
): Dates {
  if (before.state === to || to === 'scheduled') {
    return { startedAt: before.startedAt, completedAt: before.completedAt };
  }
  if (isRunning(to)) return { startedAt: before.startedAt ?? at, completedAt: null };
  if (to === 'cancelled') {
    return {
      startedAt: before.startedAt,
      completedAt: before.startedAt && later(before.startedAt, at),
    };
  }
  const startedAt = before.startedAt ?? (at < before.scheduledFor ? at : before.scheduledFor);
  return { startedAt, completedAt: later(startedAt, at) };
}

const later = (a: Date, b: Date) => (a > b ? a : b);

// What time alone brings

/** After that the start of something that is over already is no news (F-14). */
const startIsNewsFor = minutes(15);

export type Due =
  | { kind: 'none' }
  /** `before`: minutes of the nearest reminder; `skipped`: those it stands in for. */
  | { kind: 'remind'; before: number; skipped: number[] }
  | { kind: 'start'; tells: boolean }
  | { kind: 'complete' }
  /** Its whole time passed while nobody looked, and it may end by itself. */
  | { kind: 'missed' };

type Timed = Window &
  Pick<MaintenanceRow, 'state' | 'autoStart' | 'autoComplete' | 'reminders' | 'notifies'>;

/**
 * What has become due by `now`. `given` are the reminders recorded for this start time, sent or not:
 * whatever is further ahead than one of them is not given any more, nor after the clock was set back.
 */
export function dueNow(one: Timed, given: readonly number[], now: Date): Due {
  const isPast = one.scheduledUntil <= now;
  if (isRunning(one.state)) {
    return one.autoComplete && isPast ? { kind: 'complete' } : { kind: 'none' };
  }
  if (one.state !== 'scheduled') return { kind: 'none' };
  if (now >= one.scheduledFor) {
    if (!one.autoStart) return { kind: 'none' };
    if (isPast && one.autoComplete) return { kind: 'missed' };
    const late = now.getTime() - one.scheduledFor.getTime();
    return { kind: 'start', tells: !isPast || late <= startIsNewsFor };
  }
  const due = remindersUpTo(one, now).filter((before) => !given.includes(before));
  const nearest = Math.min(...due);
  if (due.length === 0 || nearest > Math.min(Infinity, ...given)) return { kind: 'none' };
  return { kind: 'remind', before: nearest, skipped: due.filter((before) => before !== nearest) };
}

/** The reminders whose moment has come by `now`, in minutes before the start. */
export const remindersUpTo = (
  { reminders, scheduledFor }: Pick<Timed, 'reminders' | 'scheduledFor'>,
  now: Date,
): number[] => reminders.filter((before) => plus(scheduledFor, -minutes(before)) <= now);

/** Reminders as they are kept: whole minutes, each once, the farthest first. */
export const tidyReminders = (reminders: readonly number[]): number[] =>
  [...new Set(reminders)].toSorted((a, b) => b - a);

// Words

const stateWords: Record<MaintenanceState, string> = {
  scheduled: 'This maintenance remains scheduled as announced.',
  in_progress:
    'Scheduled maintenance is currently in progress. We will provide updates as necessary.',
  verifying: 'Verification is currently underway for the maintenance items.',
  completed: 'The scheduled maintenance has been completed.',
  cancelled: 'The scheduled maintenance has been cancelled.',
};

/** Statuspage's own sentence for a state that nobody put into words. */
export const wordsFor = (state: MaintenanceState) => stateWords[state];

/** `Maintenance will begin as scheduled in 60 minutes.`, with the time that is truly left. */
export function reminderWords(before: number, scheduledFor: Date, now: Date): string {
  const left = Math.ceil((scheduledFor.getTime() - now.getTime()) / minutes(1));
  // A reminder that comes late tells the truth, one that is on time the round figure.
  return `Maintenance will begin as scheduled in ${leadTime(before - left > 1 ? left : before)}.`;
}

/** `60 minutes`, `24 hours`, `7 days`: in the largest unit that fits, from two hours and two days on. */
export function leadTime(before: number): string {
  if (before % (24 * 60) === 0 && before > 24 * 60) return `${before / (24 * 60)} days`;
  if (before % 60 === 0 && before > 60) return `${before / 60} hours`;
  return before === 1 ? '1 minute' : `${before} minutes`;
}

export const movedWords = ({ scheduledFor, scheduledUntil }: Window) =>
  `This maintenance has been moved. It now takes place from ${utcFull(scheduledFor)} to ${utcFull(scheduledUntil)}.`;

export const longerWords = ({ scheduledUntil }: Window) =>
  `This maintenance is now expected to end at ${utcFull(scheduledUntil)}.`;

/** What a mail about an update tells, by what the update changed. */
export function mailKindOf(
  from: MaintenanceState,
  to: MaintenanceState,
  isMoved: boolean,
): MailKind {
  if (from === to) return isMoved ? 'rescheduled' : 'updated';
  if (to === 'in_progress') return 'started';
  return to === 'scheduled' ? 'announced' : to;
}
