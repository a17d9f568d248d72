// A repetition as people choose it in a form, and the rule it stands for. Pure.
import { z } from 'zod';
import { invalid } from '../shared/errors.ts';
import { wholeNumber } from '../shared/form.ts';

const repeats = ['none', 'daily', 'weekly', 'monthly', 'custom'] as const;
export const weekdayCodes = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const;
const monthlyWays = ['date', 'weekday', 'last'] as const;
const seriesEnds = ['never', 'count', 'until'] as const;

const blankAs = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema);

export const repeatForm = z.object({
  repeat: z.enum(repeats, { error: 'Please choose how it repeats.' }).default('none'),
  every: blankAs(wholeNumber(1, 365).default(1)),
  days: z.array(z.enum(weekdayCodes, { error: 'Please choose weekdays.' })).default([]),
  monthly: blankAs(z.enum(monthlyWays).default('date')),
  ends: blankAs(z.enum(seriesEnds).default('never')),
  times: blankAs(wholeNumber(1, 999).optional()),
  lastDay: blankAs(z.iso.date({ error: 'Please enter a day, such as 2027-12-31.' }).optional()),
  rule: z.string().max(300, 'Please use at most 200 characters.').default(''),
});
export type Repeat = z.output<typeof repeatForm>;

/** The rule of a series that begins at `start`, a local time; null when it does not repeat. */
export function ruleOf(repeat: Repeat, start: string): string | null {
  if (repeat.repeat === 'none') return null;
  if (repeat.repeat === 'custom') {
    if (repeat.rule.trim() === '')
      throw invalid('rule', 'Please write a rule such as FREQ=WEEKLY;BYDAY=TU.');
    return repeat.rule;
  }
  const parts = [frequencyOf(repeat, start), endOf(repeat)];
  if (repeat.every > 1) parts.splice(1, 0, `INTERVAL=${repeat.every}`);
  return parts.filter(Boolean).join(';');
}

function frequencyOf({ repeat, days, monthly }: Repeat, start: string): string {
  const { weekday, nth, isLast, date } = placeOf(start);
  if (repeat === 'daily') return 'FREQ=DAILY';
  if (repeat === 'weekly') {
    if (days.length > 0 && !days.includes(weekday)) {
      throw invalid('days', 'The weekday of the start has to be one of these.');
    }
    return `FREQ=WEEKLY;BYDAY=${weekdayCodes.filter((code) => code === weekday || days.includes(code)).join(',')}`;
  }
  if (monthly === 'weekday') return `FREQ=MONTHLY;BYDAY=${nth > 4 ? -1 : nth}${weekday}`;
  if (monthly === 'date') return `FREQ=MONTHLY;BYMONTHDAY=${date}`;
  if (!isLast) throw invalid('monthly', 'The start is not on the last day of its month.');
  return 'FREQ=MONTHLY;BYMONTHDAY=-1';
}

function endOf({ ends, times, lastDay }: Repeat): string {
  if (ends === 'count') {
    if (times === undefined) throw invalid('times', 'Please say how many times.');
    return `COUNT=${times}`;
  }
  if (ends !== 'until') return '';
  if (lastDay === undefined) throw invalid('lastDay', 'Please enter the last day.');
  return `UNTIL=${lastDay.replaceAll('-', '')}`;
}

function placeOf(start: string) {
  const day = new Date(`${start.slice(0, 10)}T00:00:00Z`);
  const date = day.getUTCDate();
  const last = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0)).getUTCDate();
  const weekday = weekdayCodes[(day.getUTCDay() + 6) % 7] ?? 'MO';
  return { weekday, date, nth: Math.ceil(date / 7), isLast: date === last };
}
