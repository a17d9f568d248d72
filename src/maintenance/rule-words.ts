// A repetition rule in words, where it is one that people choose; others are shown as they are written. Pure.
import { isOneOf } from '../shared/words.ts';
import { weekdayCodes } from './repeat.ts';

const weekdayNames: Record<(typeof weekdayCodes)[number], string> = {
  MO: 'Monday',
  TU: 'Tuesday',
  WE: 'Wednesday',
  TH: 'Thursday',
  FR: 'Friday',
  SA: 'Saturday',
  SU: 'Sunday',
};
const units: Record<string, string> = { DAILY: 'day', WEEKLY: 'week', MONTHLY: 'month' };
const places: Record<string, string> = {
  '1': 'first',
  '2': 'second',
  '3': 'third',
  '4': 'fourth',
  '-1': 'last',
};

/** `every 2 weeks on Tuesday and Thursday, 6 times`; undefined for a rule these words do not reach. */
export function ruleWords(rule: string): string | undefined {
  const parts = new Map(rule.split(';').map((part) => part.split('=', 2) as [string, string]));
  const take = (name: string) => {
    const value = parts.get(name);
    parts.delete(name);
    return value;
  };
  const unit = units[take('FREQ') ?? ''];
  const every = Number(take('INTERVAL') ?? 1);
  const on = [daysOf(take('BYDAY'), unit), monthDayOf(take('BYMONTHDAY'))].filter(
    (one) => one !== '',
  );
  const end = endOf(take('COUNT'), take('UNTIL'));
  if (!unit || parts.size > 0 || on.length > 1 || [...on, end].includes(undefined))
    return undefined;
  const words = [`every ${every === 1 ? unit : `${every} ${unit}s`}`, ...on].join(' on ');
  return end ? `${words}, ${end}` : words;
}

function daysOf(days: string | undefined, unit: string | undefined): string | undefined {
  if (days === undefined) return '';
  const named = days.split(',').map((day) => {
    const code = day.slice(-2);
    const place = day.slice(0, -2);
    if (!isOneOf(weekdayCodes, code)) return undefined;
    if (place === '') return unit === 'month' ? undefined : weekdayNames[code];
    return unit === 'month' && places[place] && `the ${places[place]} ${weekdayNames[code]}`;
  });
  return named.every(Boolean) ? inWords(named as string[]) : undefined;
}

function monthDayOf(date: string | undefined): string | undefined {
  if (date === undefined) return '';
  if (date === '-1') return 'its last day';
  return /^\d+$/.test(date) ? `day ${date}` : undefined;
}

function endOf(count: string | undefined, until: string | undefined): string | undefined {
  if (count !== undefined) return count === '1' ? 'once' : `${count} times`;
  if (until === undefined) return '';
  const day = /^(\d{4})(\d\d)(\d\d)$/.exec(until);
  return day ? `until ${day[1]}-${day[2]}-${day[3]}` : undefined;
}

const inWords = (names: string[]) =>
  names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : (names[0] ?? '');
