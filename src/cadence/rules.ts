// When the next word is owed, which warnings that calls for, and how a promise stands. Pure.
import { minutes, plus } from '../shared/clock.ts';
import { duration } from '../shared/time.ts';
import type { ClockState, Warning } from './types.ts';

/** The promise of an update whose author typed none: published + target. */
export const defaultPromise = (publishedAt: Date, targetMinutes: number) =>
  plus(publishedAt, minutes(targetMinutes));

/** How long before a promise its first reminder comes. */
export const firstReminder = minutes(10);

/** From this offset on, the Incident Commander is told as well. */
const escalationOffset = 10;
const repeatEvery = 15;
const fixedOffsets = [-10, -5, 0];

/** After very long gaps only so many of the skipped warnings are recorded, the newest ones. */
const recordedAtMost = 200;

interface RunningPromise {
  due: Date;
  /** When the promise was made. */
  promisedAt: Date;
  now: Date;
  /** Offsets already recorded for this promise, sent or not. */
  given: readonly number[];
}

/**
 * The warnings that have come due and were not given: the newest is to be sent, older ones that it
 * stands in for are only recorded. Whatever is older than a warning already given stays ungiven.
 */
export function warningsDue(promise: RunningPromise): {
  send: Warning | undefined;
  record: Warning[];
} {
  const { due, promisedAt, now, given } = promise;
  const newestGiven = Math.max(-Infinity, ...given);
  const missed = offsetsUpTo((now.getTime() - due.getTime()) / minutes(1))
    .filter((offset) => offset > newestGiven)
    .filter((offset) => offset >= 0 || plus(due, minutes(offset)) > promisedAt)
    .map((offset): Warning => {
      const at = plus(due, minutes(offset));
      return { offset, at, lateness: Math.max(0, now.getTime() - at.getTime()) };
    });
  const send = missed.pop();
  return { send, record: missed.slice(-recordedAtMost) };
}

/** -10, -5, 0, 10, 25, 40 …, as far as `elapsed` minutes past the promise (negative: before it). */
function offsetsUpTo(elapsed: number): number[] {
  const repeats = Math.floor((elapsed - escalationOffset) / repeatEvery) + 1;
  const escalations = Array.from(
    { length: Math.max(0, repeats) },
    (_, i) => escalationOffset + i * repeatEvery,
  );
  return [...fixedOffsets.filter((offset) => offset <= elapsed), ...escalations];
}

/** Whether the Incident Commander is told too. */
export const escalates = (offset: number) => offset >= escalationOffset;

/** How a promise stands: `soon` from the first reminder, `due` in the minute after the target. */
export function clockState(now: Date, due: Date): ClockState {
  const remaining = due.getTime() - now.getTime();
  if (remaining > firstReminder) return { phase: 'calm', remaining };
  if (remaining > 0) return { phase: 'soon', remaining };
  return { phase: remaining > -minutes(1) ? 'due' : 'overdue', remaining };
}

/** `12 min left`, `due now`, `overdue by 3 min`: whole minutes, begun ones counting as left. */
export function clockWords({ phase, remaining }: ClockState): string {
  if (phase === 'due') return 'due now';
  const whole = minutes(Math.ceil(remaining / minutes(1)));
  return phase === 'overdue' ? `overdue by ${duration(-whole)}` : `${duration(whole)} left`;
}

/**
 * Whether the promise made with an update was kept by the next public one, and by how many
 * milliseconds it was missed. Undefined while the promise runs, or when none was made.
 */
export function promiseKept(
  update: { nextUpdateBy: Date | null },
  next: { createdAt: Date } | undefined,
): { kept: boolean; lateness: number } | undefined {
  if (!update.nextUpdateBy || !next) return undefined;
  const lateness = next.createdAt.getTime() - update.nextUpdateBy.getTime();
  return { kept: lateness <= 0, lateness: Math.max(0, lateness) };
}
