// SQL of an import: what is here already, under the ids that things had elsewhere.
import { and, asc, eq, gt, inArray, max } from 'drizzle-orm';
import {
  componentGroups,
  componentImpacts,
  components,
  incidentComponents,
  incidents,
  incidentUpdates,
  maintenanceComponents,
  maintenances,
  maintenanceUpdates,
  settings,
  subscriberComponents,
  subscribers,
} from '../db/schema.ts';
import type { Reader, Tx } from '../db/tx.ts';
import type { ComponentRow, GroupRow } from '../components/types.ts';
import type { IncidentRow, UpdateRow } from '../incidents/types.ts';
import type { ToldMaintenance, ToldUpdateRow } from '../maintenance/past-store.ts';

const chunk = 500;

async function inChunks<K, T>(keys: readonly K[], read: (some: K[]) => Promise<T[]>): Promise<T[]> {
  const rows: T[] = [];
  for (let i = 0; i < keys.length; i += chunk) rows.push(...(await read(keys.slice(i, i + chunk))));
  return rows;
}

/** Archived ones too. */
export const allGroups = (reader: Reader): Promise<GroupRow[]> =>
  reader.select().from(componentGroups).orderBy(asc(componentGroups.id));

/** Archived ones too. */
export const allComponents = (reader: Reader): Promise<ComponentRow[]> =>
  reader.select().from(components).orderBy(asc(components.id));

export async function anyIncident(reader: Reader): Promise<boolean> {
  return (await reader.select({ id: incidents.id }).from(incidents).limit(1)).length > 0;
}

/** Of these components those that something refers to. */
export async function referredTo(reader: Reader, ids: number[]): Promise<Set<number>> {
  const tables = [
    incidentComponents,
    maintenanceComponents,
    subscriberComponents,
    componentImpacts,
  ] as const;
  const found = new Set<number>();
  for (const table of tables) {
    const rows = await inChunks(ids, (some) =>
      reader
        .selectDistinct({ id: table.componentId })
        .from(table)
        .where(inArray(table.componentId, some)),
    );
    for (const row of rows) found.add(row.id);
  }
  return found;
}

export interface StoredIncident {
  row: IncidentRow;
  updates: UpdateRow[];
}

export async function incidentsNamed(
  reader: Reader,
  publicIds: readonly string[],
): Promise<Map<string, StoredIncident>> {
  const rows = await inChunks(publicIds, (some) =>
    reader.select().from(incidents).where(inArray(incidents.publicId, some)),
  );
  const updates = await inChunks(
    rows.map((row) => row.id),
    (some) =>
      reader.select().from(incidentUpdates).where(inArray(incidentUpdates.incidentId, some)),
  );
  return new Map(
    rows.map((row) => [
      row.publicId,
      { row, updates: updates.filter((update) => update.incidentId === row.id) },
    ]),
  );
}

export interface StoredMaintenance {
  row: ToldMaintenance;
  updates: ToldUpdateRow[];
}

export async function maintenancesNamed(
  reader: Reader,
  publicIds: readonly string[],
): Promise<Map<string, StoredMaintenance>> {
  const rows = await inChunks(publicIds, (some) =>
    reader.select().from(maintenances).where(inArray(maintenances.publicId, some)),
  );
  const updates = await inChunks(
    rows.map((row) => row.id),
    (some) =>
      reader
        .select()
        .from(maintenanceUpdates)
        .where(inArray(maintenanceUpdates.maintenanceId, some)),
  );
  return new Map(
    rows.map((row) => [
      row.publicId,
      { row, updates: updates.filter((update) => update.maintenanceId === row.id) },
    ]),
  );
}

/** Saves without a new version: a version that moved tells that somebody changed it here. */
export async function followGroup(tx: Tx, id: number, changes: Partial<GroupRow>): Promise<void> {
  await tx.update(componentGroups).set(changes).where(eq(componentGroups.id, id));
}

/** Saves without a new version: a version that moved tells that somebody changed it here. */
export async function followComponent(
  tx: Tx,
  id: number,
  changes: Partial<ComponentRow>,
): Promise<void> {
  await tx.update(components).set(changes).where(eq(components.id, id));
}

/** Gives the page the id it had elsewhere, so that tools which know it go on working. */
export async function takePageId(tx: Tx, pageId: string, at: Date): Promise<void> {
  const [row] = await tx.select().from(settings).where(eq(settings.name, 'page'));
  const value = { ...(row?.value as Record<string, unknown>), pageId };
  await tx.update(settings).set({ value, updatedAt: at }).where(eq(settings.name, 'page'));
}

// Subscribers

/** Of these addresses (by key) those that are here already, in whatever state. */
export async function knownAddresses(
  reader: Reader,
  keys: readonly string[],
): Promise<Set<string>> {
  const rows = await inChunks(keys, (some) =>
    reader
      .select({ key: subscribers.emailKey })
      .from(subscribers)
      .where(inArray(subscribers.emailKey, some)),
  );
  return new Set(rows.map((row) => row.key));
}

export async function lastSubscriberId(reader: Reader): Promise<number> {
  const [row] = await reader.select({ id: max(subscribers.id) }).from(subscribers);
  return row?.id ?? 0;
}

/** Notes for those who came after `after` under one event where their consent was given. */
export async function noteConsent(
  tx: Tx,
  { after, seq }: { after: number; seq: number },
  consent: { ip: string; userAgent: string; at: string; text: string },
): Promise<void> {
  await tx
    .update(subscribers)
    .set({ consent })
    .where(and(gt(subscribers.id, after), eq(subscribers.confirmedSeq, seq)));
}
