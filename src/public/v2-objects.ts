// The objects of Statuspage's public JSON, one maker each: keys in Statuspage's order, times in the page's zone.
import { isoInZone } from '../shared/time.ts';
import type { IncidentState, MaintenanceState } from '../shared/words.ts';
import type {
  PublicComponent,
  PublicGroup,
  PublicIncident,
  PublicMaintenance,
  PublicSnapshot,
  PublicUpdate,
} from '../status/types.ts';

/** Either kind of story that Statuspage tells as an "incident". */
export type Told = PublicIncident | PublicMaintenance;

export const isMaintenance = (one: Told): one is PublicMaintenance => 'scheduledFor' in one;

/** Where an incident or a maintenance is read by people: Statuspage has both below `/incidents`. */
export const incidentUrl = (snapshot: PublicSnapshot, id: string) =>
  `${snapshot.page.url}/incidents/${id}`;

/** Writes an instant as Statuspage does: in the page's zone, always with milliseconds. */
export function timeWriter({ page }: PublicSnapshot) {
  return <T extends Date | null>(at: T) =>
    (at && isoInZone(page.timeZone, at)) as T extends Date ? string : string | null;
}

export const pageJson = (snapshot: PublicSnapshot) => ({
  id: snapshot.page.id,
  name: snapshot.page.name,
  url: snapshot.page.url,
  time_zone: snapshot.page.timeZone,
  updated_at: timeWriter(snapshot)(snapshot.page.updatedAt),
});

export const statusJson = ({ headline }: PublicSnapshot) => ({
  indicator: headline.indicator,
  description: headline.description,
});

/** The flat list by position; a child's counts inside its group, so the two interleave. */
export const componentsJson = (snapshot: PublicSnapshot) =>
  [
    ...snapshot.groups.map((one) => groupJson(snapshot, one)),
    ...snapshot.components.map((one) => componentJson(snapshot, one)),
  ].toSorted((a, b) => a.position - b.position);

export function componentJson(snapshot: PublicSnapshot, one: PublicComponent) {
  const at = timeWriter(snapshot);
  return {
    id: one.id,
    name: one.name,
    status: one.status,
    created_at: at(one.createdAt),
    updated_at: at(one.updatedAt),
    position: one.position,
    description: one.description || null,
    showcase: one.showcase,
    start_date: one.startDate,
    group_id: one.groupId,
    page_id: snapshot.page.id,
    group: false,
    only_show_if_degraded: one.onlyShowIfDegraded,
  };
}

function groupJson(snapshot: PublicSnapshot, one: PublicGroup) {
  const at = timeWriter(snapshot);
  return {
    id: one.id,
    name: one.name,
    status: one.status,
    created_at: at(one.createdAt),
    updated_at: at(one.updatedAt),
    position: one.position,
    description: one.description || null,
    showcase: false,
    start_date: null,
    group_id: null,
    page_id: snapshot.page.id,
    group: true,
    only_show_if_degraded: false,
    components: one.componentIds,
  };
}

export function incidentJson(snapshot: PublicSnapshot, one: PublicIncident) {
  const at = timeWriter(snapshot);
  return {
    id: one.id,
    name: one.title,
    status: one.state,
    created_at: at(one.createdAt),
    updated_at: at(one.updatedAt),
    monitoring_at: at(one.monitoringAt),
    resolved_at: at(one.resolvedAt),
    impact: one.impact,
    shortlink: incidentUrl(snapshot, one.id),
    started_at: at(one.startedAt),
    page_id: snapshot.page.id,
    ...wordsJson(snapshot, one),
    reminder_intervals: null,
  };
}

/** A maintenance is an incident to Statuspage, with its window at the end. */
export function maintenanceJson(snapshot: PublicSnapshot, one: PublicMaintenance) {
  const at = timeWriter(snapshot);
  return {
    id: one.id,
    name: one.title,
    status: one.state,
    created_at: at(one.createdAt),
    updated_at: at(one.updatedAt),
    monitoring_at: null,
    resolved_at: at(one.completedAt),
    impact: 'maintenance' as const,
    shortlink: incidentUrl(snapshot, one.id),
    // Statuspage's is when the record was made; when the work truly began is told by its updates.
    started_at: at(one.createdAt),
    page_id: snapshot.page.id,
    ...wordsJson(snapshot, one),
    scheduled_for: at(one.scheduledFor),
    scheduled_until: at(one.scheduledUntil),
  };
}

const wordsJson = (snapshot: PublicSnapshot, one: Told) => ({
  incident_updates: one.updates.map((update) => updateJson(snapshot, one.id, update)),
  components: affectedNow(snapshot, one).map((component) => componentJson(snapshot, component)),
});

/** The components a story is about, as they are now, by position. */
export function affectedNow(snapshot: PublicSnapshot, one: Told): PublicComponent[] {
  const ids = new Set(one.components.map(({ id }) => id));
  return snapshot.components
    .filter(({ id }) => ids.has(id))
    .toSorted((a, b) => a.position - b.position);
}

type AnyUpdate = PublicUpdate<IncidentState | MaintenanceState>;

/** What was written of updates, as long as these are around: most are the same from snapshot to snapshot. */
const written = new WeakMap<AnyUpdate, { zone: string; made: ReturnType<typeof writeUpdate> }>();

function updateJson(snapshot: PublicSnapshot, incidentId: string, one: AnyUpdate) {
  const zone = snapshot.page.timeZone;
  const known = written.get(one);
  if (known?.zone === zone) return known.made;
  const made = writeUpdate(snapshot, incidentId, one);
  written.set(one, { zone, made });
  return made;
}

function writeUpdate(snapshot: PublicSnapshot, incidentId: string, one: AnyUpdate) {
  const at = timeWriter(snapshot);
  return {
    id: one.id,
    status: one.state,
    body: one.body,
    incident_id: incidentId,
    created_at: at(one.createdAt),
    updated_at: at(one.updatedAt),
    display_at: at(one.displayAt),
    affected_components: affectedJson(one),
    deliver_notifications: one.deliverNotifications,
    custom_tweet: null,
    tweet_id: null,
  };
}

/** What an update said of components, or null: Statuspage never has an empty list here. */
export const affectedJson = ({ affected }: AnyUpdate) =>
  affected.length === 0
    ? null
    : affected.map(({ code, name, oldStatus, newStatus }) => ({
        code,
        name,
        old_status: oldStatus,
        new_status: newStatus,
      }));
