// SQL of rewriting a stretch of a component's record.
import { and, asc, eq, gt, gte, inArray, isNull, lte, min, or } from 'drizzle-orm';
import { components, statusIntervals } from '../db/schema.ts';
import type { Reader, Tx } from '../db/tx.ts';
import type { ComponentStatus } from '../shared/words.ts';
import type { Interval } from './intervals.ts';

/** When a component's record begins; undefined while it has none. */
export async function beginningOf(reader: Reader, componentId: number): Promise<Date | undefined> {
  const [row] = await reader
    .select({ at: min(statusIntervals.startedAt) })
    .from(statusIntervals)
    .where(eq(statusIntervals.componentId, componentId));
  return row?.at ?? undefined;
}

/** The pieces of the record that share a moment with, or border on, a stretch of time; oldest first. */
export const intervalsTouching = (reader: Reader, componentId: number, from: Date, to: Date) =>
  reader
    .select()
    .from(statusIntervals)
    .where(
      and(
        eq(statusIntervals.componentId, componentId),
        lte(statusIntervals.startedAt, to),
        or(isNull(statusIntervals.endedAt), gte(statusIntervals.endedAt, from)),
      ),
    )
    .orderBy(asc(statusIntervals.startedAt), asc(statusIntervals.id));

export async function dropIntervals(tx: Tx, ids: number[]): Promise<void> {
  for (let i = 0; i < ids.length; i += 500) {
    await tx.delete(statusIntervals).where(inArray(statusIntervals.id, ids.slice(i, i + 500)));
  }
}

export async function insertIntervals(
  tx: Tx,
  componentId: number,
  record: readonly Interval[],
): Promise<void> {
  const rows = record.map(({ status, startedAt, endedAt }) => ({
    componentId,
    status,
    startedAt,
    endedAt,
  }));
  for (let i = 0; i < rows.length; i += 500) {
    await tx.insert(statusIntervals).values(rows.slice(i, i + 500));
  }
}

/** Lets a component be as old as its record, if it is younger. */
export async function moveCreation(tx: Tx, componentId: number, since: Date): Promise<void> {
  await tx
    .update(components)
    .set({ createdAt: since })
    .where(and(eq(components.id, componentId), gt(components.createdAt, since)));
}

/** What a component showed at a moment; undefined where the record does not reach. */
export async function statusAt(
  reader: Reader,
  componentId: number,
  at: Date,
): Promise<ComponentStatus | undefined> {
  const [row] = await reader
    .select({ status: statusIntervals.status })
    .from(statusIntervals)
    .where(
      and(
        eq(statusIntervals.componentId, componentId),
        lte(statusIntervals.startedAt, at),
        or(isNull(statusIntervals.endedAt), gt(statusIntervals.endedAt, at)),
      ),
    );
  return row?.status;
}

/** Row ids by public id, archived components too. */
export async function componentIdsNamed(
  reader: Reader,
  publicIds: readonly string[],
): Promise<Map<string, number>> {
  const ids = new Map<string, number>();
  for (let i = 0; i < publicIds.length; i += 500) {
    const rows = await reader
      .select({ id: components.id, publicId: components.publicId })
      .from(components)
      .where(inArray(components.publicId, publicIds.slice(i, i + 500)));
    for (const row of rows) ids.set(row.publicId, row.id);
  }
  return ids;
}
