// The read-only JSON of Statuspage's public API v2: its keys, in its order.
import type {
  PublicComponent,
  PublicGroup,
  PublicIncident,
  PublicSnapshot,
  PublicUpdate,
} from '../status/types.ts';
import { isoInZone } from '../shared/time.ts';
import type { Document } from './types.ts';

const incidentsShown = 50;

const json = (value: object): Document => ({
  body: JSON.stringify(value),
  contentType: 'application/json; charset=utf-8',
  isOpen: true,
});

/** Documents of `/api/v2/`, by name. */
export const v2Documents: Record<string, (snapshot: PublicSnapshot) => Document> = {
  'summary.json': (snapshot) =>
    json({
      page: page(snapshot),
      components: components(snapshot),
      incidents: snapshot.openIncidents.map((one) => incident(snapshot, one)),
      scheduled_maintenances: [],
      status: status(snapshot),
    }),
  'status.json': (snapshot) => json({ page: page(snapshot), status: status(snapshot) }),
  'components.json': (snapshot) => json({ page: page(snapshot), components: components(snapshot) }),
  'incidents.json': (snapshot) => incidents(snapshot, snapshot.recentIncidents),
  'incidents/unresolved.json': (snapshot) => incidents(snapshot, snapshot.openIncidents),
  'incidents/resolved.json': (snapshot) =>
    incidents(
      snapshot,
      snapshot.recentIncidents.filter((one) => one.state === 'resolved'),
    ),
};

const incidents = (snapshot: PublicSnapshot, list: PublicIncident[]) =>
  json({
    page: page(snapshot),
    incidents: list.slice(0, incidentsShown).map((one) => incident(snapshot, one)),
  });

const page = (snapshot: PublicSnapshot) => ({
  id: snapshot.page.id,
  name: snapshot.page.name,
  url: snapshot.page.url,
  time_zone: snapshot.page.timeZone,
  updated_at: isoInZone(snapshot.page.timeZone, snapshot.page.updatedAt),
});

const status = ({ headline }: PublicSnapshot) => ({
  indicator: headline.indicator,
  description: headline.description,
});

/** The flat list by position; a child's counts inside its group, so the two interleave. */
function components(snapshot: PublicSnapshot) {
  return [
    ...snapshot.groups.map((one) => group(snapshot, one)),
    ...snapshot.components.map((one) => component(snapshot, one)),
  ].toSorted((a, b) => a.position - b.position);
}

function component(snapshot: PublicSnapshot, one: PublicComponent) {
  const { timeZone, id } = snapshot.page;
  return {
    id: one.id,
    name: one.name,
    status: one.status,
    created_at: isoInZone(timeZone, one.createdAt),
    updated_at: isoInZone(timeZone, one.updatedAt),
    position: one.position,
    description: one.description || null,
    showcase: one.showcase,
    start_date: one.startDate,
    group_id: one.groupId,
    page_id: id,
    group: false,
    only_show_if_degraded: one.onlyShowIfDegraded,
  };
}

function group(snapshot: PublicSnapshot, one: PublicGroup) {
  const { timeZone, id } = snapshot.page;
  return {
    id: one.id,
    name: one.name,
    status: one.status,
    created_at: isoInZone(timeZone, one.createdAt),
    updated_at: isoInZone(timeZone, one.updatedAt),
    position: one.position,
    description: one.description || null,
    showcase: false,
    start_date: null,
    group_id: null,
    page_id: id,
    group: true,
    only_show_if_degraded: false,
    components: one.componentIds,
  };
}

function incident(snapshot: PublicSnapshot, one: PublicIncident) {
  const { timeZone, id, url } = snapshot.page;
  const at = (date: Date | null) => date && isoInZone(timeZone, date);
  const affected = new Set(one.components.map((entry) => entry.id));
  return {
    id: one.id,
    name: one.title,
    status: one.state,
    created_at: at(one.createdAt),
    updated_at: at(one.updatedAt),
    monitoring_at: at(one.monitoringAt),
    resolved_at: at(one.resolvedAt),
    impact: one.impact,
    shortlink: `${url}/incidents/${one.id}`,
    started_at: at(one.startedAt),
    page_id: id,
    incident_updates: one.updates.map((entry) => update(timeZone, one.id, entry)),
    components: snapshot.components
      .filter((entry) => affected.has(entry.id))
      .map((entry) => component(snapshot, entry)),
    reminder_intervals: null,
  };
}

const update = (timeZone: string, incidentId: string, one: PublicUpdate) => ({
  id: one.id,
  status: one.state,
  body: one.body,
  incident_id: incidentId,
  created_at: isoInZone(timeZone, one.createdAt),
  updated_at: isoInZone(timeZone, one.updatedAt),
  display_at: isoInZone(timeZone, one.displayAt),
  affected_components:
    one.affected.length === 0
      ? null
      : one.affected.map((entry) => ({
          code: entry.code,
          name: entry.name,
          old_status: entry.oldStatus,
          new_status: entry.newStatus,
        })),
  deliver_notifications: one.deliverNotifications,
  custom_tweet: null,
  tweet_id: null,
});
