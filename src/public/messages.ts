// What webhooks are told, in every format, made from the public shapes and from nothing else. Pure.
import type { WebhookMessage } from '../notifications/types.ts';
import { maintenanceLabels, stateLabels, statusLabels } from '../shared/labels.ts';
import { utcShort } from '../shared/time.ts';
import type { ComponentStatus, IncidentState, MaintenanceState } from '../shared/words.ts';
import type {
  PublicComponent,
  PublicIncident,
  PublicMaintenance,
  PublicSnapshot,
} from '../status/types.ts';
import { chatBodies, type Note, type Tone } from '../delivery/chat.ts';
import {
  type ComponentChange,
  statuspageComponentPayload,
  statuspageIncidentPayload,
} from './payloads.ts';
import { wordsToText } from './rendered.ts';
import {
  affectedNow,
  componentJson,
  incidentJson,
  incidentUrl,
  maintenanceJson,
  pageJson,
  statusJson,
  timeWriter,
} from './v2-objects.ts';

/** The event's own moment, and the page it happened on. */
export interface Occasion {
  snapshot: PublicSnapshot;
  at: Date;
}

/** An incident's newest word. */
export function incidentMessage(
  { snapshot, at }: Occasion,
  incident: PublicIncident,
  what: 'declared' | 'updated' | 'resolved',
): WebhookMessage {
  const promise = incident.nextUpdateBy;
  const note: Note = {
    ...noteOf(snapshot, incident, at),
    label: stateLabels[incident.state],
    tone: incidentTones[incident.state],
    facts: [
      ...concerned(snapshot, incident),
      ...(promise ? [{ name: 'Next update by', value: utcShort(promise) }] : []),
    ],
  };
  return {
    subject: `incident.${what}: ${incident.title}`,
    bodies: {
      ...incidentEvent({ snapshot, at }, incident, `incident.${what}`).bodies,
      statuspage: statuspageIncidentPayload(snapshot, incident, { generatedAt: at, ...nobody }),
      ...chatBodies(note),
    },
  };
}

/** For machines that keep a copy: words or title were put right. Nobody is alarmed a second time. */
export const correctedIncidentMessage = (occasion: Occasion, incident: PublicIncident) =>
  incidentEvent(occasion, incident, 'incident.corrected');

function incidentEvent(
  { snapshot, at }: Occasion,
  incident: PublicIncident,
  type: string,
): WebhookMessage {
  const data = {
    page: pageJson(snapshot),
    status: statusJson(snapshot),
    incident: incidentJson(snapshot, incident),
    next_update_by: timeWriter(snapshot)(incident.nextUpdateBy),
  };
  return {
    subject: `${type}: ${incident.title}`,
    bodies: { standard: standardEvent(type, at, data) },
  };
}

/** For machines that keep a copy: the incident is no longer public. */
export const retractedIncidentMessage = (
  { snapshot, at }: Occasion,
  id: string,
): WebhookMessage => ({
  subject: `incident.retracted: ${id}`,
  bodies: {
    standard: standardEvent('incident.retracted', at, {
      page: pageJson(snapshot),
      status: statusJson(snapshot),
      incident: { id, page_id: snapshot.page.id },
    }),
  },
});

/** A maintenance's newest word. */
export function maintenanceMessage(
  { snapshot, at }: Occasion,
  maintenance: PublicMaintenance,
  what: 'scheduled' | 'updated' | 'started' | 'completed' | 'cancelled',
): WebhookMessage {
  const { state, scheduledFor, scheduledUntil } = maintenance;
  const note: Note = {
    ...noteOf(snapshot, maintenance, at),
    label: `Maintenance: ${maintenanceLabels[state].toLowerCase()}`,
    tone: maintenanceTones[state],
    facts: [
      { name: 'Planned', value: `${utcShort(scheduledFor)} to ${utcShort(scheduledUntil)}` },
      ...concerned(snapshot, maintenance),
    ],
  };
  // Statuspage knows no cancelled maintenance: its word for one is silence.
  const statuspage =
    state === 'cancelled'
      ? {}
      : {
          statuspage: statuspageIncidentPayload(snapshot, maintenance, {
            generatedAt: at,
            ...nobody,
          }),
        };
  return {
    subject: `maintenance.${what}: ${maintenance.title}`,
    bodies: {
      ...maintenanceEvent({ snapshot, at }, maintenance, `maintenance.${what}`).bodies,
      ...statuspage,
      ...chatBodies(note),
    },
  };
}

export const correctedMaintenanceMessage = (occasion: Occasion, maintenance: PublicMaintenance) =>
  maintenanceEvent(occasion, maintenance, 'maintenance.corrected');

function maintenanceEvent(
  { snapshot, at }: Occasion,
  maintenance: PublicMaintenance,
  type: string,
): WebhookMessage {
  const data = {
    page: pageJson(snapshot),
    status: statusJson(snapshot),
    scheduled_maintenance: maintenanceJson(snapshot, maintenance),
  };
  return {
    subject: `${type}: ${maintenance.title}`,
    bodies: { standard: standardEvent(type, at, data) },
  };
}

/** A component went from one status to another. */
export function componentMessage(
  { snapshot, at }: Occasion,
  component: PublicComponent,
  change: ComponentChange,
): WebhookMessage {
  const type = 'component.updated';
  const [before, after] = [statusLabels[change.oldStatus], statusLabels[change.newStatus]];
  return {
    subject: `${type}: ${component.name}`,
    bodies: {
      standard: standardEvent(type, at, {
        page: pageJson(snapshot),
        status: statusJson(snapshot),
        component: componentJson(snapshot, component),
        old_status: change.oldStatus,
        new_status: change.newStatus,
      }),
      statuspage: statuspageComponentPayload(snapshot, component, change, {
        generatedAt: at,
        ...nobody,
      }),
      ...chatBodies({
        title: component.name,
        label: after,
        tone: statusTones[change.newStatus],
        words: `${component.name} went from “${before}” to “${after}”.`,
        facts: [],
        url: `${snapshot.page.url}/`,
        pageName: snapshot.page.name,
        at,
      }),
    },
  };
}

// Parts

/** Each recipient's own link is put in when it is sent. */
const nobody = { unsubscribeUrl: '' };

/** The envelope that standard-webhooks recommends. */
const standardEvent = (type: string, at: Date, data: object) => ({
  type,
  timestamp: at.toISOString(),
  data,
});

const noteOf = (
  snapshot: PublicSnapshot,
  one: PublicIncident | PublicMaintenance,
  at: Date,
): Pick<Note, 'title' | 'words' | 'url' | 'pageName' | 'at'> => ({
  title: one.title,
  words: wordsToText(one.updates[0]?.body ?? ''),
  url: incidentUrl(snapshot, one.id),
  pageName: snapshot.page.name,
  at,
});

function concerned(snapshot: PublicSnapshot, one: PublicIncident | PublicMaintenance) {
  const names = affectedNow(snapshot, one).map(({ name }) => name);
  return names.length === 0 ? [] : [{ name: 'Affected', value: names.join(', ') }];
}

const incidentTones: Record<IncidentState, Tone> = {
  investigating: 'bad',
  identified: 'warn',
  monitoring: 'info',
  resolved: 'good',
};

const maintenanceTones: Record<MaintenanceState, Tone> = {
  scheduled: 'info',
  in_progress: 'info',
  verifying: 'info',
  completed: 'good',
  cancelled: 'quiet',
};

const statusTones: Record<ComponentStatus, Tone> = {
  operational: 'good',
  under_maintenance: 'info',
  degraded_performance: 'warn',
  partial_outage: 'warn',
  major_outage: 'bad',
};
