// The read side's only shapes. Whatever the public sees is made from these and from nothing else:
// every field is named here on purpose (an allow-list), and nothing private has a way in.
import type { ComponentStatus, Impact, IncidentState, Indicator } from '../shared/words.ts';
import type { AffectedComponent } from '../db/schema.ts';

export interface PublicPage {
  id: string;
  name: string;
  /** Origin without trailing slash. */
  url: string;
  timeZone: string;
  /** Free text or an address: how customers reach support. May be empty. */
  supportContact: string;
  createdAt: Date;
  /** When anything public last changed. */
  updatedAt: Date;
}

export interface PublicComponent {
  id: string;
  name: string;
  description: string;
  status: ComponentStatus;
  /** 1 for the first; counts inside its group for a child. */
  position: number;
  groupId: string | null;
  showcase: boolean;
  onlyShowIfDegraded: boolean;
  startDate: string | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface PublicGroup {
  id: string;
  name: string;
  description: string;
  position: number;
  /** The worst of its children. */
  status: ComponentStatus;
  componentIds: string[];
  createdAt: Date;
  updatedAt: Date;
}

export interface PublicUpdate {
  id: string;
  state: IncidentState;
  /** Markdown as the author wrote it. */
  body: string;
  affected: AffectedComponent[];
  nextUpdateBy: Date | null;
  deliverNotifications: boolean;
  displayAt: Date;
  createdAt: Date;
  updatedAt: Date;
  /** When it was corrected, if it was. */
  editedAt: Date | null;
}

export interface PublicIncident {
  id: string;
  title: string;
  state: IncidentState;
  impact: Impact;
  startedAt: Date;
  createdAt: Date;
  updatedAt: Date;
  monitoringAt: Date | null;
  resolvedAt: Date | null;
  /** The newest promise; null once resolved. */
  nextUpdateBy: Date | null;
  /** Public ids of the components it affects, with the status it gives each. */
  components: { id: string; status: ComponentStatus }[];
  /** Newest first. */
  updates: PublicUpdate[];
}

export interface PublicHeadline {
  indicator: Indicator;
  /** Statuspage's words: `All Systems Operational`, `Partial System Outage`, … */
  description: string;
}

export interface PublicSnapshot {
  page: PublicPage;
  headline: PublicHeadline;
  groups: PublicGroup[];
  components: PublicComponent[];
  /** Not resolved, newest first. */
  openIncidents: PublicIncident[];
  /** The 50 newest incidents, open ones among them, and all of the past 15 days; newest first. */
  recentIncidents: PublicIncident[];
  /** The calendar day in the page's time zone: what "today" means on the page. */
  today: string;
}

/** A calendar month of the history, in the page's time zone. */
export interface PublicMonth {
  /** `2026-11` */
  month: string;
  incidents: number;
}
