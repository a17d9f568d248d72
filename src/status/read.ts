// From rows to the public shapes, with their words and components: for the snapshot and for the past.
import { isDeepStrictEqual } from 'node:util';
import type { Reader } from '../db/tx.ts';
import { byKey, toIncident, toMaintenance } from './arrange.ts';
import {
  maintainedComponents,
  type MaintenanceRow,
  maintenanceWords,
} from './maintenance-store.ts';
import type { Memory } from './memory.ts';
import {
  affectedComponents,
  type IncidentRow,
  publicChanges,
  publicUpdates,
} from './incident-store.ts';
import type { PublicIncident, PublicMaintenance } from './types.ts';

/** The incidents of these rows, in their order. */
export async function withWords(reader: Reader, rows: IncidentRow[]): Promise<PublicIncident[]> {
  const ids = rows.map((row) => row.id);
  const updates = byKey(await publicUpdates(reader, ids), (row) => row.incidentId);
  const affected = byKey(await affectedComponents(reader, ids), (row) => row.incidentId);
  const changes = new Map(
    (await publicChanges(reader, ids)).map((row) => [row.incidentId, row.at ?? undefined]),
  );
  return rows.map((row) =>
    toIncident(row, updates.get(row.id) ?? [], affected.get(row.id) ?? [], changes.get(row.id)),
  );
}

/** The same, as far as possible from memory: what did not change is the very object it was before. */
export async function recalledWords(
  reader: Reader,
  rows: IncidentRow[],
  memory: Memory,
): Promise<PublicIncident[]> {
  const known = rows.map((row) => memory.incidents.get(row.id));
  const missing = rows.filter((row, i) => !isDeepStrictEqual(known[i]?.row, row));
  const made = await withWords(reader, missing);
  const fresh = new Map(missing.map((row, i) => [row.id, made[i]]));
  const all = rows.flatMap((row, i) => fresh.get(row.id) ?? known[i]?.made ?? []);
  memory.incidents = new Map(
    rows.flatMap((row, i) => {
      const incident = all[i];
      return incident ? [[row.id, { row, made: incident }]] : [];
    }),
  );
  return all;
}

/** The maintenances of these rows, in their order. */
export async function toMaintenances(
  reader: Reader,
  rows: MaintenanceRow[],
): Promise<PublicMaintenance[]> {
  const ids = rows.map((row) => row.id);
  const updates = byKey(await maintenanceWords(reader, ids), (row) => row.maintenanceId);
  const components = byKey(await maintainedComponents(reader, ids), (row) => row.maintenanceId);
  return rows.map((row) =>
    toMaintenance(row, updates.get(row.id) ?? [], components.get(row.id) ?? []),
  );
}
