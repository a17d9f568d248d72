// Which events are news to webhooks, and what is told of each: through the public shapes alone, so that
// nothing unpublished has a way out. Words that were published without notifications are told to nobody.
import type { Reader } from '../db/tx.ts';
import type { Event } from '../events/types.ts';
import type { ReleaseToWebhooks } from '../notifications/types.ts';
import { componentPublicId, incidentPublicId } from '../notifications/webhooks.ts';
import { derivedId } from '../shared/ids.ts';
import { componentStatuses, isOneOf } from '../shared/words.ts';
import { readPublicIncident, readPublicMaintenance } from '../status/service.ts';
import type {
  PublicIncident,
  PublicMaintenance,
  PublicSnapshot,
  PublicUpdate,
} from '../status/types.ts';
import {
  componentMessage,
  correctedIncidentMessage,
  correctedMaintenanceMessage,
  incidentMessage,
  maintenanceMessage,
  retractedIncidentMessage,
} from './messages.ts';

/** Details that changed together with an update are told by the update. */
export function withoutRepeats(events: Event[]): Event[] {
  return events.filter(
    (event, index) =>
      !detailKinds.includes(event.kind) ||
      !events
        .slice(index + 1)
        .some(
          (later) =>
            later.incidentId === event.incidentId && later.kind !== event.kind && isWord(later),
        ),
  );
}

const detailKinds = ['incident.title_changed', 'incident.impact_changed'];
const isWord = ({ kind }: Event) => kind === 'incident.updated' || kind === 'incident.retracted';

/** What is owed to webhooks for an event, or undefined when it is no news. */
export async function announcementOf(
  reader: Reader,
  snapshot: PublicSnapshot,
  event: Event,
): Promise<ReleaseToWebhooks | undefined> {
  switch (event.kind) {
    case 'incident.updated':
    case 'update.corrected':
    case 'incident.title_changed':
    case 'incident.impact_changed':
      return ofIncident(reader, snapshot, event);
    case 'incident.retracted':
      return ofRetraction(reader, snapshot, event);
    case 'maintenance.scheduled':
    case 'maintenance.updated':
    case 'maintenance.corrected':
      return ofMaintenance(reader, snapshot, event);
    case 'component.status_changed':
      return ofComponent(reader, snapshot, event);
    default:
      return undefined;
  }
}

async function ofIncident(
  reader: Reader,
  snapshot: PublicSnapshot,
  event: Event,
): Promise<ReleaseToWebhooks | undefined> {
  const publicId = await incidentPublicId(reader, event.incidentId);
  const incident = publicId === undefined ? undefined : await readPublicIncident(reader, publicId);
  if (!incident) return undefined;
  const occasion = { snapshot, at: event.at };
  const owed = {
    topic: 'incidents' as const,
    cutSeq: event.seq,
    incidentId: event.incidentId,
    maintenanceId: null,
  };
  if (event.kind !== 'incident.updated') {
    if (!wasTold(incident, event)) return undefined;
    const message = correctedIncidentMessage(occasion, incident);
    return { ...owed, componentIds: concerned(incident), message };
  }
  const then = incidentAt(incident, text(event.data['update']));
  const [update] = then?.updates ?? [];
  if (!then || !update?.deliverNotifications) return undefined;
  const message = incidentMessage(occasion, then, whatOf(then, update));
  return { ...owed, componentIds: concerned(then), message };
}

/** What was published without notifications is not told by the back door of a correction either. */
const wasTold = ({ updates }: PublicIncident | PublicMaintenance, { kind, data }: Event) =>
  updates.some(
    (update) =>
      update.deliverNotifications && (!kind.endsWith('.corrected') || update.id === data['update']),
  );

function whatOf(incident: PublicIncident, update: PublicUpdate) {
  if (update.state === 'resolved') return 'resolved';
  return incident.updates.length === 1 ? 'declared' : 'updated';
}

