// A series as RFC 5545 writes it, and its dates. Local times are what the clock on the page's wall shows,
// so that "Tuesday at two" stays at two all year. Pure; ical.js expands the rules.
import ICAL from 'ical.js';
import { invalid } from '../shared/errors.ts';
import { localTime, settleLocalTime } from '../shared/local-time.ts';
import { minutes, plus } from '../shared/clock.ts';
import type { Window } from './types.ts';

export interface Series {
  zone: string;
  /** Local start of the first occurrence: `2026-12-01T02:00`. */
  start: string;
  minutes: number;
  /** As a person wrote it, without `RRULE:`. */
  rule: string;
  /** Local start that the rule gives the occurrence holding this, whatever it was moved to. */
  at: string;
}

// ical.js walks day by day until a rule matches and never gives up (31 February, every 999,999th day).
// So only rules are let in whose first date is in them and comes again within a few steps.
const weekday = '(?:MO|TU|WE|TH|FR|SA|SU)';
const plainDays = new RegExp(`^${weekday}(?:,${weekday})*$`);
const countedDays = new RegExp(`^[+-]?[1-5]?${weekday}(?:,[+-]?[1-5]?${weekday})*$`);
const monthDay = '-?(?:[1-9]|[12]\\d|3[01])';
const monthDays = new RegExp(`^${monthDay}(?:,${monthDay})*$`);
const until = /^\d{8}(?:T\d{6}Z?)?$/;

const longest = { DAILY: 365, WEEKLY: 52, MONTHLY: 12, YEARLY: 5 } as const;
const ruleLimit = 200;
/** Occurrences of a series looked through; a daily one reaches fifty years ahead. */
const mostSteps = 20_000;

type Parts = Map<string, string>;

/** A rule as it is kept, or `invalid` at `rule` with what is wrong in words. */
export function checkRule(text: string, zone: string, start: string): string {
  const rule = text
    .trim()
    .toUpperCase()
    .replace(/^RRULE:/, '');
  const parts = partsOf(rule);
  checkParts(parts);
  if (!dayFits(parts, start)) throw fault(notInRule);
  const first = datesOf({ zone, start, minutes: 0, rule, at: start }).next();
  if (first.done || first.value !== start) throw fault(notInRule);
  return rule;
}

const fault = (message: string) => invalid('rule', message);
const notInRule = 'The first date has to be one of the dates that this repetition gives.';

function partsOf(rule: string): Parts {
  if (rule.length > ruleLimit) throw fault(`Please use at most ${ruleLimit} characters.`);
  const parts: Parts = new Map();
  for (const part of rule.replace(/;$/, '').split(';')) {
    const [name = '', value = '', ...more] = part.split('=');
    if (!name || !value || more.length > 0 || parts.has(name)) {
      throw fault('Please write a rule such as FREQ=WEEKLY;BYDAY=TU.');
    }
    parts.set(name, value);
  }
  return parts;
}

function checkParts(parts: Parts): void {
  const frequency = parts.get('FREQ') ?? '';
  if (!(frequency in longest)) {
    throw fault('FREQ has to be DAILY, WEEKLY, MONTHLY or YEARLY.');
  }
  const known = checksFor(frequency as keyof typeof longest);
  for (const [name, value] of parts) {
    const check = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!check) throw fault(`${name.slice(0, 20)} cannot be used in a ${frequency} rule here.`);
    if (!check(value)) throw fault(`${name} has a value that cannot be used here.`);
  }
  if (parts.has('COUNT') && parts.has('UNTIL')) throw fault('Please use COUNT or UNTIL, not both.');
  if (parts.has('BYSETPOS') && !plainDays.test(parts.get('BYDAY') ?? '')) {
    throw fault('BYSETPOS needs BYDAY with plain weekdays.');
  }
  if (parts.has('BYMONTHDAY') && parts.has('BYDAY')) {
    throw fault('Please use BYDAY or BYMONTHDAY, not both.');
  }
}

type Check = (value: string) => boolean;

const countUpTo =
  (most: number): Check =>
  (value) =>
    /^\d{1,3}$/.test(value) && Number(value) >= 1 && Number(value) <= most;
const days: Check = (value) => plainDays.test(value);

function checksFor(frequency: keyof typeof longest): Record<string, Check> {
  const always: Record<string, Check> = {
    FREQ: () => true,
    INTERVAL: countUpTo(longest[frequency]),
    COUNT: countUpTo(999),
    UNTIL: (value) => until.test(value),
    WKST: (value) => new RegExp(`^${weekday}$`).test(value),
  };
  if (frequency === 'DAILY' || frequency === 'WEEKLY') return { ...always, BYDAY: days };
  if (frequency === 'YEARLY') return always;
  return {
    ...always,
    BYDAY: (value) => countedDays.test(value),
    BYMONTHDAY: (value) => monthDays.test(value),
    BYSETPOS: (value) => /^-?[1-4]$/.test(value),
  };
}

