// SQL of telling the past again: rows that were brought along follow where they came from.
import { asc, eq } from 'drizzle-orm';
import { incidents, incidentUpdates } from '../db/schema.ts';
import type { Reader, Tx } from '../db/tx.ts';
import type { IncidentRow, UpdateRow } from './types.ts';

/** Saves without a new version: a version that moved tells that somebody changed it here. */
export async function saveTold(
  tx: Tx,
  incidentId: number,
  changes: Partial<IncidentRow>,
): Promise<void> {
  await tx.update(incidents).set(changes).where(eq(incidents.id, incidentId));
}

/** In the order they came. */
export const updatesInOrder = (reader: Reader, incidentId: number): Promise<UpdateRow[]> =>
  reader
    .select()
    .from(incidentUpdates)
    .where(eq(incidentUpdates.incidentId, incidentId))
    .orderBy(asc(incidentUpdates.id));

export async function saveToldUpdate(
  tx: Tx,
  updateId: number,
  changes: Partial<UpdateRow>,
): Promise<void> {
  await tx.update(incidentUpdates).set(changes).where(eq(incidentUpdates.id, updateId));
}
