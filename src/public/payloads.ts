// What Statuspage posts to its subscribers' webhooks: its keys in its order, made from the snapshot alone. Pure.
import type { ComponentStatus, IncidentState, MaintenanceState } from '../shared/words.ts';
import type {
  PublicComponent,
  PublicIncident,
  PublicMaintenance,
  PublicSnapshot,
  PublicUpdate,
} from '../status/types.ts';
import { affectedJson, affectedNow, incidentUrl, isMaintenance, timeWriter } from './v2-objects.ts';

/** What differs from one posting to the next, beside its subject. */
export interface PostingFacts {
  generatedAt: Date;
  /** Where this recipient unsubscribes. */
  unsubscribeUrl: string;
}

/** A component that went from one status to another. */
export interface ComponentChange {
  /** Of the change: a public id, the same at every try. */
  id: string;
  oldStatus: ComponentStatus;
  newStatus: ComponentStatus;
  at: Date;
}

/** The body for an incident's or a maintenance's newest word; all updates are in it, newest first. */
export const statuspageIncidentPayload = (
  snapshot: PublicSnapshot,
  one: PublicIncident | PublicMaintenance,
  facts: PostingFacts,
) => ({
  ...headJson(snapshot, facts),
  incident: isMaintenance(one) ? maintenance(snapshot, one) : incident(snapshot, one),
});

/** The body for a component whose status changed. */
export const statuspageComponentPayload = (
  snapshot: PublicSnapshot,
  one: PublicComponent,
  change: ComponentChange,
  facts: PostingFacts,
) => ({
  ...headJson(snapshot, facts),
  component: component(snapshot, one),
  component_update: {
    old_status: change.oldStatus,
    new_status: change.newStatus,
    created_at: timeWriter(snapshot)(change.at),
    component_type: 'Component',
    id: change.id,
    component_id: one.id,
  },
});

const headJson = (snapshot: PublicSnapshot, facts: PostingFacts) => ({
  meta: {
    unsubscribe: facts.unsubscribeUrl,
    documentation: `${snapshot.page.url}/subscribe`,
    generated_at: timeWriter(snapshot)(facts.generatedAt),
  },
  page: {
    id: snapshot.page.id,
    status_indicator: snapshot.headline.indicator,
    status_description: snapshot.headline.description,
  },
});

function incident(snapshot: PublicSnapshot, one: PublicIncident) {
  const at = timeWriter(snapshot);
  return {
    name: one.title,
    status: one.state,
    created_at: at(one.createdAt),
    updated_at: at(one.updatedAt),
    monitoring_at: at(one.monitoringAt),
    resolved_at: at(one.resolvedAt),
    impact: one.impact,
    shortlink: incidentUrl(snapshot, one.id),
    started_at: at(one.startedAt),
    ...noPostmortem,
    backfilled: false,
    scheduled_for: null,
    scheduled_until: null,
    scheduled_remind_prior: false,
    scheduled_reminded_at: null,
    impact_override: null,
    scheduled_auto_in_progress: false,
    scheduled_auto_completed: false,
    ...storyJson(snapshot, one),
  };
}

function maintenance(snapshot: PublicSnapshot, one: PublicMaintenance) {
  const at = timeWriter(snapshot);
  return {
    name: one.title,
    status: one.state,
    created_at: at(one.createdAt),
    updated_at: at(one.updatedAt),
    monitoring_at: null,
    resolved_at: at(one.completedAt),
    impact: 'maintenance',
    shortlink: incidentUrl(snapshot, one.id),
    started_at: at(one.createdAt),
    ...noPostmortem,
    backfilled: false,
    scheduled_for: at(one.scheduledFor),
    scheduled_until: at(one.scheduledUntil),
    scheduled_remind_prior: false,
    scheduled_reminded_at: null,
    impact_override: null,
    scheduled_auto_in_progress: one.autoStart,
    scheduled_auto_completed: one.autoComplete,
    ...storyJson(snapshot, one),
  };
}

/** What Statuspage says of a post-mortem where there is none. */
export const noPostmortem = {
  postmortem_ignored: false,
  postmortem_body: null,
  postmortem_body_last_updated_at: null,
  postmortem_published_at: null,
  postmortem_notified_subscribers: false,
  postmortem_notified_twitter: false,
};

const storyJson = (snapshot: PublicSnapshot, one: PublicIncident | PublicMaintenance) => ({
  id: one.id,
  page_id: snapshot.page.id,
  incident_updates: one.updates.map((update) => updateJson(snapshot, one.id, update)),
  components: affectedNow(snapshot, one).map((entry) => component(snapshot, entry)),
});

function updateJson(
  snapshot: PublicSnapshot,
  incidentId: string,
  one: PublicUpdate<IncidentState | MaintenanceState>,
) {
  const at = timeWriter(snapshot);
  return {
    status: one.state,
    body: one.body,
    created_at: at(one.createdAt),
    wants_twitter_update: false,
    twitter_updated_at: null,
    updated_at: at(one.updatedAt),
    display_at: at(one.displayAt),
    affected_components: affectedJson(one),
    custom_tweet: null,
    tweet_id: null,
    deliver_notifications: one.deliverNotifications,
    id: one.id,
    incident_id: incidentId,
  };
}

/** Components have fewer keys here than in v2. */
function component(snapshot: PublicSnapshot, one: PublicComponent) {
  const at = timeWriter(snapshot);
  return {
    status: one.status,
    name: one.name,
    created_at: at(one.createdAt),
    updated_at: at(one.updatedAt),
    position: one.position,
    description: one.description || null,
    showcase: one.showcase,
    id: one.id,
    page_id: snapshot.page.id,
    group_id: one.groupId,
  };
}
