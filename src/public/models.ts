// View models: what the page's templates are given, every word and time ready to print.
import { stateLabels, statusLabels } from '../shared/labels.ts';
import { parseAddress } from '../shared/address.ts';
import { renderMarkdown } from '../shared/markdown.ts';
import { dayIn, duration, utcClock, utcFull, utcShort } from '../shared/time.ts';
import type { ComponentStatus, Impact, IncidentState, Indicator } from '../shared/words.ts';
import type {
  PublicComponent,
  PublicIncident,
  PublicSnapshot,
  PublicUpdate,
} from '../status/types.ts';
import { impactLabels, updateAnchor } from './words.ts';

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

const timeTexts = { clock: utcClock, short: utcShort, full: utcFull };

export const timeOf = (format: TimeModel['format'], at: Date): TimeModel => ({
  iso: at.toISOString(),
  text: timeTexts[format](at),
  format,
});

/** The clock alone when it is the same UTC day as what stands beside it, else with the day. */
const timeBeside = (at: Date, other: Date) =>
  timeOf(dayIn('Etc/UTC', at) === dayIn('Etc/UTC', other) ? 'clock' : 'short', at);

interface UpdateModel {
  anchor: string;
  state: Labelled<IncidentState>;
  at: TimeModel;
  html: string;
  edited: TimeModel | undefined;
  components: { name: string; status: Labelled<ComponentStatus> }[];
}

export interface IncidentModel {
  url: string;
  title: string;
  isOpen: boolean;
  state: Labelled<IncidentState>;
  impact: Labelled<Impact>;
  impactShape: ImpactShape;
  components: { name: string; status: Labelled<ComponentStatus> | undefined }[];
  started: TimeModel;
  resolved: TimeModel | undefined;
  lasted: string | undefined;
  nextBy: TimeModel | undefined;
  /** Newest first. */
  updates: UpdateModel[];
}

export function incidentModel(snapshot: PublicSnapshot, incident: PublicIncident): IncidentModel {
  const { nextUpdateBy, resolvedAt, startedAt, updates } = incident;
  return {
    url: `/incidents/${incident.id}`,
    title: incident.title,
    isOpen: incident.state !== 'resolved',
    state: { key: incident.state, label: stateLabels[incident.state] },
    impact: { key: incident.impact, label: impactLabels[incident.impact] },
    impactShape: impactShapes[incident.impact],
    components: affectedComponents(snapshot, incident),
    started: timeOf('full', startedAt),
    resolved: resolvedAt ? timeBeside(resolvedAt, startedAt) : undefined,
    lasted: resolvedAt ? duration(resolvedAt.getTime() - startedAt.getTime()) : undefined,
    nextBy: nextUpdateBy
      ? timeBeside(nextUpdateBy, updates[0]?.displayAt ?? nextUpdateBy)
      : undefined,
    updates: updates.map(updateModel),
  };
}

const updateModel = (update: PublicUpdate): UpdateModel => ({
  anchor: updateAnchor(update.id),
  state: { key: update.state, label: stateLabels[update.state] },
  at: timeOf('short', update.displayAt),
  html: renderMarkdown(update.body),
  edited: update.editedAt ? timeBeside(update.editedAt, update.displayAt) : undefined,
  components: update.affected
    .filter((one) => one.oldStatus !== one.newStatus)
    .map((one) => ({ name: one.name, status: statusOf(one.newStatus) })),
});

const statusOf = (status: ComponentStatus) => ({ key: status, label: statusLabels[status] });

/** While open: what it does to each component now. Afterwards: every component it ever touched, by name. */
function affectedComponents(
  snapshot: PublicSnapshot,
  incident: PublicIncident,
): IncidentModel['components'] {
  if (incident.state !== 'resolved') {
    const given = new Map(incident.components.map((one) => [one.id, one.status]));
    return snapshot.components.flatMap(({ id, name }) => {
      const status = given.get(id);
      return status ? [{ name, status: statusOf(status) }] : [];
    });
  }
  const named = new Map(
    incident.updates
      .toReversed()
      .flatMap((update) => update.affected.map((one) => [one.code, one.name] as const)),
  );
  return [...named.values()].map((name) => ({ name, status: undefined }));
}

export interface ComponentModel {
  name: string;
  description: string;
  status: Labelled<ComponentStatus>;
  /** Empty for a component that stands alone. */
  children: ComponentModel[];
  isGroup: boolean;
}

/** Groups and lone components in the order of the page. */
export function componentModels(snapshot: PublicSnapshot): ComponentModel[] {
  const shown = snapshot.components.filter(
    (one) => !one.onlyShowIfDegraded || one.status !== 'operational',
  );
  const groups = snapshot.groups.map((group) => ({
    position: group.position,
    model: {
      ...toModel(group),
      isGroup: true,
      children: shown.filter((one) => one.groupId === group.id).map(toModel),
    },
  }));
  const alone = shown
    .filter((one) => one.groupId === null)
    .map((one) => ({ position: one.position, model: toModel(one) }));
  return [...groups.filter(({ model }) => model.children.length > 0), ...alone]
    .toSorted((a, b) => a.position - b.position)
    .map(({ model }) => model);
}

const toModel = (
  one: Pick<PublicComponent, 'name' | 'description' | 'status'>,
): ComponentModel => ({
  name: one.name,
  description: one.description,
  status: statusOf(one.status),
  children: [],
  isGroup: false,
});

export type ImpactShape = ComponentStatus | 'none';

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
