// What the management API answers: Statuspage's v1 shapes, each key named here.
import { isoInZone } from '../shared/time.ts';
import type { Impact } from '../shared/words.ts';
import type {
  PublicComponent,
  PublicGroup,
  PublicIncident,
  PublicUpdate,
} from '../status/types.ts';

/** What every object says about the page it belongs to. */
export interface AnswerPage {
  id: string;
  url: string;
  timeZone: string;
}

/** An incident as Statuspage's v1 shows it; `components` are those of the page, whichever it affects. */
export function incidentAnswer(
  page: AnswerPage,
  incident: PublicIncident & { impactOverride: Impact | null },
  components: readonly PublicComponent[],
) {
  const at = timesOf(page);
  const affected = new Set(incident.components.map((component) => component.id));
  return {
    id: incident.id,
    components: components
      .filter((component) => affected.has(component.id))
      .map((component) => componentAnswer(page, component)),
    created_at: at(incident.createdAt),
    impact: incident.impact,
    impact_override: incident.impactOverride,
    incident_updates: incident.updates.map((update) => updateAnswer(page, incident.id, update)),
    incident_impacts: [],
    metadata: {},
    monitoring_at: at(incident.monitoringAt),
    name: incident.title,
    page_id: page.id,
    ...noPostmortem,
    resolved_at: at(incident.resolvedAt),
    ...notScheduled,
    shortlink: `${page.url}/incidents/${incident.id}`,
    status: incident.state,
    updated_at: at(incident.updatedAt),
    reminder_intervals: null,
    started_at: at(incident.startedAt),
  };
}

export const noPostmortem = {
  postmortem_body: null,
  postmortem_body_last_updated_at: null,
  postmortem_ignored: false,
  postmortem_notified_subscribers: false,
  postmortem_notified_twitter: false,
  postmortem_published_at: null,
};

const notScheduled = {
  scheduled_auto_completed: false,
  scheduled_auto_in_progress: false,
  scheduled_for: null,
  auto_transition_deliver_notifications_at_end: false,
  auto_transition_deliver_notifications_at_start: false,
  auto_transition_to_maintenance_state: false,
  auto_transition_to_operational_state: false,
  scheduled_remind_prior: false,
  scheduled_reminded_at: null,
  scheduled_until: null,
};

export function updateAnswer(page: AnswerPage, incidentId: string, update: PublicUpdate<string>) {
  const at = timesOf(page);
  return {
    id: update.id,
    incident_id: incidentId,
    affected_components:
      update.affected.length === 0
        ? null
        : update.affected.map(({ code, name, oldStatus, newStatus }) => ({
            code,
            name,
            old_status: oldStatus,
            new_status: newStatus,
          })),
    body: update.body,
    created_at: at(update.createdAt),
    custom_tweet: null,
    deliver_notifications: update.deliverNotifications,
    display_at: at(update.displayAt),
    status: update.state,
    tweet_id: null,
    twitter_updated_at: null,
    updated_at: at(update.updatedAt),
    wants_twitter_update: false,
  };
}

export function componentAnswer(page: AnswerPage, component: PublicComponent) {
  const at = timesOf(page);
  return {
    id: component.id,
    page_id: page.id,
    group_id: component.groupId,
    created_at: at(component.createdAt),
    updated_at: at(component.updatedAt),
    group: false,
    name: component.name,
    description: component.description || null,
    position: component.position,
    status: component.status,
    showcase: component.showcase,
    only_show_if_degraded: component.onlyShowIfDegraded,
    automation_email: null,
    start_date: component.startDate,
  };
}

/** A group stands among the components, with its children's ids last. */
export function groupAnswer(page: AnswerPage, group: PublicGroup) {
  const at = timesOf(page);
  return {
    id: group.id,
    page_id: page.id,
    group_id: null,
    created_at: at(group.createdAt),
    updated_at: at(group.updatedAt),
    group: true,
    name: group.name,
    description: group.description || null,
    position: group.position,
    status: group.status,
    showcase: false,
    only_show_if_degraded: false,
    automation_email: null,
    start_date: null,
    components: group.componentIds,
  };
}

export function timesOf(page: AnswerPage) {
  function at(time: Date): string;
  function at(time: Date | null): string | null;
  function at(time: Date | null) {
    return time && isoInZone(page.timeZone, time);
  }
  return at;
}
