// A component's days as a drawing and as words. The drawing is one path for all quiet days and a few marks,
// so that twelve components cost hardly a kilobyte on the wire.
import { type ComponentStatus, componentStatuses } from '../shared/words.ts';
import type { PublicDay, PublicUptime } from '../status/types.ts';
import type { Edition } from './editions.ts';

/** Units of the drawing: a day is 1 wide, the bars are this high. The style sheet strokes them. */
export const barHeight = 32;
/** What a two-minute outage gets at least, in the same units. */
const leastMark = 8;
/** Between a mark and what stands on it. */
const gap = 1;

export interface BarsModel {
  count: number;
  height: number;
  /** Path data of the quiet days, of those before the record, and of what was well on the others. */
  known: string;
  unknown: string;
  rest: string;
  marks: { key: ComponentStatus; path: string }[];
  /** The eventful days, newest first. */
  told: DayTold[];
  /** The others in a sentence or two. */
  others: string[];
}

interface DayTold {
  /** Which day, from 0 for the oldest. */
  index: number;
  date: string;
  spans: { key: ComponentStatus; text: string }[];
  /** `1 incident, 2 maintenances`, or empty. */
  counts: string;
  events: { url: string; title: string }[];
  /** `and 2 more`, or empty. */
  more: string;
}

export function barsModel(edition: Edition, { days }: PublicUptime): BarsModel {
  const told = days.flatMap((day, index) =>
    isEventful(day) ? [dayTold(edition, day, index)] : [],
  );
  return {
    count: days.length,
    height: barHeight,
    known: runs(days, (day) => isKnown(day) && troublesOf(day).length === 0),
    unknown: runs(days, (day) => !isKnown(day)),
    ...marksOf(days),
    told: told.toReversed(),
    others: othersOf(edition, days),
  };
}

const isKnown = (day: PublicDay) => Object.keys(day.spent).length > 0;
const troubles = componentStatuses.slice(1).toReversed();

/** The statuses of a day that are not operational, worst first. */
const troublesOf = ({ spent }: PublicDay) =>
  troubles.flatMap((key) => {
    const length = spent[key];
    return length === undefined ? [] : [{ key, length }];
  });

const isEventful = (day: PublicDay) => troublesOf(day).length > 0 || day.events.length > 0;

/** Unbroken runs of such days as horizontal lines; the style sheet's dashes make bars of them. */
function runs(days: PublicDay[], isSuch: (day: PublicDay) => boolean): string {
  let path = '';
  for (let from = 0; from < days.length; from += 1) {
    let to = from;
    for (let day = days[to]; day && isSuch(day); day = days[to]) to += 1;
    if (to > from) path += `M${from} ${barHeight / 2}h${to - from}`;
    from = to;
  }
  return path;
}

/** Each status's part of its day, from the bottom, the worst lowest, and what is left of those days. */
function marksOf(days: PublicDay[]): Pick<BarsModel, 'marks' | 'rest'> {
  const paths = new Map<ComponentStatus, string>();
  let rest = '';
  for (const [index, day] of days.entries()) {
    const total = Object.values(day.spent).reduce((sum, length) => sum + length, 0);
    let bottom = barHeight;
    for (const { key, length } of troublesOf(day)) {
      const part = total > 0 ? (length / total) * barHeight : 0;
      const height = Math.min(bottom, Math.max(leastMark, Math.round(part)));
      if (height <= 0) continue;
      paths.set(key, `${paths.get(key) ?? ''}M${index} ${bottom}v-${height}`);
      bottom = Math.max(0, bottom - height - gap);
    }
    if (bottom > 0 && bottom < barHeight) rest += `M${index} ${bottom}V0`;
  }
  const marks = troubles.flatMap((key) => {
    const path = paths.get(key);
    return path === undefined ? [] : [{ key, path }];
  });
  return { marks, rest };
}

function dayTold(edition: Edition, day: PublicDay, index: number): DayTold {
  const { speech } = edition;
  const { t } = speech;
  return {
    index,
    date: speech.day(day.day),
    spans: troublesOf(day).map(({ key, length }) => ({
      key,
      text: t('page:spent', {
        status: speech.small(t(`page:status.${key}`)),
        time: speech.length(Math.max(length, 1)),
      }),
    })),
    counts: countsOf(edition, day),
    events: day.events.map(({ kind, id, title }) => ({
      url: edition.href(kind === 'incident' ? `/incidents/${id}` : `/maintenance/${id}`),
      title,
    })),
    more: day.more > 0 ? t('page:events_more', { count: day.more }) : '',
  };
}

/** Those not named are counted with the kind that has most: a day of so many is rare. */
function countsOf({ speech }: Edition, { events, more }: PublicDay): string {
  const incidents = events.filter((one) => one.kind === 'incident').length;
  const maintenances = events.length - incidents;
  const [a, b] = incidents >= maintenances ? [more, 0] : [0, more];
  const say = (key: string, count: number) =>
    count === 0 ? [] : [speech.t(`page:${key}`, { count })];
  return speech.list([
    ...say('incidents', incidents + a),
    ...say('maintenances', maintenances + b),
  ]);
}

function othersOf({ speech }: Edition, days: PublicDay[]): string[] {
  const quiet = days.filter((day) => isKnown(day) && !isEventful(day)).length;
  const unknown = days.filter((day) => !isKnown(day) && !isEventful(day)).length;
  return [
    ...(quiet > 0 ? [speech.t('page:quiet_days', { count: quiet })] : []),
    ...(unknown > 0 ? [speech.t('page:unknown_days', { count: unknown })] : []),
  ];
}
