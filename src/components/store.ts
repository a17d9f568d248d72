// SQL of components, their groups, the impacts on them and the intervals of what they showed.
import { and, asc, count, eq, inArray, isNull, max, ne, sql } from 'drizzle-orm';
import { componentGroups, componentImpacts, components, statusIntervals } from '../db/schema.ts';
import { builtOnce } from '../db/statements.ts';
import type { Reader, Tx } from '../db/tx.ts';
import type { ComponentStatus } from '../shared/words.ts';
import type { ComponentRow, GroupRow, ImpactSource } from './types.ts';

export const liveGroups = (reader: Reader): Promise<GroupRow[]> =>
  reader
    .select()
    .from(componentGroups)
    .where(isNull(componentGroups.archivedAt))
    .orderBy(asc(componentGroups.position), asc(componentGroups.id));

export const liveComponents = (reader: Reader): Promise<ComponentRow[]> =>
  reader
    .select()
    .from(components)
    .where(isNull(components.archivedAt))
    .orderBy(asc(components.position), asc(components.id));

export async function componentByPublicId(
  reader: Reader,
  publicId: string,
): Promise<ComponentRow | undefined> {
  const [row] = await reader
    .select()
    .from(components)
    .where(and(eq(components.publicId, publicId), isNull(components.archivedAt)));
  return row;
}

export async function groupByPublicId(
  reader: Reader,
  publicId: string,
): Promise<GroupRow | undefined> {
  const [row] = await reader
    .select()
    .from(componentGroups)
    .where(and(eq(componentGroups.publicId, publicId), isNull(componentGroups.archivedAt)));
  return row;
}

export const componentsById = async (reader: Reader, ids: number[]): Promise<ComponentRow[]> =>
  ids.length === 0
    ? []
    : reader
        .select()
        .from(components)
        .where(and(inArray(components.id, ids), isNull(components.archivedAt)))
        .orderBy(asc(components.id));

export async function anyComponent(reader: Reader): Promise<boolean> {
  const rows = await reader.select({ id: components.id }).from(components).limit(1);
  return rows.length > 0;
}

/** The last place taken in a group, or at the top level, which groups share with components. */
export async function lastPosition(reader: Reader, groupId: number | null): Promise<number> {
  const inGroup = groupId === null ? isNull(components.groupId) : eq(components.groupId, groupId);
  const [child] = await reader
    .select({ last: max(components.position) })
    .from(components)
    .where(and(inGroup, isNull(components.archivedAt)));
  if (groupId !== null) return child?.last ?? 0;
  const [group] = await reader
    .select({ last: max(componentGroups.position) })
    .from(componentGroups)
    .where(isNull(componentGroups.archivedAt));
  return Math.max(child?.last ?? 0, group?.last ?? 0);
}

export async function insertComponent(
  tx: Tx,
  row: Omit<ComponentRow, 'id'>,
): Promise<ComponentRow> {
  const [made] = await tx.insert(components).values(row).returning();
  if (!made) throw new Error('The component was not stored.');
  return made;
}

export async function insertGroup(tx: Tx, row: Omit<GroupRow, 'id'>): Promise<GroupRow> {
  const [made] = await tx.insert(componentGroups).values(row).returning();
  if (!made) throw new Error('The group was not stored.');
  return made;
}

/** Saves over `row.version`; undefined when someone else saved first. */
export async function saveComponent(
  tx: Tx,
  row: ComponentRow,
  changes: Partial<ComponentRow>,
): Promise<ComponentRow | undefined> {
  const [saved] = await tx
    .update(components)
    .set({ ...changes, version: row.version + 1 })
    .where(and(eq(components.id, row.id), eq(components.version, row.version)))
    .returning();
  return saved;
}

/** Saves over `row.version`; undefined when someone else saved first. */
export async function saveGroup(
  tx: Tx,
  row: GroupRow,
  changes: Partial<GroupRow>,
): Promise<GroupRow | undefined> {
  const [saved] = await tx
    .update(componentGroups)
    .set({ ...changes, version: row.version + 1 })
    .where(and(eq(componentGroups.id, row.id), eq(componentGroups.version, row.version)))
    .returning();
  return saved;
}

export async function moveComponent(
  tx: Tx,
  id: number,
  place: { groupId?: number | null; position: number },
  at: Date,
): Promise<void> {
  await tx
    .update(components)
    .set({ ...place, updatedAt: at })
    .where(eq(components.id, id));
}

export async function moveGroup(tx: Tx, id: number, position: number, at: Date): Promise<void> {
  await tx
    .update(componentGroups)
    .set({ position, updatedAt: at })
    .where(eq(componentGroups.id, id));
}

// Statuses

const impactsQuery = builtOnce((reader: Reader) =>
  reader
    .select()
    .from(componentImpacts)
    .where(
      and(
        eq(componentImpacts.source, sql.placeholder('source')),
        eq(componentImpacts.sourceId, sql.placeholder('sourceId')),
      ),
    )
    .prepare(),
);

export const impactsFrom = async (reader: Reader, { source, sourceId }: ImpactSource) =>
  impactsQuery(reader).all({ source, sourceId });

export async function impactsOn(reader: Reader, componentId: number): Promise<ComponentStatus[]> {
  const rows = await reader
    .select({ status: componentImpacts.status })
    .from(componentImpacts)
    .where(eq(componentImpacts.componentId, componentId));
  return rows.map((row) => row.status);
}

export async function replaceImpacts(
  tx: Tx,
  { source, sourceId }: ImpactSource,
  impacts: ReadonlyMap<number, ComponentStatus>,
): Promise<void> {
  await tx
    .delete(componentImpacts)
    .where(and(eq(componentImpacts.source, source), eq(componentImpacts.sourceId, sourceId)));
  const rows = [...impacts].map(([componentId, status]) => ({
    source,
    sourceId,
    componentId,
    status,
  }));
  if (rows.length > 0) await tx.insert(componentImpacts).values(rows);
}

/** Stores a status that came about; answers whether it differs from the one before. */
export async function storeStatus(
  tx: Tx,
  componentId: number,
  status: ComponentStatus,
  at: Date,
): Promise<boolean> {
  const changed = await tx
    .update(components)
    .set({ status, updatedAt: at })
    .where(and(eq(components.id, componentId), ne(components.status, status)))
    .returning({ id: components.id });
  return changed.length > 0;
}

export async function openInterval(
  tx: Tx,
  componentId: number,
  status: ComponentStatus,
  at: Date,
): Promise<void> {
  await tx.insert(statusIntervals).values({ componentId, status, startedAt: at });
}

export async function closeInterval(tx: Tx, componentId: number, at: Date): Promise<void> {
  await tx
    .update(statusIntervals)
    .set({ endedAt: at })
    .where(and(eq(statusIntervals.componentId, componentId), isNull(statusIntervals.endedAt)));
}

/** How many intervals a component's record has. */
export async function recordLength(reader: Reader, componentId: number): Promise<number> {
  const [row] = await reader
    .select({ length: count() })
    .from(statusIntervals)
    .where(eq(statusIntervals.componentId, componentId));
  return row?.length ?? 0;
}

/** Lets a component and the only interval of its record begin at `since`. */
export async function moveBeginning(tx: Tx, componentId: number, since: Date): Promise<void> {
  await tx.update(components).set({ createdAt: since }).where(eq(components.id, componentId));
  await tx
    .update(statusIntervals)
    .set({ startedAt: since })
    .where(eq(statusIntervals.componentId, componentId));
}
