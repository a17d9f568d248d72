// View models of the past: incidents and maintenances in brief, by the calendar day on which they began
// (a maintenance: was planned to begin).
import { days, plus } from '../shared/clock.ts';
import { dayIn, startOfDay } from '../shared/time.ts';
import type { PublicIncident, PublicMaintenance } from '../status/types.ts';
import type { Edition } from './editions.ts';
import { isUnderWay, maintenanceModel } from './maintenance-models.ts';
import { incidentModel, type TimeModel, timeBeside, timeOf } from './models.ts';
import { wordsToText } from './rendered.ts';

interface BriefModel {
  url: string;
  title: string;
  /** `critical`, or `maintenance`: chooses the colour. */
  tone: string;
  shape: string;
  /** What the shape says: the impact, or a maintenance's state. */
  label: string;
  whenLabel: string;
  when: TimeModel;
  lasted: string;
  components: string;
  excerpt: string;
  at: Date;
}

export interface DayModel {
  /** `22 November`; the year is the page's. */
  date: string;
  weekday: string;
  briefs: BriefModel[];
}

/** What the days tell of. */
export interface Past {
  incidents: PublicIncident[];
  maintenances: PublicMaintenance[];
}

const excerptLength = 220;

function incidentBrief(edition: Edition, incident: PublicIncident): BriefModel {
  const full = incidentModel(edition, incident);
  const { speech } = edition;
  return {
    url: full.url,
    title: full.title,
    tone: `impact-${full.impact.key}`,
    shape: full.impactShape,
    label: full.impact.label,
    whenLabel: full.isOpen
      ? speech.t('page:since', { state: full.state.label })
      : speech.t('page:began'),
    when: timeOf(speech, 'clock', incident.startedAt),
    lasted: full.lasted === undefined ? '' : speech.t('page:lasted', { time: full.lasted }),
    components: full.components.map((one) => one.name).join(', '),
    // An open one is told in full elsewhere.
    excerpt: full.isOpen ? '' : shorten(wordsToText(incident.updates[0]?.body ?? '')),
    at: incident.startedAt,
  };
}

function maintenanceBrief(edition: Edition, one: PublicMaintenance): BriefModel {
  const full = maintenanceModel(edition, one);
  const { speech } = edition;
  const isOver = one.state === 'completed' || one.state === 'cancelled';
  const [begins] = full.window;
  return {
    url: full.url,
    title: full.title,
    tone: one.state === 'cancelled' ? 'impact-none' : 'status-under_maintenance',
    shape: 'under_maintenance',
    label: `${speech.t('page:maintenance')}: ${speech.small(full.state.label)}`,
    whenLabel: begins?.label ?? '',
    when: timeBeside(speech, one.startedAt ?? one.scheduledFor, one.scheduledFor),
    lasted: one.completedAt ? speech.t('page:lasted', { time: full.length.text }) : '',
    components: full.components.map(({ name }) => name).join(', '),
    excerpt: isOver ? shorten(wordsToText(one.updates[0]?.body ?? '')) : '',
    at: one.scheduledFor,
  };
}

/** The beginning of a text, ended at a word. */
export function shorten(text: string, most = excerptLength): string {
  const oneLine = text.replaceAll(/\s+/g, ' ');
  if (oneLine.length <= most) return oneLine;
  const cut = oneLine.slice(0, most + 1);
  const end = cut.lastIndexOf(' ');
  return `${cut.slice(0, end > most / 2 ? end : most).toWellFormed()}…`;
}

/**
 * The `count` days up to today, newest first, quiet ones too, as far as the snapshot knows them whole.
 * Maintenance yet to come is told elsewhere.
 */
export function recentDays(edition: Edition, count: number): DayModel[] {
  const { snapshot } = edition;
  const { timeZone } = snapshot.page;
  const noon = plus(startOfDay(timeZone, snapshot.today), days(0.5));
  const past: Past = {
    incidents: snapshot.recentIncidents,
    maintenances: snapshot.recentMaintenances.filter(
      (one) => one.state !== 'scheduled' && !isUnderWay(one),
    ),
  };
  return Array.from({ length: count }, (_, back) => dayIn(timeZone, plus(noon, -days(back))))
    .filter((day) => day >= snapshot.recentSince)
    .map((day) => dayModel(edition, day, past));
}

/** The days on which these began, newest first, quiet ones left out. */
export function eventfulDays(edition: Edition, past: Past): DayModel[] {
  const { timeZone } = edition.snapshot.page;
  const starts = [
    ...past.incidents.map((one) => one.startedAt),
    ...past.maintenances.map((one) => one.scheduledFor),
  ];
  const named = [...new Set(starts.map((at) => dayIn(timeZone, at)))];
  return named
    .toSorted()
    .toReversed()
    .map((day) => dayModel(edition, day, past));
}

function dayModel(edition: Edition, day: string, past: Past): DayModel {
  const { snapshot, speech } = edition;
  const isThen = (at: Date) => dayIn(snapshot.page.timeZone, at) === day;
  const briefs = [
    ...past.incidents
      .filter((one) => isThen(one.startedAt))
      .map((one) => incidentBrief(edition, one)),
    ...past.maintenances
      .filter((one) => isThen(one.scheduledFor))
      .map((one) => maintenanceBrief(edition, one)),
  ];
  return {
    date: speech.day(day),
    weekday: speech.weekday(day),
    briefs: briefs.toSorted((a, b) => b.at.getTime() - a.at.getTime()),
  };
}
