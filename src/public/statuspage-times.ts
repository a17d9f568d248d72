// Instants as Statuspage's feeds and history write them: in the page's zone, in English, marked up for its scripts.
import { isoInZone, offsetMinutes } from '../shared/time.ts';

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const weekdays = 'Sun Mon Tue Wed Thu Fri Sat'.split(' ');

/** What a clock and a calendar on the wall in `zone` show: two digits each. */
function wall(zone: string, at: Date) {
  const iso = isoInZone(zone, at);
  return {
    year: iso.slice(0, 4),
    month: months[Number(iso.slice(5, 7)) - 1] ?? '',
    day: iso.slice(8, 10),
    time: iso.slice(11, 16),
    seconds: iso.slice(17, 19),
    offset: iso.endsWith('Z') ? '+0000' : iso.slice(23).replace(':', ''),
    weekday: weekdays[new Date(`${iso.slice(0, 10)}T12:00:00Z`).getUTCDay()] ?? '',
  };
}

/** `Fri, 09 Oct 2026 05:20:00 +0000`: milliseconds are cut off, not rounded. */
export function rssDate(zone: string, at: Date): string {
  const { weekday, day, month, year, time, seconds, offset } = wall(zone, at);
  return `${weekday}, ${day} ${month} ${year} ${time}:${seconds} ${offset}`;
}

/** `2026-10-09T05:20:00Z`, or with the zone's offset: milliseconds are cut off, not rounded. */
export const atomDate = (zone: string, at: Date) => isoInZone(zone, at).replace(/\.\d{3}/, '');

/** `Jun <var data-var='date'> 6</var>, <var data-var='time'>18:09</var> UTC`, the day padded with a space. */
export const momentHtml = (zone: string, at: Date) =>
  `${dayAndTime(zone, at)} ${zoneName(zone, at)}`;

/** A span as the list of past incidents writes it: the second day is told only when it is another one. */
export function historySpanHtml(zone: string, from: Date, to: Date | null): string {
  if (to === null || dayAndTime(zone, from) === dayAndTime(zone, to)) return momentHtml(zone, from);
  const end = isSameDay(zone, from, to) ? timeHtml(zone, to) : dayAndTime(zone, to);
  return `${dayAndTime(zone, from)} - ${end} ${zoneName(zone, to)}`;
}

/** A scheduled window. Over two days the zone is named at both ends. */
export function windowHtml(zone: string, from: Date, to: Date): string {
  return isSameDay(zone, from, to)
    ? `${dayAndTime(zone, from)} - ${timeHtml(zone, to)} ${zoneName(zone, to)}`
    : `${momentHtml(zone, from)} &nbsp;-&nbsp; ${momentHtml(zone, to)}`;
}

function dayAndTime(zone: string, at: Date): string {
  const { month, day } = wall(zone, at);
  return `${month} <var data-var='date'>${day.replace(/^0/, ' ')}</var>, ${timeHtml(zone, at)}`;
}

const timeHtml = (zone: string, at: Date) => `<var data-var='time'>${wall(zone, at).time}</var>`;

const isSameDay = (zone: string, a: Date, b: Date) =>
  isoInZone(zone, a).slice(0, 10) === isoInZone(zone, b).slice(0, 10);

const zoneNames = new Map<string, string>();

/** The zone's usual short name where English has one (`UTC`, `CET`, `EDT`, `AEST`), else such as `GMT+3`. */
function zoneName(zone: string, at: Date): string {
  const key = `${zone} ${offsetMinutes(zone, at)}`;
  let name = zoneNames.get(key);
  if (name === undefined) zoneNames.set(key, (name = findZoneName(zone, at)));
  return name;
}

function findZoneName(zone: string, at: Date): string {
  const names = locales.map((locale) => nameIn(locale, zone, at));
  return names.find((name) => !/^GMT[+-]/.test(name)) ?? names[0] ?? '';
}

/** Each names the zones of its own part of the world. */
const locales = ['en-US', 'en-GB', 'en-AU', 'en-IN', 'en-ZA', 'en-NZ', 'ja-JP'];

const nameIn = (locale: string, zone: string, at: Date) =>
  new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: 'short' })
    .formatToParts(at)
    .find(({ type }) => type === 'timeZoneName')?.value ?? '';
