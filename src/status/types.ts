// The read side's only shapes. Whatever the public sees is made from these and from nothing else:
// every field is named here on purpose (an allow-list), and nothing private has a way in.
import type {
  ComponentStatus,
  Impact,
  IncidentState,
  Indicator,
  MaintenanceState,
} from '../shared/words.ts';
import type { AffectedComponent } from '../db/schema.ts';
import type { PageLook, PageShown, UptimeWeights } from '../settings/types.ts';

export interface PublicPage {
  id: string;
  name: string;
  /** Origin without trailing slash. */
  url: string;
  timeZone: string;
  /** Free text or an address: how customers reach support. May be empty. */
  supportContact: string;
  look: PageLook;
  /** The logo's place and size, or null. The path carries a hash of its content. */
  logo: { path: string; width: number; height: number } | null;
  shown: PageShown;
  weights: UptimeWeights;
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

export interface PublicUpdate<State = IncidentState> {
  id: string;
  state: State;
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

export interface PublicMaintenance {
  id: string;
  title: string;
  state: MaintenanceState;
  scheduledFor: Date;
  scheduledUntil: Date;
  autoStart: boolean;
  autoComplete: boolean;
  /** When it truly began, and was over. */
  startedAt: Date | null;
  completedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
  /** Public ids of the components it is about, with what each shows while it runs. */
  components: { id: string; status: ComponentStatus }[];
  /** Newest first. */
  updates: PublicUpdate<MaintenanceState>[];
}

/** A component's calendar day in the page's time zone. */
export interface PublicDay {
  /** `2026-11-22` */
  day: string;
  /**
   * Milliseconds spent in each status; nothing where the component was not there yet. The last day
   * also names the status of now, with 0 where it has not lasted yet.
   */
  spent: Partial<Record<ComponentStatus, number>>;
  /** What touched the component that day, newest first; at most three, `more` counts the rest. */
  events: { kind: 'incident' | 'maintenance'; id: string; title: string }[];
  more: number;
}

export interface PublicUptime {
  componentId: string;
  /** Oldest first, the last one is today; 90 of them. */
  days: PublicDay[];
  /** Share of the 90 days' known time that was up, from 0 to 1, by the page's weights; null when nothing is known. */
  share: number | null;
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
  /** The 50 newest by publication, the open ones, and those of the newest 50 updates; newest first. */
  recentIncidents: PublicIncident[];
  /** Every incident that began on this calendar day or later is in `recentIncidents`: earlier days are the history's. */
  recentSince: string;
  /** Not over: those under way first, then the soonest. */
  maintenances: PublicMaintenance[];
  /** The 50 newest by creation, those not over, and those planned for the past 31 days (50 at most); newest first. Cancelled ones are in it. */
  recentMaintenances: PublicMaintenance[];
  /** By component, in the components' order. Empty when the page shows neither bars nor percentages. */
  uptimes: PublicUptime[];
  /** The calendar day in the page's time zone: what "today" means on the page. */
  today: string;
  /**
   * The moment it is true of: the last turning point, not the time it was built at, so that the same
   * public state gives the same documents. Only for deciding what is overdue or has begun.
   */
  at: Date;
  /** When it must be made anew although nothing was said: midnight, a promise falling due, an outage's next five minutes. */
  staleAt: Date;
  /**
   * The event by which something public was last taken back or put right, if need be a later one. Documents
   * made before it may hold what nobody should read any more.
   */
  takenBack: number;
  /** While the database does not answer: the last moment it did. Pages say that they show what was true then. */
  frozenAt?: Date;
}

/** A calendar month of the history, in the page's time zone. */
export interface PublicMonth {
  /** `2026-11` */
  month: string;
  /** That began in it. */
  incidents: number;
  /** That are over and were planned for it. */
  maintenances: number;
}
