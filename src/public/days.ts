// View models of the past: incidents in brief, by the calendar day on which they began.
import { days, plus } from '../shared/clock.ts';
import { markdownToText } from '../shared/markdown.ts';
import { dayIn, dayName, startOfDay } from '../shared/time.ts';
import type { Impact, IncidentState } from '../shared/words.ts';
import type { PublicIncident, PublicSnapshot } from '../status/types.ts';
import {
  type ImpactShape,
  incidentModel,
  type Labelled,
  type TimeModel,
  timeOf,
} from './models.ts';

interface BriefModel {
  url: string;
  title: string;
  state: Labelled<IncidentState>;
  impact: Labelled<Impact>;
  impactShape: ImpactShape;
  isOpen: boolean;
  when: TimeModel;
  lasted: string | undefined;
  components: string;
  excerpt: string;
}

export interface DayModel {
  /** `22 November`; the year is the page's. */
  date: string;
  weekday: string;
  incidents: BriefModel[];
}

const excerptLength = 220;

function briefModel(snapshot: PublicSnapshot, incident: PublicIncident): BriefModel {
  const full = incidentModel(snapshot, incident);
  return {
    url: full.url,
    title: full.title,
    state: full.state,
    impact: full.impact,
    impactShape: full.impactShape,
    isOpen: full.isOpen,
    when: timeOf('clock', incident.startedAt),
    lasted: full.lasted,
    components: full.components.map((one) => one.name).join(', '),
    // An open one is told in full elsewhere.
    excerpt: full.isOpen ? '' : shorten(markdownToText(incident.updates[0]?.body ?? '')),
  };
}

/** The beginning of a text, ended at a word. */
function shorten(text: string): string {
  const oneLine = text.replaceAll(/\s+/g, ' ');
  if (oneLine.length <= excerptLength) return oneLine;
  const cut = oneLine.slice(0, excerptLength + 1);
  const end = cut.lastIndexOf(' ');
  return `${cut.slice(0, end > excerptLength / 2 ? end : excerptLength).toWellFormed()}…`;
}

/** The `count` days up to today, newest first, quiet ones too. */
export function recentDays(snapshot: PublicSnapshot, count: number): DayModel[] {
  const { timeZone } = snapshot.page;
  const noon = plus(startOfDay(timeZone, snapshot.today), days(0.5));
  return Array.from({ length: count }, (_, back) => {
    const day = dayIn(timeZone, plus(noon, -days(back)));
    return dayModel(snapshot, day, incidentsOf(snapshot, snapshot.recentIncidents, day));
  });
}

/** The days on which these incidents began, newest first, quiet ones left out. */
export function eventfulDays(snapshot: PublicSnapshot, incidents: PublicIncident[]): DayModel[] {
  const { timeZone } = snapshot.page;
  const named = [...new Set(incidents.map((one) => dayIn(timeZone, one.startedAt)))];
  return named
    .toSorted()
    .toReversed()
    .map((day) => dayModel(snapshot, day, incidentsOf(snapshot, incidents, day)));
}

function dayModel(snapshot: PublicSnapshot, day: string, incidents: PublicIncident[]): DayModel {
  const [weekday = '', ...date] = dayName(day).split(' ');
  return {
    date: date.slice(0, 2).join(' '),
    weekday,
    incidents: incidents.map((one) => briefModel(snapshot, one)),
  };
}

const incidentsOf = (snapshot: PublicSnapshot, incidents: PublicIncident[], day: string) =>
  incidents
    .filter((one) => dayIn(snapshot.page.timeZone, one.startedAt) === day)
    .toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime());
