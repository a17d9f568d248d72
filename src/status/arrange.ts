// Rows become the public shapes: positions counted anew, so that what is hidden leaves no gap. Pure.
import { worstStatus } from '../components/rules.ts';
import type { AffectedComponent } from '../db/schema.ts';
import type { Impact } from '../shared/words.ts';
import type { MaintainedRow, MaintenanceRow, MaintenanceUpdateRow } from './maintenance-store.ts';
import type { AffectedRow, IncidentRow, UpdateRow } from './incident-store.ts';
import type { ComponentRow, GroupRow } from './store.ts';
import type {
  PublicComponent,
  PublicGroup,
  PublicIncident,
  PublicMaintenance,
  PublicUpdate,
} from './types.ts';

/** A component as it is placed: the management API has rows of its own. */
type PlacedRow = Omit<ComponentRow, 'id'>;

/** Groups without components are left out: they would have a status that nothing stands behind. */
export function arrangeComponents(
  groupRows: GroupRow[],
  componentRows: PlacedRow[],
): { groups: PublicGroup[]; components: PublicComponent[] } {
  const childrenOf = byKey(componentRows, (row) => row.groupId);
  const groups = groupRows.filter((row) => childrenOf.has(row.id));
  const known = new Set(groups.map((row) => row.id));
  const alone = componentRows.filter((row) => row.groupId === null || !known.has(row.groupId));
  const topLevel = [...groups, ...alone].toSorted((a, b) => a.position - b.position);
  const rank = new Map(topLevel.map((row, i) => [row.publicId, i + 1]));
  const rankOf = (row: { publicId: string }) => rank.get(row.publicId) ?? 0;
  const arranged = topLevel.flatMap((row) => {
    if ('status' in row) return [toComponent(row, rankOf(row), null)];
    const children = childrenOf.get(row.id) ?? [];
    return children.map((child, i) => toComponent(child, i + 1, row.publicId));
  });
  return {
    groups: groups.map((row) => toGroup(row, rankOf(row), childrenOf.get(row.id) ?? [])),
    components: arranged,
  };
}

function toComponent(row: PlacedRow, position: number, groupId: string | null): PublicComponent {
  return {
    id: row.publicId,
    name: row.name,
    description: row.description,
    status: row.status,
    position,
    groupId,
    showcase: row.showcase,
    onlyShowIfDegraded: row.onlyShowIfDegraded,
    startDate: row.startDate,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}

function toGroup(row: GroupRow, position: number, children: PlacedRow[]): PublicGroup {
  return {
    id: row.publicId,
    name: row.name,
    description: row.description,
    position,
    status: worstStatus(children.map((child) => child.status)),
    componentIds: children.map((child) => child.publicId),
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}

/** `changedAt`: when visitors could last notice a change of it, as the record of events says. */
export function toIncident(
  row: IncidentRow,
  updates: UpdateRow[],
  affected: AffectedRow[],
  changedAt: Date | undefined,
): PublicIncident {
  const publishedAt = row.publishedAt ?? row.startedAt;
  const isOpen = row.state !== 'resolved';
  return {
    id: row.publicId,
    title: row.title,
    state: row.state,
    impact: row.impactOverride ?? row.impact,
    startedAt: row.startedAt,
    // Its public life begins when it was published: an earlier private one is not told.
    createdAt: publishedAt,
    // One brought along from elsewhere was changed there, which no event here tells.
    updatedAt: latest([
      publishedAt,
      changedAt,
      row.backfilled ? row.updatedAt : undefined,
      ...updates.map((update) => update.updatedAt),
    ]),
    monitoringAt: row.monitoringAt,
    resolvedAt: row.resolvedAt,
    nextUpdateBy: isOpen ? (updates[0]?.nextUpdateBy ?? null) : null,
    components: affected.map(({ publicId, status }) => ({ id: publicId, status })),
    updates: updates.map(toUpdate),
  };
}

const toUpdate = (row: UpdateRow): PublicUpdate => ({
  id: row.publicId,
  state: row.state,
  body: row.body,
  affected: row.affected.map(toAffected),
  nextUpdateBy: row.nextUpdateBy,
  // Undecided is told as yes: a decision about an email is no public change.
  deliverNotifications: row.deliverNotifications ?? true,
  displayAt: row.displayAt,
  createdAt: row.createdAt,
  updatedAt: row.updatedAt,
  editedAt: row.editedAt,
});

const toAffected = ({
  code,
  name,
  oldStatus,
  newStatus,
}: AffectedComponent): AffectedComponent => ({
  code,
  name,
  oldStatus,
  newStatus,
});

export const toMaintenance = (
  row: MaintenanceRow,
  updates: MaintenanceUpdateRow[],
  components: MaintainedRow[],
): PublicMaintenance => ({
  id: row.publicId,
  title: row.title,
  state: row.state,
  scheduledFor: row.scheduledFor,
  scheduledUntil: row.scheduledUntil,
  autoStart: row.autoStart,
  autoComplete: row.autoComplete,
  startedAt: row.startedAt,
  completedAt: row.completedAt,
  createdAt: row.createdAt,
  updatedAt: latest([row.updatedAt, ...updates.map((update) => update.updatedAt)]),
  components: components.map(({ publicId, status }) => ({ id: publicId, status })),
  updates: updates.map((update) => ({
    id: update.publicId,
    state: update.state,
    body: update.body,
    affected: update.affected.map(toAffected),
    nextUpdateBy: null,
    deliverNotifications: update.deliverNotifications,
    displayAt: update.displayAt,
    createdAt: update.createdAt,
    updatedAt: update.updatedAt,
    editedAt: update.editedAt,
  })),
});

/** The rows of each key, in their order. */
export function byKey<T, K>(rows: T[], keyOf: (row: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

const latest = (dates: (Date | undefined)[]) =>
  new Date(Math.max(...dates.map((date) => date?.getTime() ?? 0)));

/** Of the impacts of these incidents, those that still count. */
export const openImpacts = (incidents: PublicIncident[]): Impact[] =>
  incidents.filter((incident) => incident.state !== 'resolved').map((incident) => incident.impact);
