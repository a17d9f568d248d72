// View models: what the page's templates are given of incidents, every word and time ready to print.
import { parseAddress } from '../shared/address.ts';
import { dayIn } from '../shared/time.ts';
import type { ComponentStatus, Impact, IncidentState, Indicator } from '../shared/words.ts';
import type { PublicIncident, PublicSnapshot, PublicUpdate } from '../status/types.ts';
import type { Edition } from './editions.ts';
import { wordsToHtml } from './rendered.ts';
import type { Speech } from './speech.ts';
import { updateAnchor } from './words.ts';

/** A word with its key: the key chooses shape and colour, the label is read. */
export interface Labelled<K extends string> {
  key: K;
  label: string;
}

/** An instant as UTC text; a script may say it in local time. */
export interface TimeModel {
  iso: string;
  text: string;
  format: 'clock' | 'short' | 'full';
}

export const timeOf = (speech: Speech, format: TimeModel['format'], at: Date): TimeModel => ({
  iso: at.toISOString(),
  text: speech[format](at),
  format,
});

/** The clock alone when it is the same UTC day as what stands beside it, else with the day. */
export const timeBeside = (speech: Speech, at: Date, other: Date) =>
  timeOf(speech, dayIn('Etc/UTC', at) === dayIn('Etc/UTC', other) ? 'clock' : 'short', at);

export const stateOf = <S extends string>({ t }: Speech, state: S): Labelled<S> => ({
  key: state,
  label: t(`page:state.${state}`),
});

export const statusOf = ({ t }: Speech, status: ComponentStatus): Labelled<ComponentStatus> => ({
  key: status,
  label: t(`page:status.${status}`),
});

interface UpdateModel {
  anchor: string;
  state: Labelled<string>;
  shape: string;
  at: TimeModel;
  /** Milliseconds since 1970, as scrapers of Statuspage's pages read it. */
  unix: number;
  html: string;
  edited: TimeModel | undefined;
  components: Affected[];
}

/** A component as an incident or a maintenance names it; the status only while it counts. */
export interface Affected {
  name: string;
  status: Labelled<ComponentStatus> | undefined;
}

/** The newest promise: kept so far, or late and the page may say so. */
interface PromiseModel {
  by: TimeModel;
  isLate: boolean;
  /** Said once it is late; empty when the page does not say it. */
  lateWords: string;
}

export interface IncidentModel {
  id: string;
  url: string;
  title: string;
  isOpen: boolean;
  state: Labelled<IncidentState>;
  impact: Labelled<Impact>;
  impactShape: ImpactShape;
  components: Affected[];
  started: TimeModel;
  resolved: TimeModel | undefined;
  lasted: string | undefined;
  promise: PromiseModel | undefined;
  /** Newest first. */
  updates: UpdateModel[];
}

export function incidentModel(edition: Edition, incident: PublicIncident): IncidentModel {
  const { speech } = edition;
  const { resolvedAt, startedAt, updates } = incident;
  return {
    id: incident.id,
    url: edition.href(`/incidents/${incident.id}`),
    title: incident.title,
    isOpen: incident.state !== 'resolved',
    state: stateOf(speech, incident.state),
    impact: { key: incident.impact, label: speech.t(`page:impact.${incident.impact}`) },
    impactShape: impactShapes[incident.impact],
    components: affectedComponents(edition, incident),
    started: timeOf(speech, 'full', startedAt),
    resolved: resolvedAt ? timeBeside(speech, resolvedAt, startedAt) : undefined,
    lasted: resolvedAt ? speech.length(resolvedAt.getTime() - startedAt.getTime()) : undefined,
    promise: promiseModel(edition, incident),
    updates: updates.map((update) => updateModel(speech, update)),
  };
}

/** A promise that has passed is told only where the page owns up to it: never as if it still held. */
function promiseModel(
  { snapshot, speech }: Edition,
  { nextUpdateBy, updates }: PublicIncident,
): PromiseModel | undefined {
  if (!nextUpdateBy) return undefined;
  const isLate = nextUpdateBy <= snapshot.at;
  const { overdue } = snapshot.page.shown;
  if (isLate && !overdue) return undefined;
  return {
    by: timeBeside(speech, nextUpdateBy, updates[0]?.displayAt ?? nextUpdateBy),
    isLate,
    lateWords: overdue ? speech.t('page:update_late') : '',
  };
}

export const updateModel = (speech: Speech, update: PublicUpdate<string>): UpdateModel => ({
  anchor: updateAnchor(update.id),
  state: stateOf(speech, update.state),
  shape: stateShapes[update.state] ?? update.state,
  at: timeOf(speech, 'short', update.displayAt),
  unix: update.displayAt.getTime(),
  html: wordsToHtml(update.body),
  edited: update.editedAt ? timeBeside(speech, update.editedAt, update.displayAt) : undefined,
  components: update.affected
    .filter((one) => one.oldStatus !== one.newStatus)
    .map((one) => ({ name: one.name, status: statusOf(speech, one.newStatus) })),
});

/** Maintenance borrows its shapes; an incident's states each have one of their own name. */
const stateShapes: Record<string, string> = {
  in_progress: 'under_maintenance',
  verifying: 'monitoring',
  completed: 'resolved',
  cancelled: 'none',
};

/** While open: what it does to each component now. Afterwards: every component it ever touched, by name. */
function affectedComponents({ snapshot, speech }: Edition, incident: PublicIncident): Affected[] {
  if (incident.state !== 'resolved') return affectedNow(snapshot, speech, incident.components);
  const named = new Map(
    incident.updates
      .toReversed()
      .flatMap((update) => update.affected.map((one) => [one.code, one.name] as const)),
  );
  return [...named.values()].map((name) => ({ name, status: undefined }));
}

/** Components by id with the status each is given, in the page's order. */
export function affectedNow(
  snapshot: PublicSnapshot,
  speech: Speech,
  given: { id: string; status: ComponentStatus }[],
): Affected[] {
  const statuses = new Map(given.map((one) => [one.id, one.status]));
  return snapshot.components.flatMap(({ id, name }) => {
    const status = statuses.get(id);
    return status ? [{ name, status: statusOf(speech, status) }] : [];
  });
}

type ImpactShape = ComponentStatus | 'none';

const impactShapes: Record<Impact, ImpactShape> = {
  none: 'none',
  minor: 'degraded_performance',
  major: 'partial_outage',
  critical: 'major_outage',
};

/** Indicators share the components' shapes and colours. */
export const shapeOf: Record<Indicator, ComponentStatus> = {
  none: 'operational',
  maintenance: 'under_maintenance',
  minor: 'degraded_performance',
  major: 'partial_outage',
  critical: 'major_outage',
};

/** How customers reach support: a link where the text is an address, else the text. */
export function contactModel(contact: string): { text: string; href: string | undefined } {
  const address = parseAddress(contact);
  if (address) return { text: contact, href: `mailto:${address.email}` };
  const url = URL.parse(contact);
  const isWeb = url !== null && ['http:', 'https:'].includes(url.protocol);
  return { text: contact, href: isWeb ? url.href : undefined };
}
