// What a clock on the wall shows, and the instants it can mean where clocks go forward or back (F-13).
import { days, plus } from './clock.ts';
import { isoInZone, offsetMinutes } from './time.ts';

/** What a local time such as `2026-03-29T02:30` can mean in a zone. */
export type LocalTime =
  | { kind: 'one'; at: Date }
  /** `missing`: clocks jump over it. `double`: clocks pass it twice. Either way a person chooses. */
  | { kind: 'choose'; why: 'missing' | 'double'; choices: Date[] }
  | { kind: 'unreadable' };

const localPattern = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::\d\d(?:\.\d+)?)?$/;

/** Reads what a clock on the wall in `zone` shows (F-13). */
export function readLocalTime(zone: string, text: string): LocalTime {
  const match = localPattern.exec(text.trim());
  const wall = new Date(`${match?.slice(1, 4).join('-')}T${match?.slice(4, 6).join(':')}:00Z`);
  // Dates such as 31 February roll over: they are not what was typed.
  if (!match || Number.isNaN(wall.getTime()) || localTime('Etc/UTC', wall) !== short(match)) {
    return { kind: 'unreadable' };
  }
  const around = [plus(wall, -days(1)), plus(wall, days(1))].map((at) => offsetMinutes(zone, at));
  const instants = [...new Set(around)].map((offset) => plus(wall, -offset * 60_000));
  const real = instants.filter((at) => localTime(zone, at) === short(match)).toSorted(byTime);
  const [first, second] = real;
  if (first && !second) return { kind: 'one', at: first };
  if (first) return { kind: 'choose', why: 'double', choices: real };
  return { kind: 'choose', why: 'missing', choices: instants.toSorted(byTime) };
}

/**
 * The instant that a repeated local time means where nobody can be asked, by RFC 5545: the first of
 * two, and past a gap as if the clock had not been put forward. Undefined when it is no time at all.
 */
export function settleLocalTime(zone: string, text: string): Date | undefined {
  const read = readLocalTime(zone, text);
  if (read.kind === 'unreadable') return undefined;
  if (read.kind === 'one') return read.at;
  return read.why === 'double' ? read.choices[0] : read.choices.at(-1);
}

const short = (match: RegExpExecArray) =>
  `${match.slice(1, 4).join('-')}T${match.slice(4, 6).join(':')}`;
const byTime = (a: Date, b: Date) => a.getTime() - b.getTime();

/** An instant as a `datetime-local` field in `zone` holds it: `2026-11-22T15:30`. */
export const localTime = (zone: string, at: Date) => isoInZone(zone, at).slice(0, 16);
