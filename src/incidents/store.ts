// SQL of incidents, their updates and what these say of components.
import { and, asc, count, desc, eq, inArray, sql } from 'drizzle-orm';
import {
  components,
  incidentComponents,
  incidents,
  incidentUpdates,
  updateRevisions,
} from '../db/schema.ts';
import { builtOnce } from '../db/statements.ts';
import type { Reader, Tx } from '../db/tx.ts';
import type { ComponentStatus } from '../shared/words.ts';
import type { Said } from './rules.ts';
import type { IncidentRow, UpdateRow } from './types.ts';

// Incidents

const byPublicId = builtOnce((reader: Reader) =>
  reader
    .select()
    .from(incidents)
    .where(eq(incidents.publicId, sql.placeholder('publicId')))
    .prepare(),
);

export async function incidentByPublicId(
  reader: Reader,
  publicId: string,
): Promise<IncidentRow | undefined> {
  return byPublicId(reader).get({ publicId });
}

const byId = builtOnce((reader: Reader) =>
  reader
    .select()
    .from(incidents)
    .where(eq(incidents.id, sql.placeholder('id')))
    .prepare(),
);

export async function incidentById(reader: Reader, id: number): Promise<IncidentRow> {
  const row = byId(reader).get({ id });
  if (!row) throw new Error(`Incident ${id} is gone, and incidents are never deleted.`);
  return row;
}

export async function insertIncident(
  tx: Tx,
  row: typeof incidents.$inferInsert,
): Promise<IncidentRow> {
  const [made] = await tx.insert(incidents).values(row).returning();
  if (!made) throw new Error('The incident was not stored.');
  return made;
}

/** Saves over `before.version`; undefined when someone else saved first. */
export async function saveIncident(
  tx: Tx,
  before: IncidentRow,
  changes: Partial<IncidentRow>,
): Promise<IncidentRow | undefined> {
  const [saved] = await tx
    .update(incidents)
    .set({ ...changes, version: before.version + 1 })
    .where(and(eq(incidents.id, before.id), eq(incidents.version, before.version)))
    .returning();
  return saved;
}

/** Only the holder changes: nobody's words can be lost by it, so the version stays. */
export async function saveCommsLead(tx: Tx, incidentId: number, accountId: number): Promise<void> {
  await tx.update(incidents).set({ commsLeadId: accountId }).where(eq(incidents.id, incidentId));
}

// Updates

export async function insertUpdate(
  tx: Tx,
  row: typeof incidentUpdates.$inferInsert,
): Promise<UpdateRow> {
  const [made] = await tx.insert(incidentUpdates).values(row).returning();
  if (!made) throw new Error('The update was not stored.');
  return made;
}

const anUpdate = builtOnce((reader: Reader) =>
  reader
    .select()
    .from(incidentUpdates)
    .where(eq(incidentUpdates.id, sql.placeholder('id')))
    .prepare(),
);

export async function updateById(reader: Reader, id: number): Promise<UpdateRow> {
  const row = anUpdate(reader).get({ id });
  if (!row) throw new Error(`Update ${id} is gone, and updates are never deleted.`);
  return row;
}

export async function updateByPublicId(
  reader: Reader,
  incidentId: number,
  publicId: string,
): Promise<UpdateRow | undefined> {
  const { incidentId: owner, publicId: id } = incidentUpdates;
  const [row] = await reader
    .select()
    .from(incidentUpdates)
    .where(and(eq(owner, incidentId), eq(id, publicId)));
  return row;
}

const saidQuery = builtOnce((reader: Reader) =>
  reader
    .select({
      state: incidentUpdates.state,
      affected: incidentUpdates.affected,
      nextUpdateBy: incidentUpdates.nextUpdateBy,
      displayAt: incidentUpdates.displayAt,
      isPublic: incidentUpdates.isPublic,
    })
    .from(incidentUpdates)
    .where(eq(incidentUpdates.incidentId, sql.placeholder('incidentId')))
    .orderBy(asc(incidentUpdates.id))
    .prepare(),
);

/** What derivation needs of an incident's updates, as they came: a clock set back changes nothing. */
export const saidOf = async (reader: Reader, incidentId: number): Promise<Said[]> =>
  saidQuery(reader).all({ incidentId });

export const updatesOf = (reader: Reader, incidentId: number): Promise<UpdateRow[]> =>
  reader
    .select()
    .from(incidentUpdates)
    .where(eq(incidentUpdates.incidentId, incidentId))
    .orderBy(desc(incidentUpdates.id));

export async function hideUpdates(tx: Tx, incidentId: number): Promise<void> {
  await tx
    .update(incidentUpdates)
    .set({ isPublic: false })
    .where(eq(incidentUpdates.incidentId, incidentId));
}

/** Replaces the words of an update, keeping what they were. */
export async function replaceWords(
  tx: Tx,
  update: UpdateRow,
  body: string,
  at: Date,
  accountId: number | null,
): Promise<void> {
  const before = { updateId: update.id, body: update.body, replacedAt: at, replacedBy: accountId };
  await tx.insert(updateRevisions).values(before);
  await tx
    .update(incidentUpdates)
    .set({ body, editedAt: at, updatedAt: at })
    .where(eq(incidentUpdates.id, update.id));
}

export async function countRevisions(reader: Reader, updateId: number): Promise<number> {
  const [row] = await reader
    .select({ n: count() })
    .from(updateRevisions)
    .where(eq(updateRevisions.updateId, updateId));
  return row?.n ?? 0;
}

// Components

export interface AffectedRow {
  id: number;
  publicId: string;
  name: string;
  /** What visitors see of it. */
  effective: ComponentStatus;
  baseline: ComponentStatus;
  /** What the incident gives it. */
  status: ComponentStatus;
  archivedAt: Date | null;
}

const affectedQuery = builtOnce((reader: Reader) =>
  reader
    .select({
      id: components.id,
      publicId: components.publicId,
      name: components.name,
      effective: components.status,
      baseline: components.baseline,
      status: incidentComponents.status,
      archivedAt: components.archivedAt,
    })
    .from(incidentComponents)
    .innerJoin(components, eq(components.id, incidentComponents.componentId))
    .where(eq(incidentComponents.incidentId, sql.placeholder('incidentId')))
    .orderBy(asc(components.position), asc(components.id))
    .prepare(),
);

/** The components an incident affects, archived ones too, in the page's order. */
export const affectedBy = async (reader: Reader, incidentId: number): Promise<AffectedRow[]> =>
  affectedQuery(reader).all({ incidentId });

/** Components by public id, archived ones too, in the page's order. */
export const componentsNamed = async (reader: Reader, publicIds: string[]) =>
  publicIds.length === 0
    ? []
    : reader
        .select()
        .from(components)
        .where(inArray(components.publicId, publicIds))
        .orderBy(asc(components.position), asc(components.id));

export async function replaceStatuses(
  tx: Tx,
  incidentId: number,
  statuses: ReadonlyMap<number, ComponentStatus>,
): Promise<void> {
  await tx.delete(incidentComponents).where(eq(incidentComponents.incidentId, incidentId));
  const rows = [...statuses].map(([componentId, status]) => ({ incidentId, componentId, status }));
  if (rows.length > 0) await tx.insert(incidentComponents).values(rows);
}
