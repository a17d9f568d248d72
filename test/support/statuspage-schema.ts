// Statuspage's public JSON as its clients know it: every object's keys in their order, and what each may hold.
import {
  type Check,
  day,
  filled,
  flag,
  id,
  type Json,
  listOf,
  matches,
  nothing,
  object,
  oneOf,
  orNull,
  place,
  text,
  time,
  url,
} from './statuspage-checks.ts';

const componentStatus = oneOf(
  'operational',
  'degraded_performance',
  'partial_outage',
  'major_outage',
  'under_maintenance',
);

const page = object({ id, name: text, url, time_zone: text, updated_at: time });

const status = object({
  indicator: oneOf('none', 'minor', 'major', 'critical', 'maintenance'),
  description: oneOf(
    'All Systems Operational',
    'Major System Outage',
    'Partial System Outage',
    'Minor Service Outage',
    'Degraded System Service',
    'Partially Degraded Service',
    'Service Under Maintenance',
  ),
});

const componentKeys = {
  id,
  name: text,
  status: componentStatus,
  created_at: time,
  updated_at: time,
  position: place,
  description: orNull(text),
  showcase: flag,
  start_date: orNull(day),
  group_id: orNull(id),
  page_id: id,
  group: flag,
  only_show_if_degraded: flag,
};

const component: Check = (value, where, rules) =>
  (value as Json | null)?.['group'] === true
    ? object({ ...componentKeys, components: listOf(id) })(value, where, rules)
    : object(componentKeys)(value, where, rules);

const affected = object({
  code: id,
  name: text,
  old_status: componentStatus,
  new_status: componentStatus,
});

const updateOf = (states: Check) =>
  object({
    id,
    status: states,
    body: text,
    incident_id: id,
    created_at: time,
    updated_at: time,
    display_at: time,
    affected_components: orNull(filled(listOf(affected))),
    deliver_notifications: flag,
    custom_tweet: orNull(text),
    tweet_id: orNull(text),
  });

const storyKeys = (states: Check, impacts: Check) => ({
  id,
  name: text,
  status: states,
  created_at: time,
  updated_at: time,
  monitoring_at: orNull(time),
  resolved_at: orNull(time),
  impact: impacts,
  shortlink: url,
  started_at: time,
  page_id: id,
  incident_updates: filled(listOf(updateOf(states))),
  components: listOf(component),
});

const impact = oneOf('none', 'minor', 'major', 'critical', 'maintenance');
const incidentStates = ['investigating', 'identified', 'monitoring', 'resolved', 'postmortem'];

const incidentKeys = {
  ...storyKeys(oneOf(...incidentStates), impact),
  reminder_intervals: orNull(text),
};

const maintenanceKeys = {
  ...storyKeys(oneOf('scheduled', 'in_progress', 'verifying', 'completed'), impact),
  scheduled_for: time,
  scheduled_until: time,
};

const incidents = listOf(object(incidentKeys));
const maintenances = listOf(object(maintenanceKeys));
const components = listOf(component);

/** Every document of `/api/v2/`, by name. */
export const v2Schema: Record<string, Check> = {
  'summary.json': object({
    page,
    components,
    incidents,
    scheduled_maintenances: maintenances,
    status,
  }),
  'status.json': object({ page, status }),
  'components.json': object({ page, components }),
  'incidents.json': object({ page, incidents }),
  'incidents/unresolved.json': object({ page, incidents }),
  'incidents/resolved.json': object({ page, incidents }),
  'scheduled-maintenances.json': object({ page, scheduled_maintenances: maintenances }),
  'scheduled-maintenances/upcoming.json': object({ page, scheduled_maintenances: maintenances }),
  'scheduled-maintenances/active.json': object({ page, scheduled_maintenances: maintenances }),
};

const postmortemKeys = {
  postmortem_ignored: flag,
  postmortem_body: orNull(text),
  postmortem_body_last_updated_at: orNull(time),
  postmortem_published_at: orNull(time),
  postmortem_notified_subscribers: flag,
  postmortem_notified_twitter: flag,
};

/** `/incidents/ID.json` of an incident, and of a maintenance. */
export const incidentSchema = object({ ...incidentKeys, ...postmortemKeys });
export const maintenanceSchema = object({ ...maintenanceKeys, ...postmortemKeys });

/** `/history.json` */
export const historySchema = object({
  months: listOf(
    object({
      name: text,
      year: place,
      incidents: listOf(
        object({
          code: id,
          name: text,
          message: text,
          impact,
          timestamp: matches('a time', /<var/),
        }),
      ),
    }),
  ),
});

const postedHead = {
  meta: object({ unsubscribe: url, documentation: text, generated_at: time }),
  page: object({
    id,
    status_indicator: text,
    status_description: text,
  }),
};

const postedComponent = object({
  status: componentStatus,
  name: text,
  created_at: time,
  updated_at: time,
  position: place,
  description: orNull(text),
  showcase: flag,
  id,
  page_id: id,
  group_id: orNull(id),
});

const anyState = oneOf(...incidentStates, 'scheduled', 'in_progress', 'verifying', 'completed');

const postedUpdate = object({
  status: anyState,
  body: text,
  created_at: time,
  wants_twitter_update: flag,
  twitter_updated_at: orNull(time),
  updated_at: time,
  display_at: time,
  affected_components: orNull(filled(listOf(affected))),
  custom_tweet: orNull(text),
  tweet_id: nothing,
  deliver_notifications: flag,
  id,
  incident_id: id,
});

/** What is posted to a webhook about an incident or a maintenance. */
export const incidentPayloadSchema = object({
  ...postedHead,
  incident: object({
    name: text,
    status: anyState,
    created_at: time,
    updated_at: time,
    monitoring_at: orNull(time),
    resolved_at: orNull(time),
    impact,
    shortlink: url,
    started_at: time,
    ...postmortemKeys,
    backfilled: flag,
    scheduled_for: orNull(time),
    scheduled_until: orNull(time),
    scheduled_remind_prior: flag,
    scheduled_reminded_at: orNull(time),
    impact_override: orNull(impact),
    scheduled_auto_in_progress: flag,
    scheduled_auto_completed: flag,
    id,
    page_id: id,
    incident_updates: filled(listOf(postedUpdate)),
    components: listOf(postedComponent),
  }),
});

/** What is posted to a webhook about a component's status. */
export const componentPayloadSchema = object({
  ...postedHead,
  component: postedComponent,
  component_update: object({
    old_status: componentStatus,
    new_status: componentStatus,
    created_at: time,
    component_type: oneOf('Component'),
    id,
    component_id: id,
  }),
});
