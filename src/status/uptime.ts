// How long a component spent in which status, day by day of the page's calendar, and what that comes to. Pure.
import type { UptimeWeights } from '../settings/types.ts';
import { startOfDay } from '../shared/time.ts';
import type { ComponentStatus } from '../shared/words.ts';
import type { PublicDay } from './types.ts';

/** A calendar day between two instants, in milliseconds: 23 or 25 hours where the clocks change. */
export interface DayBounds {
  /** `2026-11-22` */
  day: string;
  from: number;
  to: number;
}

/** The `count` calendar days of a zone that end with `last`, oldest first. */
export function daysUpTo(zone: string, last: string, count: number): DayBounds[] {
  const names = Array.from({ length: count + 1 }, (_, i) => dayAfter(last, i + 1 - count));
  const starts = names.map((day) => startOfDay(zone, day).getTime());
  return names.slice(0, count).map((day, i) => ({
    day,
    from: starts[i] ?? 0,
    // Backwards it never runs: a zone that once skipped a whole day has an empty one.
    to: Math.max(starts[i] ?? 0, starts[i + 1] ?? 0),
  }));
}

/** The calendar day `count` days after another. */
export const dayAfter = (day: string, count = 1): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + count * 86_400_000).toISOString().slice(0, 10);

/** A stretch of one status, in milliseconds; `to` is null while it lasts. */
export interface Stretch {
  status: ComponentStatus;
  from: number;
  to: number | null;
}

type Spent = PublicDay['spent'];

/**
 * What each day holds of the stretches, cut at `since` (where the component's record counts from) and
 * at `until` (now). The day of `until` names the status shown then even when no time has passed in it.
 */
export function spentPerDay(
  stretches: Stretch[],
  bounds: DayBounds[],
  since: number,
  until: number,
): Spent[] {
  const spent: Spent[] = bounds.map(() => ({}));
  for (const { status, from, to } of stretches) {
    const begin = Math.max(from, since);
    const end = Math.min(to ?? until, until);
    const isNow = to === null && begin <= until;
    for (let i = firstDayAfter(bounds, begin); i < bounds.length; i += 1) {
      const day = bounds[i];
      const part = spent[i];
      if (!day || !part || day.from > end) break;
      const length = Math.min(end, day.to) - Math.max(begin, day.from);
      const isToday = isNow && day.from <= until && until < day.to;
      if (length > 0 || isToday) part[status] = (part[status] ?? 0) + Math.max(0, length);
    }
  }
  return spent;
}

/** Index of the first day that is not over at `at`. */
function firstDayAfter(bounds: DayBounds[], at: number): number {
  let [low, high] = [0, bounds.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((bounds[middle]?.to ?? Infinity) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** How much of a status counts as downtime, from 0 to 1. */
export function weightOf(status: ComponentStatus, weights: UptimeWeights): number {
  if (status === 'operational') return 0;
  if (status === 'major_outage') return 1;
  return weights[status];
}

/** The share of the known time that was up, from 0 to 1; null when nothing is known. */
export function upShare(spent: Spent[], weights: UptimeWeights): number | null {
  let [known, down] = [0, 0];
  for (const day of spent) {
    for (const [status, length] of Object.entries(day) as [ComponentStatus, number][]) {
      known += length;
      down += length * weightOf(status, weights);
    }
  }
  return known > 0 ? 1 - down / known : null;
}

/** Something with a name that touched a component from one instant to another. */
export interface Touch {
  kind: 'incident' | 'maintenance';
  id: string;
  title: string;
  from: number;
  /** Null while it lasts. */
  to: number | null;
}

const namedPerDay = 3;

/** The touches of one day, newest first. */
export const touchesOf = (touches: Touch[], day: DayBounds): Touch[] =>
  touches
    .filter(({ from, to }) => from < day.to && (to === null || to >= day.from))
    .toSorted((a, b) => b.from - a.from || (a.id < b.id ? -1 : 1));

/** A day as the page tells it: the newest few by name, the rest counted. `touches` are the day's own, newest first. */
export function toPublicDay(day: string, spent: Spent, touches: Touch[]): PublicDay {
  return {
    day,
    spent,
    events: touches.slice(0, namedPerDay).map(({ kind, id, title }) => ({ kind, id, title })),
    more: Math.max(0, touches.length - namedPerDay),
  };
}