const weekdays = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];

/** Whether the first day is one that the rule can give at all: without it ical.js would search for ever. */
function dayFits(parts: Parts, start: string): boolean {
  const day = new Date(`${start.slice(0, 10)}T00:00:00Z`);
  if (parts.get('FREQ') === 'YEARLY') return start.slice(5, 10) !== '02-29';
  const byDay = parts.get('BYDAY');
  const byMonthDay = parts.get('BYMONTHDAY');
  const name = weekdays[day.getUTCDay()] ?? '';
  const number = day.getUTCDate();
  const last = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0)).getUTCDate();
  if (byDay !== undefined) {
    const nth = Math.ceil(number / 7);
    const fromEnd = -Math.ceil((last - number + 1) / 7);
    const mine = [name, `${nth}${name}`, `+${nth}${name}`, `${fromEnd}${name}`];
    return byDay.split(',').some((one) => mine.includes(one));
  }
  if (byMonthDay === undefined) return true;
  return byMonthDay
    .split(',')
    .some((one) => Number(one) === number || Number(one) === number - last - 1);
}

/** Local starts of a series, from its first on. */
function* datesOf(series: Series): Generator<string> {
  const recur = ICAL.Recur.fromString(withLocalEnd(series.rule, series.zone));
  const dates = recur.iterator(ICAL.Time.fromDateTimeString(`${series.start}:00`));
  for (let step = 0; step < mostSteps; step += 1) {
    const next = dates.next() as ICAL.Time | null;
    if (!next) return;
    yield next.toString().slice(0, 16);
  }
}

/** UNTIL in local time: ical.js compares it without a zone, and a bare date with its midnight. */
function withLocalEnd(rule: string, zone: string): string {
  return rule.replace(
    /UNTIL=(\d{8})(?:T(\d{6})(Z?))?/,
    (_, day: string, time = '235959', utc = '') => {
      if (utc === '') return `UNTIL=${day}T${time}`;
      const iso = `${day.replace(/(\d{4})(\d\d)(\d\d)/, '$1-$2-$3')}T${time.replace(/(\d\d)(\d\d)(\d\d)/, '$1:$2:$3')}Z`;
      return `UNTIL=${localTime(zone, new Date(iso)).replaceAll(/[-:]/g, '')}00`;
    },
  );
}

/** The first occurrence after the one at hand that is not over by `now`; undefined when the series ends. */
export function nextOccurrence(series: Series, now: Date): (Window & { at: string }) | undefined {
  for (const at of datesOf(series)) {
    if (at <= series.at) continue;
    const window = windowAt(series, at);
    if (window && window.scheduledUntil > now) return { ...window, at };
  }
  return undefined;
}

/** The first `count` occurrences, for a preview. */
export function firstOccurrences(series: Series, count: number): Window[] {
  const found: Window[] = [];
  for (const at of datesOf(series)) {
    const window = windowAt(series, at);
    if (window) found.push(window);
    if (found.length === count) break;
  }
  return found;
}

function windowAt(series: Series, at: string): Window | undefined {
  const scheduledFor = settleLocalTime(series.zone, at);
  if (!scheduledFor) return undefined;
  return { scheduledFor, scheduledUntil: plus(scheduledFor, minutes(series.minutes)) };
}

// How a series is kept: the lines RFC 5545 has for it.

const compact = (local: string) => `${local.replaceAll(/[-:]/g, '')}00`;
const expand = (text: string) =>
  text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d).*$/, '$1-$2-$3T$4:$5');

export const writeSeries = ({ zone, start, minutes: length, rule, at }: Series): string =>
  [
    `DTSTART;TZID=${zone}:${compact(start)}`,
    `DURATION:PT${length}M`,
    `RRULE:${rule}`,
    `RECURRENCE-ID;TZID=${zone}:${compact(at)}`,
  ].join('\n');

export function readSeries(text: string): Series {
  const line = (pattern: RegExp) => pattern.exec(text)?.slice(1) ?? [];
  const [zone = 'Etc/UTC', start = ''] = line(/^DTSTART;TZID=([^:\n]+):(\S+)$/m);
  const [length = '60'] = line(/^DURATION:PT(\d+)M$/m);
  const [rule = ''] = line(/^RRULE:(.+)$/m);
  const [, at = start] = line(/^RECURRENCE-ID;TZID=([^:\n]+):(\S+)$/m);
  return { zone, start: expand(start), minutes: Number(length), rule, at: expand(at) };
}

/** A new series that begins with a window. Throws `invalid` at `rule`. */
export function seriesFrom(
  { scheduledFor, scheduledUntil }: Window,
  rule: string,
  zone: string,
): Series {
  const start = localTime(zone, scheduledFor);
  const length = Math.round((scheduledUntil.getTime() - scheduledFor.getTime()) / minutes(1));
  return {
    zone,
    start,
    minutes: Math.max(1, length),
    rule: checkRule(rule, zone, start),
    at: start,
  };
}
