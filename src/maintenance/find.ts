// Finding a maintenance or one of its updates by the id that people and URLs use, and what stops an edit.
import type { Reader } from '../db/tx.ts';
import type { Actor } from '../events/types.ts';
import { AppError, notFound } from '../shared/errors.ts';
import { maintenanceByPublicId, updateByPublicId } from './store.ts';
import type { MaintenanceRow, MaintenanceUpdateRow } from './types.ts';

export async function findMaintenance(reader: Reader, publicId: string): Promise<MaintenanceRow> {
  const maintenance = await maintenanceByPublicId(reader, publicId);
  if (!maintenance) throw notFound('maintenance');
  return maintenance;
}

export async function findUpdate(
  reader: Reader,
  maintenance: MaintenanceRow,
  publicId: string,
): Promise<MaintenanceUpdateRow> {
  const update = await updateByPublicId(reader, maintenance.id, publicId);
  if (!update) throw notFound('update');
  return update;
}

/** The account that acts; null for a token or the system, who sign no words. */
export const accountOf = (actor: Actor): number | null =>
  actor.kind === 'account' ? actor.id : null;

export const conflict = () =>
  new AppError(
    'conflict',
    'Someone else changed this maintenance meanwhile. Yours is not saved: please look at both.',
  );

/** Thrown when it changed between composing its mail and writing, so that the mail would be wrong. */
export class Overtaken extends AppError {
  constructor() {
    super('conflict', 'Someone else changed this maintenance meanwhile. Please try again.');
  }
}
