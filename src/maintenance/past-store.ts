// SQL of maintenance that was announced and held elsewhere.
import { asc, eq } from 'drizzle-orm';
import { maintenanceComponents, maintenances, maintenanceUpdates } from '../db/schema.ts';
import type { Reader, Tx } from '../db/tx.ts';
import type { ComponentStatus } from '../shared/words.ts';

export type ToldMaintenance = typeof maintenances.$inferSelect;
export type ToldUpdateRow = typeof maintenanceUpdates.$inferSelect;

export async function insertTold(
  tx: Tx,
  row: typeof maintenances.$inferInsert,
): Promise<ToldMaintenance> {
  const [made] = await tx.insert(maintenances).values(row).returning();
  if (!made) throw new Error('The maintenance was not stored.');
  return made;
}

/** Saves without a new version: a version that moved tells that somebody changed it here. */
export async function saveTold(
  tx: Tx,
  id: number,
  changes: Partial<ToldMaintenance>,
): Promise<void> {
  await tx.update(maintenances).set(changes).where(eq(maintenances.id, id));
}

/** In the order they came. */
export const toldUpdates = (reader: Reader, maintenanceId: number): Promise<ToldUpdateRow[]> =>
  reader
    .select()
    .from(maintenanceUpdates)
    .where(eq(maintenanceUpdates.maintenanceId, maintenanceId))
    .orderBy(asc(maintenanceUpdates.id));

export async function insertToldUpdate(
  tx: Tx,
  row: typeof maintenanceUpdates.$inferInsert,
): Promise<void> {
  await tx.insert(maintenanceUpdates).values(row);
}

export async function saveToldUpdate(
  tx: Tx,
  id: number,
  changes: Partial<ToldUpdateRow>,
): Promise<void> {
  await tx.update(maintenanceUpdates).set(changes).where(eq(maintenanceUpdates.id, id));
}

export async function replaceToldComponents(
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
