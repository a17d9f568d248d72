// What an import would do to this house, worked out anew in every transaction that does it.
import type { ComponentRow, GroupRow } from '../components/types.ts';
import type { Reader } from '../db/tx.ts';
import type { PastIncident } from '../incidents/past-types.ts';
import type { PastMaintenance } from '../maintenance/past.ts';
import { readSettings } from '../settings/service.ts';
import type { ComponentStatus } from '../shared/words.ts';
import {
  baselineOf,
  componentFate,
  groupFate,
  incidentFate,
  type Item,
  maintenanceFate,
  saidNow,
} from './compare.ts';
import {
  allComponents,
  allGroups,
  anyIncident,
  incidentsNamed,
  maintenancesNamed,
  referredTo,
  type StoredIncident,
  type StoredMaintenance,
} from './store.ts';
import type { Source, SourceComponent, SourceGroup, Told } from './types.ts';

/** What the person who imports decides. */
export interface Choices {
  /** Take over the page's name and time zone: always, never, or while nobody changed ours. */
  page: 'adopt' | 'keep' | 'if-fresh';
  pageId: boolean;
  /** Keep the components that a new page starts with. */
  keepDefaults: boolean;
}

export interface PagePlan {
  /** What is taken over; nothing where the page is left alone. */
  name: string | undefined;
  timeZone: string | undefined;
  pageId: string | undefined;
}

export interface ComponentItem extends Item<SourceComponent, ComponentRow> {
  baseline: ComponentStatus;
}

export interface StructurePlan {
  page: PagePlan;
  /** Components of a new page that nothing refers to: they make room. */
  replaced: ComponentRow[];
  groups: Item<SourceGroup, GroupRow>[];
  components: ComponentItem[];
  /** Added to the positions of what comes new to the top level: it stands below what is there. */
  shift: number;
}

const defaultNames = ['API', 'Web app', 'Payments'];

export async function planStructure(
  reader: Reader,
  source: Source,
  choices: Choices,
): Promise<StructurePlan> {
  const hereGroups = new Map((await allGroups(reader)).map((row) => [row.publicId, row]));
  const hereRows = await allComponents(reader);
  const here = new Map(hereRows.map((row) => [row.publicId, row]));
  const replaced = choices.keepDefaults ? [] : await replaceable(reader, source, hereRows);
  const groups = source.groups.map((told) => {
    const row = hereGroups.get(told.id);
    return { told, here: row, fate: groupFate(told, row) };
  });
  const said = saidNow(source);
  const components = source.components.map((told) => {
    const row = here.get(told.id);
    const baseline = baselineOf(told, said);
    const group = told.groupId === null ? undefined : hereGroups.get(told.groupId);
    const groupId = group && !group.archivedAt ? group.id : null;
    return { told, here: row, fate: componentFate(told, row, { groupId, baseline }), baseline };
  });
  return {
    page: await planPage(reader, source, choices),
    replaced,
    groups,
    components,
    shift: lastOf(source, [...hereGroups.values()], hereRows, replaced),
  };
}

/** The page is fresh while nobody changed its settings and nothing was ever told on it. */
async function planPage(reader: Reader, { page }: Source, choices: Choices): Promise<PagePlan> {
  const settings = await readSettings(reader);
  const isFresh = settings.version === 1 && !(await anyIncident(reader));
  const adopts = choices.page === 'adopt' || (choices.page === 'if-fresh' && isFresh);
  return {
    name: adopts ? other(page?.name, settings.name) : undefined,
    timeZone: adopts ? other(page?.timeZone, settings.timeZone) : undefined,
    pageId: choices.pageId ? other(page?.id || undefined, settings.pageId) : undefined,
  };
}

const other = <T>(theirs: T | undefined, ours: T) => (theirs === ours ? undefined : theirs);

/** The components that a new page starts with, as long as they are as they were made and stand alone. */
async function replaceable(
  reader: Reader,
  source: Source,
  rows: readonly ComponentRow[],
): Promise<ComponentRow[]> {
  if (source.components.length === 0) return [];
  const theirs = new Set(source.components.map(({ id }) => id));
  const ours = rows.filter((row) => !row.archivedAt && !theirs.has(row.publicId));
  const areAsMade =
    ours.length === defaultNames.length &&
    ours.every(
      (row) =>
        defaultNames.includes(row.name) &&
        row.version === 1 &&
        row.groupId === null &&
        row.description === '' &&
        row.baseline === 'operational',
    );
  if (!areAsMade) return [];
  const referred = await referredTo(
    reader,
    ours.map((row) => row.id),
  );
  return referred.size === 0 ? ours : [];
}

/** The last place at the top level that is taken by something of our own. */
function lastOf(
  source: Source,
  groups: readonly GroupRow[],
  rows: readonly ComponentRow[],
  replaced: readonly ComponentRow[],
): number {
  const theirs = new Set([...source.groups, ...source.components].map(({ id }) => id));
  const taken = [...groups, ...rows.filter((row) => row.groupId === null)]
    .filter((row) => !row.archivedAt && !theirs.has(row.publicId))
    .filter((row) => !replaced.some((gone) => gone.publicId === row.publicId))
    .map((row) => row.position);
  return Math.max(0, ...taken);
}

export type IncidentItem = Item<Told<PastIncident>, StoredIncident>;
export type MaintenanceItem = Item<PastMaintenance, StoredMaintenance>;

export async function planIncidents(
  reader: Reader,
  told: readonly Told<PastIncident>[],
): Promise<IncidentItem[]> {
  const ids = told.map(({ publicId }) => publicId);
  const here = await incidentsNamed(reader, ids);
  return told.map((one) => {
    const stored = here.get(one.publicId);
    return { told: one, here: stored, fate: incidentFate(one, stored) };
  });
}

export async function planMaintenances(
  reader: Reader,
  told: readonly PastMaintenance[],
): Promise<MaintenanceItem[]> {
  const ids = told.map(({ publicId }) => publicId);
  const here = await maintenancesNamed(reader, ids);
  return told.map((one) => {
    const stored = here.get(one.publicId);
    return { told: one, here: stored, fate: maintenanceFate(one, stored) };
  });
}
