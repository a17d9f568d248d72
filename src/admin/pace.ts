// How fast mail goes and when it will be through, in words. Nothing is said that was not measured. Pure.
import { days, hours, minutes, seconds } from '../shared/clock.ts';
import { duration } from '../shared/time.ts';

const settledAfter = minutes(1);

/** What is known of how fast mail is accepted. */
export interface Measured {
  /** Accepted by all relays in the last minute; undefined when nobody tells. */
  perMinute: number | undefined;
  /** Of the one notification that is being sent: how many it has, and since when it may go. */
  sent: number;
  sentFor: number;
}

/**
 * Messages a second, or undefined when nothing flows. The last minute's figure is too low for what began
 * within it: then its own average counts.
 */
export function paceOf({ perMinute, sent, sentFor }: Measured): number | undefined {
  if (perMinute === undefined) return undefined;
  const ofLastMinute = perMinute / 60;
  const own = sentFor >= seconds(1) && sentFor < settledAfter ? (sent * 1000) / sentFor : 0;
  const pace = Math.max(ofLastMinute, own);
  return pace > 0 ? pace : undefined;
}

/** `84 a second`, `40 a minute` */
export function paceWords(pace: number): string {
  if (pace >= 1) return `${Math.round(pace).toLocaleString('en')} a second`;
  const perMinute = Math.round(pace * 60);
  return perMinute >= 1 ? `${perMinute} a minute` : 'less than one a minute';
}

/** `about 12 min left`, for `waiting` messages behind `ahead` others. */
export function timeLeftWords(waiting: number, ahead: number, pace: number): string {
  const left = ((waiting + ahead) / pace) * 1000;
  return left < settledAfter ? 'less than a minute left' : `about ${roughly(left)} left`;
}

/** In units that a guess deserves: minutes to the hour, then five of them. */
function roughly(milliseconds: number): string {
  const step = milliseconds < minutes(60) ? minutes(1) : minutes(5);
  return duration(Math.ceil(milliseconds / step) * step);
}

interface SendingLimits {
  perSecond: number | null;
  perHour: number | null;
  perDay: number | null;
}

/**
 * How long `count` messages take at least within the relays' limits; undefined where that is less than a
 * minute, or nothing limits them. An hour's or a day's allowance goes at once, only what is beyond it waits.
 */
export function leastTimeWords(count: number, limits: SendingLimits[]): string | undefined {
  const waits = (allowance: number) => Math.max(0, Math.ceil(count / allowance) - 1);
  const [perSecond, perHour, perDay] = (['perSecond', 'perHour', 'perDay'] as const).map((name) =>
    together(limits.map((one) => one[name])),
  );
  const least = Math.max(
    perSecond === undefined ? 0 : seconds(count / perSecond),
    perHour === undefined ? 0 : hours(waits(perHour)),
    perDay === undefined ? 0 : days(waits(perDay)),
  );
  return least < settledAfter ? undefined : roughly(least);
}

/** What all relays take together; undefined when one of them takes any number. */
function together(each: (number | null)[]): number | undefined {
  const known = each.filter((one) => one !== null);
  if (each.length === 0 || known.length < each.length) return undefined;
  return known.reduce((sum, one) => sum + one, 0);
}
