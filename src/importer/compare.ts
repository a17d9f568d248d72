// What becomes of each thing an import brings: new, followed, the same, or changed here and left alone. Pure.
import type { ComponentRow, GroupRow } from '../components/types.ts';
import { derivePast } from '../incidents/past-rules.ts';
import type { PastIncident } from '../incidents/past-types.ts';
import type { PastMaintenance } from '../maintenance/past.ts';
import { type ComponentStatus, componentStatuses, worse } from '../shared/words.ts';
import type { StoredIncident, StoredMaintenance } from './store.ts';
import type { Source, SourceComponent, SourceGroup } from './types.ts';

/** `kept`: somebody changed it here, so it stays as it is. */
export const fates = ['added', 'changed', 'same', 'kept'] as const;
export type Fate = (typeof fates)[number];

export interface Item<T, Row> {
  told: T;
  fate: Fate;
  /** What is here, where something is. */
  here: Row | undefined;
}

/** The version that an import gives, and that every change made here moves. */
const untouched = 1;

export function groupFate(told: SourceGroup, here: GroupRow | undefined): Fate {
  if (!here) return 'added';
  if (here.version !== untouched) return 'kept';
  return here.name === told.name && here.description === told.description ? 'same' : 'changed';
}

/** `groupId` and `baseline` are the row's that it is to have. */
export function componentFate(
  told: SourceComponent,
  here: ComponentRow | undefined,
  wanted: { groupId: number | null; baseline: ComponentStatus },
): Fate {
  if (!here) return 'added';
  if (here.version !== untouched) return 'kept';
  const isSame =
    here.name === told.name &&
    here.description === told.description &&
    here.showcase === told.showcase &&
    here.onlyShowIfDegraded === told.onlyShowIfDegraded &&
    here.startDate === told.startDate &&
    here.groupId === wanted.groupId &&
    here.baseline === wanted.baseline;
  return isSame ? 'same' : 'changed';
}

const sameTime = (a: Date | null | undefined, b: Date | null | undefined) =>
  (a?.getTime() ?? null) === (b?.getTime() ?? null);

interface Words {
  publicId?: string | undefined;
  state: string;
  body: string;
  at: Date;
  updatedAt?: Date | undefined;
}

interface StoredWords {
  publicId: string;
  state: string;
  body: string;
  displayAt: Date;
  updatedAt: Date;
}

/** Words that were removed there stay here. */
const sameWords = (told: readonly Words[], stored: readonly StoredWords[]) => {
  const byId = new Map(stored.map((row) => [row.publicId, row]));
  return told.every((update) => {
    const row = byId.get(update.publicId ?? '');
    return (
      row?.state === update.state &&
      row.body === update.body &&
      sameTime(row.displayAt, update.at) &&
      sameTime(row.updatedAt, update.updatedAt)
    );
  });
};

export function incidentFate(told: PastIncident, here: StoredIncident | undefined): Fate {
  if (!here) return 'added';
  const { row, updates } = here;
  if (!row.backfilled || row.version !== untouched) return 'kept';
  const isSame =
    row.title === told.title &&
    row.severity === told.severity &&
    row.impactOverride === (told.impactOverride ?? null) &&
    sameTime(row.startedAt, told.startedAt) &&
    sameTime(row.updatedAt, told.updatedAt) &&
    sameWords(told.updates, updates);
  return isSame ? 'same' : 'changed';
}

export function maintenanceFate(told: PastMaintenance, here: StoredMaintenance | undefined): Fate {
  if (!here) return 'added';
  const { row, updates } = here;
  if (row.version !== untouched) return 'kept';
  const isSame =
    row.title === told.title &&
    sameTime(row.scheduledFor, told.scheduledFor) &&
    sameTime(row.updatedAt, told.updatedAt) &&
    sameWords(told.updates, updates);
  return isSame ? 'same' : 'changed';
}

/** What open incidents and running maintenances say of components, by public id; worst wins. */
export function saidNow({ incidents, maintenances }: Source): Map<string, ComponentStatus> {
  const said = new Map<string, ComponentStatus>();
  const say = (code: string, status: ComponentStatus) =>
    said.set(code, worse(componentStatuses, said.get(code) ?? 'operational', status));
  for (const incident of incidents) {
    const updates = incident.updates.map(({ state, affected = [], at }) => ({
      state,
      affected,
      displayAt: at,
    }));
    const { state, statuses } = derivePast(incident, updates);
    if (state === 'resolved') continue;
    for (const [code, status] of statuses) say(code, status);
  }
  for (const { updates, components } of maintenances) {
    const state = updates.at(-1)?.state;
    if (state !== 'in_progress' && state !== 'verifying') continue;
    for (const [code, status] of components) say(code, status);
  }
  return said;
}

/** A status that an open incident or maintenance explains goes with it; any other is the component's own. */
export const baselineOf = (
  component: SourceComponent,
  said: ReadonlyMap<string, ComponentStatus>,
): ComponentStatus => {
  const explained = said.get(component.id) ?? 'operational';
  return rank(explained) >= rank(component.status) ? 'operational' : component.status;
};

const rank = (status: ComponentStatus) => componentStatuses.indexOf(status);
