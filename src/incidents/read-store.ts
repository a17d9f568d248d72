// SQL of what people inside see of incidents.
import { and, asc, count, desc, eq, inArray, lt, ne, or, type SQL, sql } from 'drizzle-orm';
import {
  accounts,
  components,
  incidentComponents,
  incidents,
  updateRevisions,
} from '../db/schema.ts';
import type { Reader } from '../db/tx.ts';
import type { ComponentStatus } from '../shared/words.ts';
import type { IncidentRow } from './types.ts';

/** Not resolved; who owes a word soonest comes first, private incidents last. */
export const openRows = (reader: Reader): Promise<IncidentRow[]> =>
  reader
    .select()
    .from(incidents)
    .where(ne(incidents.state, 'resolved'))
    .orderBy(sql`${incidents.nextDueAt} is null`, asc(incidents.nextDueAt), desc(incidents.id));

/** Newest first, those older than the incident `before`. */
export const newestRows = async (
  reader: Reader,
  { before, limit }: { before?: number | undefined; limit: number },
): Promise<IncidentRow[]> =>
  reader
    .select()
    .from(incidents)
    .where(before === undefined ? undefined : await olderThan(reader, before))
    .orderBy(desc(incidents.createdAt), desc(incidents.id))
    .limit(limit);

async function olderThan(reader: Reader, id: number): Promise<SQL | undefined> {
  const [last] = await reader
    .select({ createdAt: incidents.createdAt })
    .from(incidents)
    .where(eq(incidents.id, id));
  if (!last) return sql`false`;
  const { createdAt } = last;
  return or(
    lt(incidents.createdAt, createdAt),
    and(eq(incidents.createdAt, createdAt), lt(incidents.id, id)),
  );
}

export interface AffectedNow {
  id: number;
  publicId: string;
  name: string;
  /** What this incident gives the component. */
  status: ComponentStatus;
}

export async function affectedByIncident(
  reader: Reader,
  incidentIds: number[],
): Promise<Map<number, AffectedNow[]>> {
  const rows = await reader
    .select({
      incidentId: incidentComponents.incidentId,
      id: components.id,
      publicId: components.publicId,
      name: components.name,
      status: incidentComponents.status,
    })
    .from(incidentComponents)
    .innerJoin(components, eq(components.id, incidentComponents.componentId))
    .where(inArray(incidentComponents.incidentId, incidentIds))
    .orderBy(asc(components.position), asc(components.id));
  const byIncident = new Map<number, AffectedNow[]>();
  for (const { incidentId, ...component } of rows) {
    byIncident.set(incidentId, [...(byIncident.get(incidentId) ?? []), component]);
  }
  return byIncident;
}

export async function countCorrections(
  reader: Reader,
  updateIds: number[],
): Promise<Map<number, number>> {
  const rows = await reader
    .select({ updateId: updateRevisions.updateId, n: count() })
    .from(updateRevisions)
    .where(inArray(updateRevisions.updateId, updateIds))
    .groupBy(updateRevisions.updateId);
  return new Map(rows.map((row) => [row.updateId, row.n]));
}

export const revisionsOf = (reader: Reader, updateId: number) =>
  reader
    .select()
    .from(updateRevisions)
    .where(eq(updateRevisions.updateId, updateId))
    .orderBy(asc(updateRevisions.id));

export async function accountNames(reader: Reader, ids: number[]): Promise<Map<number, string>> {
  const rows = await reader
    .select({ id: accounts.id, name: accounts.name })
    .from(accounts)
    .where(inArray(accounts.id, ids));
  return new Map(rows.map((row) => [row.id, row.name]));
}
