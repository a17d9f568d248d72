// The arithmetic of limits: what lies in a sliding window of time. Pure.
import { minutes, seconds } from '../shared/clock.ts';

/** Messages that a relay accepted in a slice of time; also an increment to that number. */
export interface Usage {
  key: string;
  /** Milliseconds since 1970 at which the slice began. */
  slice: number;
  accepted: number;
}

/** A line break parts a relay's name from a domain. */
export const relayKey = (relay: string) => relay.replaceAll(/\s+/g, ' ');
export const domainKey = (relay: string, domain: string) => `${relayKey(relay)}\n${domain}`;
/** The domain in a key; undefined in the key of a relay as a whole. */
export const domainOf = (key: string) => key.split('\n', 2)[1];

/** How finely time is counted, in milliseconds. Stored are only `long` and `domain`. */
export const slices = { second: 50, minute: seconds(1), long: minutes(1), domain: seconds(5) };

/**
 * Counts over a sliding window of `span` milliseconds. What happened in a slice counts until the slice's
 * *end* has left the window: never too few, and too many for no longer than one slice.
 */
export interface Window {
  span: number;
  slice: number;
  /** Oldest first. */
  counts: { start: number; count: number }[];
  total: number;
}

export const emptyWindow = (span: number, slice: number): Window => ({
  span,
  slice,
  counts: [],
  total: 0,
});

export const sliceOf = (at: number, length: number) => Math.floor(at / length) * length;

/** `at` may lie before what was added last. */
export function addTo(window: Window, at: number, count: number): void {
  const start = sliceOf(at, window.slice);
  const index = window.counts.findLastIndex((one) => one.start <= start);
  const known = window.counts[index];
  if (known?.start === start) known.count += count;
  else window.counts.splice(index + 1, 0, { start, count });
  window.total += count;
}

const leaves = ({ slice, span }: Window, start: number) => start + slice + span;

/** What is in it at `now`; drops what has left. */
export function usedOf(window: Window, now: number): number {
  let [oldest] = window.counts;
  while (oldest && leaves(window, oldest.start) <= now) {
    window.total -= oldest.count;
    window.counts.shift();
    [oldest] = window.counts;
  }
  return window.total;
}

/** A place that somebody holds must be given back first, nobody knows when: look again after this. */
const lookAgain = 50;

/** Milliseconds until one more may begin beside `inFlight` others; 0: now. */
export function untilRoom(
  window: Window,
  limit: number | null,
  inFlight: number,
  now: number,
): number {
  if (limit === null) return 0;
  let over = inFlight + usedOf(window, now) + 1 - limit;
  if (over <= 0) return 0;
  for (const { start, count } of window.counts) {
    over -= count;
    if (over <= 0) return leaves(window, start) - now;
  }
  return lookAgain;
}

/** Messages a second over the last ten seconds, or for as long as there were any. */
export function recentRate(window: Window, now: number): number {
  const recent = window.counts.filter(({ start }) => start > now - seconds(10));
  const count = recent.reduce((sum, one) => sum + one.count, 0);
  const [first] = recent;
  return first ? count / (Math.max(seconds(1), now - first.start) / 1000) : 0;
}
