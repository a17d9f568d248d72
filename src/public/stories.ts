// Incidents and maintenances of any age by their public id, as JSON; the newest come from the snapshot.
import type { Reader } from '../db/tx.ts';
import { publicIdPattern } from '../shared/ids.ts';
import { readPublicIncident, readPublicMaintenance } from '../status/service.ts';
import type { PublicIncident, PublicMaintenance, PublicSnapshot } from '../status/types.ts';
import type { Document } from './types.ts';
import { incidentDocument, told } from './v2.ts';

/** The incident of this id, or undefined; a misshapen id asks no database. */
export async function findIncident(
  reader: Reader,
  snapshot: PublicSnapshot,
  id: string,
): Promise<PublicIncident | undefined> {
  if (!publicIdPattern.test(id)) return undefined;
  const recent = snapshot.recentIncidents.find((one) => one.id === id);
  return recent ?? readPublicIncident(reader, id);
}

/** The maintenance of this id, whatever became of it, or undefined. */
export async function findMaintenance(
  reader: Reader,
  snapshot: PublicSnapshot,
  id: string,
): Promise<PublicMaintenance | undefined> {
  if (!publicIdPattern.test(id)) return undefined;
  const recent = snapshot.recentMaintenances.find((one) => one.id === id);
  return recent ?? readPublicMaintenance(reader, id);
}

/** `/incidents/ID.json`, of incidents and of maintenances that were not called off. */
export async function storyJson(
  reader: Reader,
  snapshot: PublicSnapshot,
  id: string,
): Promise<Document | undefined> {
  const incident = await findIncident(reader, snapshot, id);
  if (incident) return incidentDocument(snapshot, incident);
  const maintenance = await findMaintenance(reader, snapshot, id);
  const [known] = maintenance ? told([maintenance]) : [];
  return known && incidentDocument(snapshot, known);
}
