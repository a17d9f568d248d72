// Finding an incident or one of its updates by the id that people and URLs use.
import type { Reader } from '../db/tx.ts';
import type { Actor } from '../events/types.ts';
import { notFound } from '../shared/errors.ts';
import { incidentByPublicId, updateByPublicId } from './store.ts';
import type { IncidentRow, UpdateRow } from './types.ts';

export async function findIncident(reader: Reader, publicId: string): Promise<IncidentRow> {
  const incident = await incidentByPublicId(reader, publicId);
  if (!incident) throw notFound('incident');
  return incident;
}

export async function findUpdate(
  reader: Reader,
  incident: IncidentRow,
  publicId: string,
): Promise<UpdateRow> {
  const update = await updateByPublicId(reader, incident.id, publicId);
  if (!update) throw notFound('update');
  return update;
}

/** The account that acts; null for a token or the system, who hold no role and sign no words. */
export const accountOf = (actor: Actor): number | null =>
  actor.kind === 'account' ? actor.id : null;
