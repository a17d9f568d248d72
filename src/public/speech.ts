// How one language says times, lengths, shares and the product's words on the public pages.
import type { Language } from '../web/language.ts';

/** Everything a page needs to speak. Times are told in UTC; a script says them in the reader's zone. */
export interface Speech {
  locale: string;
  direction: string;
  t: Language['t'];
  /** `15:00 UTC` */
  clock: (at: Date) => string;
  /** `22 Nov, 15:00 UTC` */
  short: (at: Date) => string;
  /** `22 Nov 2026, 15:00 UTC` */
  full: (at: Date) => string;
  /** `22 November`, for a calendar day such as `2026-11-22`. */
  day: (day: string) => string;
  weekday: (day: string) => string;
  /** `November 2026`, for a calendar month such as `2026-11`. */
  month: (month: string) => string;
  /** `November` */
  monthAlone: (month: string) => string;
  /** `2 h 5 min`, in whole units, at least a minute unless zero. */
  length: (milliseconds: number) => string;
  /** `99.98%` of a share from 0 to 1. Never rounded up to the whole: 100% means every minute. */
  percent: (share: number) => string;
  list: (parts: string[]) => string;
  /** With a small first letter, for the middle of a sentence. */
  small: (word: string) => string;
}

const known = new WeakMap<Language, Speech>();

export function speechOf(language: Language): Speech {
  let speech = known.get(language);
  if (!speech) known.set(language, (speech = learn(language)));
  return speech;
}

/** English is written the way that is read the same everywhere: day before month, 24 hours. */
export const intlLocale = (locale: string) => (locale === 'en' ? 'en-GB' : locale);

function learn({ locale, t }: Language): Speech {
  const tongue = intlLocale(locale);
  const format = (options: Intl.DateTimeFormatOptions) => {
    const formatter = new Intl.DateTimeFormat(tongue, { timeZone: 'UTC', ...options });
    return (at: Date) => formatter.format(at);
  };
  const clockParts = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const dayParts = { day: 'numeric', month: 'short' } as const;
  const inUtc = (say: (at: Date) => string) => (at: Date) => t('page:utc', { time: say(at) });
  const dayAndMonth = format({ day: 'numeric', month: 'long' });
  const weekday = format({ weekday: 'long' });
  const monthAndYear = format({ month: 'long', year: 'numeric' });
  const monthOnly = format({ month: 'long' });
  const percents = new Intl.NumberFormat(tongue, { style: 'percent', maximumFractionDigits: 2 });
  const lists = new Intl.ListFormat(tongue, { style: 'short', type: 'unit' });
  return {
    locale,
    direction: t('page:direction'),
    t,
    clock: inUtc(format(clockParts)),
    short: inUtc(format({ ...dayParts, ...clockParts })),
    full: inUtc(format({ ...dayParts, year: 'numeric', ...clockParts })),
    day: (day) => dayAndMonth(noonOf(day)),
    weekday: (day) => weekday(noonOf(day)),
    month: (month) => monthAndYear(noonOf(`${month}-15`)),
    monthAlone: (month) => monthOnly(noonOf(`${month}-15`)),
    length: (milliseconds) => lengthOf(t, milliseconds),
    percent: (share) => percents.format(Math.floor(share * 10_000 + 1e-7) / 10_000),
    list: (parts) => lists.format(parts),
    small: (word) => word.charAt(0).toLocaleLowerCase(tongue) + word.slice(1),
  };
}

const noonOf = (day: string) => new Date(`${day}T12:00:00Z`);

function lengthOf(t: Language['t'], milliseconds: number): string {
  const rounded = Math.max(0, Math.round(milliseconds / 60_000));
  const total = rounded === 0 && milliseconds > 0 ? 1 : rounded;
  const [d, h, m] = [Math.floor(total / 1440), Math.floor(total / 60) % 24, total % 60];
  if (d > 0) return h > 0 ? t('page:length.days_hours', { d, h }) : t('page:length.days', { d });
  if (h > 0 && m > 0) return t('page:length.hours_minutes', { h, m });
  return h > 0 ? t('page:length.hours', { h }) : t('page:length.minutes', { m });
}
