// An incident's record as the desk tells it: updates and events in one line, newest first.
import { stateLabels, statusLabels } from '../shared/labels.ts';
import type { Event } from '../events/types.ts';
import type { IncidentDetail, UpdateDetail } from '../incidents/read.ts';
import { duration, utcFull } from '../shared/time.ts';
import { minutes, seconds } from '../shared/clock.ts';
import { renderMarkdown } from '../shared/markdown.ts';
import { pauseWords } from './mail-words.ts';
import { isOneOf, stages, type ComponentStatus } from '../shared/words.ts';
import { stageLabels } from './labels.ts';

/** Names of who acted, by what an event's actor says of them. */
export interface Names {
  account(id: number | null): string;
  token(id: number | null): string;
}

export interface Revision {
  html: string;
  replacedText: string;
  replacedBy: string;
}

interface UpdateEntry {
  kind: 'update';
  id: string;
  at: string;
  atText: string;
  state: string;
  stateLabel: string;
  author: string;
  /** Sanitised HTML. */
  html: string;
  isPublic: boolean;
  editedText: string;
  promise: string;
  affected: { name: string; status: ComponentStatus; label: string }[];
  revisions: Revision[];
}

interface EventEntry {
  kind: 'event';
  at: string;
  atText: string;
  who: string;
  what: string;
}

export type Entry = UpdateEntry | EventEntry;

export function timelineOf(
  detail: IncidentDetail,
  events: Event[],
  names: Names,
  revisions: ReadonlyMap<number, Revision[]>,
): Entry[] {
  const told = events.flatMap((event) => {
    const what = eventWords(event);
    return what === undefined
      ? []
      : [{ at: event.at, order: 0, entry: eventEntry(event, what, names) }];
  });
  const updates = detail.updates.map((update) => ({
    at: update.displayAt,
    order: 1,
    entry: updateEntry(update, revisions.get(update.id) ?? []),
  }));
  return [...told.toReversed(), ...updates]
    .toSorted((a, b) => b.at.getTime() - a.at.getTime() || a.order - b.order)
    .map(({ entry }) => entry);
}

function updateEntry(update: UpdateDetail, revisions: Revision[]): UpdateEntry {
  return {
    kind: 'update',
    id: update.publicId,
    at: update.displayAt.toISOString(),
    atText: utcFull(update.displayAt),
    state: update.state,
    stateLabel: stateLabels[update.state],
    author: update.authorName ?? 'the API',
    html: renderMarkdown(update.body),
    isPublic: update.isPublic,
    editedText: update.editedAt ? utcFull(update.editedAt) : '',
    promise: update.nextUpdateBy ? utcFull(update.nextUpdateBy) : '',
    affected: update.affected
      .filter((component) => component.oldStatus !== component.newStatus)
      .map(({ name, newStatus }) => ({ name, status: newStatus, label: statusLabels[newStatus] })),
    revisions,
  };
}

function eventEntry(event: Event, what: string, names: Names): EventEntry {
  return {
    kind: 'event',
    at: event.at.toISOString(),
    atText: utcFull(event.at),
    who: actorName(event, names),
    what,
  };
}

function actorName({ actor }: Event, names: Names): string {
  if (actor.kind === 'account') return names.account(actor.id);
  if (actor.kind === 'token') return names.token(actor.id);
  return 'Forthright';
}

type Tell = (data: Record<string, unknown>) => string | undefined;

/** What an event says in a sentence's end, after who did it. Events that updates already show are left out. */
const tellings: Record<string, Tell> = {
  'incident.declared': ({ severity }) => `declared it as SEV${String(severity)}`,
  'incident.updated': (data) => {
    if (data['madePublic'] === true) return 'made it public';
    if (data['reopened'] === true) return 'reopened it';
    return typeof data['warning'] === 'string' ? noted(data['warning']) : undefined;
  },
  'update.corrected': () => 'corrected an update',
  'incident.severity_changed': ({ before, after }) =>
    `changed the severity from SEV${String(before)} to SEV${String(after)}`,
  'incident.title_changed': ({ before }) => `changed the title, which was “${String(before)}”`,
  'incident.target_changed': ({ before, after }) =>
    `changed the target from ${String(before)} to ${String(after)} minutes`,
  'incident.impact_changed': ({ after }) => `set the impact to ${worded(after, 'automatic')}`,
  'incident.comms_lead_taken': () => 'took over as Communications Lead',
  'incident.retracted': () => 'took it off the public page',
  'email.skipped': ({ stage, reason }) =>
    `sent no ${stageName(stage)} email: ${worded(reason, 'no reason given')}`,
  'notification.released': ({ kind, stage }) =>
    kind === 'incident' ? `released the ${stageName(stage)} email` : undefined,
  'notification.sent': () => 'finished sending an email',
  'notification.paused': ({ reason }) =>
    `paused an email: ${pauseWords(typeof reason === 'string' ? reason : null)}`,
  'notification.resumed': () => 'resumed an email',
  'notification.cancelled': ({ reason }) => {
    if (reason === 'outdated') return 'took back a clock warning that was out of date';
    return reason === 'superseded'
      ? 'took back what an older email had not sent: a newer one stands in for it'
      : 'took back what an email had not sent';
  },
  'notification.retried': ({ count }) => `queued ${String(count)} failed deliveries again`,
  'clock.reminded': (data) => warningWords(Number(data['offset']), Number(data['lateness'] ?? 0)),
  'clock.missed': (data) => warningWords(Number(data['offset']), Number(data['lateness'] ?? 0)),
};

const worded = (value: unknown, otherwise: string) =>
  typeof value === 'string' ? value : otherwise;

const noted = (warning: string) => `noted: ${warning.charAt(0).toLowerCase()}${warning.slice(1)}`;

const stageName = (stage: unknown) => (isOneOf(stages, stage) ? stageLabels[stage] : '');

/** `offset` in minutes from the promise, `lateness` of the warning itself in seconds. */
function warningWords(offset: number, lateness: number): string {
  const late = lateness >= 60 ? ` (this warning came ${duration(seconds(lateness))} late)` : '';
  if (offset < 0) return `reminded: the next update is due in ${-offset} min${late}`;
  if (offset === 0) return `warned: the next update is due now${late}`;
  return `warned: the next update is overdue by ${duration(minutes(offset))}${late}`;
}

const eventWords = (event: Event) =>
  Object.hasOwn(tellings, event.kind) ? tellings[event.kind]?.(event.data) : undefined;