/** The incident as one of its updates left it: a message tells its own update, not a later one. */
function incidentAt(incident: PublicIncident, updateId?: string): PublicIncident | undefined {
  const index = incident.updates.findIndex(({ id }) => id === updateId);
  const update = incident.updates[index];
  if (!update || index === 0) return update && incident;
  const updates = incident.updates.slice(index);
  const { state, nextUpdateBy } = update;
  const isOver = state === 'resolved';
  return {
    ...incident,
    updates,
    state,
    nextUpdateBy: isOver ? null : nextUpdateBy,
    updatedAt: update.updatedAt,
    monitoringAt: updates.findLast((one) => one.state === 'monitoring')?.displayAt ?? null,
    resolvedAt: isOver ? update.displayAt : null,
  };
}

/** Its public id is all that may be said; whoever was told of it hears that it is gone. */
async function ofRetraction(
  reader: Reader,
  snapshot: PublicSnapshot,
  event: Event,
): Promise<ReleaseToWebhooks | undefined> {
  const publicId = await incidentPublicId(reader, event.incidentId);
  if (event.incidentId === null || publicId === undefined) return undefined;
  // Public again since: its newest word tells more.
  if (await readPublicIncident(reader, publicId)) return undefined;
  return {
    topic: 'incidents',
    cutSeq: event.seq,
    incidentId: null,
    maintenanceId: null,
    componentIds: [],
    formerOf: event.incidentId,
    message: retractedIncidentMessage({ snapshot, at: event.at }, publicId),
  };
}

async function ofMaintenance(
  reader: Reader,
  snapshot: PublicSnapshot,
  event: Event,
): Promise<ReleaseToWebhooks | undefined> {
  const publicId = text(event.data['maintenance']);
  const maintenance =
    publicId === undefined ? undefined : await readPublicMaintenance(reader, publicId);
  if (!maintenance) return undefined;
  const occasion = { snapshot, at: event.at };
  const owed = {
    topic: 'maintenance' as const,
    cutSeq: event.seq,
    incidentId: null,
    maintenanceId: event.subjectId,
  };
  if (event.kind === 'maintenance.corrected') {
    if (!wasTold(maintenance, event)) return undefined;
    const message = correctedMaintenanceMessage(occasion, maintenance);
    return { ...owed, componentIds: concerned(maintenance), message };
  }
  const then = maintenanceAt(maintenance, text(event.data['update']));
  const [update] = then?.updates ?? [];
  if (!then || !update?.deliverNotifications) return undefined;
  const message = maintenanceMessage(occasion, then, stepOf(event.data['what']));
  return { ...owed, componentIds: concerned(then), message };
}

function maintenanceAt(
  maintenance: PublicMaintenance,
  updateId?: string,
): PublicMaintenance | undefined {
  const index = maintenance.updates.findIndex(({ id }) => id === updateId);
  const update = maintenance.updates[index];
  if (!update || index === 0) return update && maintenance;
  const { state } = update;
  return {
    ...maintenance,
    state,
    updates: maintenance.updates.slice(index),
    updatedAt: update.updatedAt,
    startedAt: state === 'scheduled' ? null : maintenance.startedAt,
    completedAt: state === 'completed' ? maintenance.completedAt : null,
  };
}

const stepOf = (what: unknown) => {
  switch (what) {
    case 'announced':
      return 'scheduled';
    case 'started':
    case 'completed':
    case 'cancelled':
      return what;
    default:
      return 'updated';
  }
};

async function ofComponent(
  reader: Reader,
  snapshot: PublicSnapshot,
  event: Event,
): Promise<ReleaseToWebhooks | undefined> {
  const { before, after } = event.data;
  const publicId = await componentPublicId(reader, event.subjectId);
  const component = snapshot.components.find(({ id }) => id === publicId);
  if (!component || !isOneOf(componentStatuses, before) || !isOneOf(componentStatuses, after)) {
    return undefined;
  }
  const change = {
    id: derivedId(`component change ${event.seq}`),
    oldStatus: before,
    newStatus: after,
    at: event.at,
  };
  // As it was then, should it have changed once more since.
  const then = { ...component, status: after };
  return {
    topic: 'components',
    cutSeq: event.seq,
    incidentId: null,
    maintenanceId: null,
    componentIds: [component.id],
    message: componentMessage({ snapshot, at: event.at }, then, change),
  };
}

const concerned = ({ components }: PublicIncident | PublicMaintenance) =>
  components.map(({ id }) => id);

const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
