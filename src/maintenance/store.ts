// SQL of maintenances, their updates and components.
import { and, asc, desc, eq, inArray, lt, or } from 'drizzle-orm';
import {
  components,
  maintenanceComponents,
  maintenances,
  maintenanceUpdates,
} from '../db/schema.ts';
import type { Reader, Tx } from '../db/tx.ts';
import type { ComponentStatus, MaintenanceState } from '../shared/words.ts';
import type { MaintenanceRow, MaintenanceUpdateRow } from './types.ts';

// Maintenances

export async function maintenanceByPublicId(
  reader: Reader,
  publicId: string,
): Promise<MaintenanceRow | undefined> {
  const [row] = await reader.select().from(maintenances).where(eq(maintenances.publicId, publicId));
  return row;
}

export async function rowById(reader: Reader, id: number): Promise<MaintenanceRow | undefined> {
  const [row] = await reader.select().from(maintenances).where(eq(maintenances.id, id));
  return row;
}

export async function maintenanceById(reader: Reader, id: number): Promise<MaintenanceRow> {
  const row = await rowById(reader, id);
  if (!row) throw new Error(`Maintenance ${id} is gone, and maintenances are never deleted.`);
  return row;
}

const notOver: MaintenanceState[] = ['scheduled', 'in_progress', 'verifying'];

/** Not over: those under way and those to come, the soonest first. */
export const openRows = (reader: Reader): Promise<MaintenanceRow[]> =>
  reader
    .select()
    .from(maintenances)
    .where(inArray(maintenances.state, notOver))
    .orderBy(asc(maintenances.scheduledFor), asc(maintenances.id));

/** Over, newest first. `before` is the id and start of the last one of the page before. */
export const pastRows = (
  reader: Reader,
  page: { before?: { id: number; scheduledFor: Date } | undefined; limit: number },
): Promise<MaintenanceRow[]> => {
  const over = inArray(maintenances.state, ['completed', 'cancelled'] satisfies MaintenanceState[]);
  const older =
    page.before &&
    or(
      lt(maintenances.scheduledFor, page.before.scheduledFor),
      and(
        eq(maintenances.scheduledFor, page.before.scheduledFor),
        lt(maintenances.id, page.before.id),
      ),
    );
  return reader
    .select()
    .from(maintenances)
    .where(and(over, older))
    .orderBy(desc(maintenances.scheduledFor), desc(maintenances.id))
    .limit(page.limit);
};

/** Every maintenance there is, newest made first: its id and when it was made. */
export const allKeys = (reader: Reader): Promise<{ publicId: string; createdAt: Date }[]> =>
  reader
    .select({ publicId: maintenances.publicId, createdAt: maintenances.createdAt })
    .from(maintenances)
    .orderBy(desc(maintenances.createdAt), desc(maintenances.id));

/** A series' occurrences that have not begun, the soonest first. */
export const scheduledOfSeries = (reader: Reader, seriesId: string): Promise<MaintenanceRow[]> =>
  reader
    .select()
    .from(maintenances)
    .where(and(eq(maintenances.seriesId, seriesId), eq(maintenances.state, 'scheduled')))
    .orderBy(asc(maintenances.scheduledFor), asc(maintenances.id));

/** All of a series' occurrences, the soonest first. */
export const seriesRows = (reader: Reader, seriesId: string): Promise<MaintenanceRow[]> =>
  reader
    .select()
    .from(maintenances)
    .where(eq(maintenances.seriesId, seriesId))
    .orderBy(asc(maintenances.scheduledFor), asc(maintenances.id));

export async function insertMaintenance(
  tx: Tx,
  row: typeof maintenances.$inferInsert,
): Promise<MaintenanceRow> {
  const [made] = await tx.insert(maintenances).values(row).returning();
  if (!made) throw new Error('The maintenance was not stored.');
  return made;
}

/** Saves over `before.version`; undefined when someone else saved first. */
export async function saveMaintenance(
  tx: Tx,
  before: MaintenanceRow,
  changes: Partial<MaintenanceRow>,
): Promise<MaintenanceRow | undefined> {
  const [saved] = await tx
    .update(maintenances)
    .set({ ...changes, version: before.version + 1 })
    .where(and(eq(maintenances.id, before.id), eq(maintenances.version, before.version)))
    .returning();
  return saved;
}

// Updates

export async function insertUpdate(
  tx: Tx,
  row: typeof maintenanceUpdates.$inferInsert,
): Promise<MaintenanceUpdateRow> {
  const [made] = await tx.insert(maintenanceUpdates).values(row).returning();
  if (!made) throw new Error('The update was not stored.');
  return made;
}

export async function updateById(reader: Reader, id: number): Promise<MaintenanceUpdateRow> {
  const [row] = await reader.select().from(maintenanceUpdates).where(eq(maintenanceUpdates.id, id));
  if (!row) throw new Error(`Update ${id} is gone, and updates are never deleted.`);
  return row;
}

export async function updateByPublicId(
  reader: Reader,
  maintenanceId: number,
  publicId: string,
): Promise<MaintenanceUpdateRow | undefined> {
  const owner = eq(maintenanceUpdates.maintenanceId, maintenanceId);
  const [row] = await reader
    .select()
    .from(maintenanceUpdates)
    .where(and(owner, eq(maintenanceUpdates.publicId, publicId)));
  return row;
}

/** Newest first. */
export const updatesOf = (reader: Reader, maintenanceId: number): Promise<MaintenanceUpdateRow[]> =>
  reader
    .select()
    .from(maintenanceUpdates)
    .where(eq(maintenanceUpdates.maintenanceId, maintenanceId))
    .orderBy(desc(maintenanceUpdates.id));

export async function replaceWords(
  tx: Tx,
  updateId: number,
  body: string,
  at: Date,
): Promise<void> {
  await tx
    .update(maintenanceUpdates)
    .set({ body, editedAt: at, updatedAt: at })
    .where(eq(maintenanceUpdates.id, updateId));
}

// Components

export interface ConcernedRow {
  id: number;
  publicId: string;
  name: string;
  /** What visitors see of it now. */
  effective: ComponentStatus;
  /** What it shows while the maintenance runs. */
  status: ComponentStatus;
  archivedAt: Date | null;
}

/** The components a maintenance is about, archived ones too, in the page's order. */
export const concernedBy = (reader: Reader, maintenanceId: number): Promise<ConcernedRow[]> =>
  reader
    .select({
      id: components.id,
      publicId: components.publicId,
      name: components.name,
      effective: components.status,
      status: maintenanceComponents.status,
      archivedAt: components.archivedAt,
    })
    .from(maintenanceComponents)
    .innerJoin(components, eq(components.id, maintenanceComponents.componentId))
    .where(eq(maintenanceComponents.maintenanceId, maintenanceId))
    .orderBy(asc(components.position), asc(components.id));

/** Components by public id, archived ones too, in the page's order. */
export const componentsNamed = async (reader: Reader, publicIds: string[]) =>
  publicIds.length === 0
    ? []
    : reader
        .select()
        .from(components)
        .where(inArray(components.publicId, publicIds))
        .orderBy(asc(components.position), asc(components.id));

export async function replaceComponents(
  tx: Tx,
  maintenanceId: number,
  statuses: ReadonlyMap<number, ComponentStatus>,
): Promise<void> {
  await tx
    .delete(maintenanceComponents)
    .where(eq(maintenanceComponents.maintenanceId, maintenanceId));
  const rows = [...statuses].map(([componentId, status]) => ({
    maintenanceId,
    componentId,
    status,
  }));
  if (rows.length > 0) await tx.insert(maintenanceComponents).values(rows);
}
