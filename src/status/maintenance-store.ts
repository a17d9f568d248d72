// SQL of scheduled maintenance as the public sees it. All of it is public; every select names its columns.
import { and, asc, desc, eq, gte, inArray, isNull, lt } from 'drizzle-orm';
import {
  components,
  maintenanceComponents,
  maintenances,
  maintenanceUpdates,
} from '../db/schema.ts';
import type { Reader } from '../db/tx.ts';
import type { MaintenanceState } from '../shared/words.ts';
import { inChunks } from './store.ts';

const maintenanceColumns = {
  id: maintenances.id,
  publicId: maintenances.publicId,
  title: maintenances.title,
  state: maintenances.state,
  scheduledFor: maintenances.scheduledFor,
  scheduledUntil: maintenances.scheduledUntil,
  autoStart: maintenances.autoStart,
  autoComplete: maintenances.autoComplete,
  startedAt: maintenances.startedAt,
  completedAt: maintenances.completedAt,
  createdAt: maintenances.createdAt,
  updatedAt: maintenances.updatedAt,
};

export const aheadStates: MaintenanceState[] = ['scheduled', 'in_progress', 'verifying'];
const overStates: MaintenanceState[] = ['completed', 'cancelled'];

const newestFirst = [desc(maintenances.createdAt), desc(maintenances.publicId)];

/** The newest by creation. */
export const newestMaintenances = (reader: Reader, count: number) =>
  reader
    .select(maintenanceColumns)
    .from(maintenances)
    .orderBy(...newestFirst)
    .limit(count);

export type MaintenanceRow = Awaited<ReturnType<typeof newestMaintenances>>[number];

/** Those that are not over, the soonest first. */
export const aheadMaintenances = (reader: Reader, count: number): Promise<MaintenanceRow[]> =>
  reader
    .select(maintenanceColumns)
    .from(maintenances)
    .where(inArray(maintenances.state, aheadStates))
    .orderBy(asc(maintenances.scheduledFor), asc(maintenances.publicId))
    .limit(count);

/** Those that are over and were planned for `from` or later and before `to`, newest start first. */
export const maintenancesBetween = (
  reader: Reader,
  from: Date,
  to: Date,
  count: number,
): Promise<MaintenanceRow[]> =>
  reader
    .select(maintenanceColumns)
    .from(maintenances)
    .where(
      and(
        inArray(maintenances.state, overStates),
        gte(maintenances.scheduledFor, from),
        lt(maintenances.scheduledFor, to),
      ),
    )
    .orderBy(desc(maintenances.scheduledFor), desc(maintenances.publicId))
    .limit(count);

export const maintenanceByPublicId = (
  reader: Reader,
  publicId: string,
): Promise<MaintenanceRow[]> =>
  reader.select(maintenanceColumns).from(maintenances).where(eq(maintenances.publicId, publicId));

/** When those that are over were planned for. */
export async function maintenanceStarts(reader: Reader): Promise<number[]> {
  const rows = await reader
    .select({ at: maintenances.scheduledFor })
    .from(maintenances)
    .where(inArray(maintenances.state, overStates));
  return rows.map((row) => row.at.getTime());
}

/** What was said of maintenances, newest first. */
export const maintenanceWords = (reader: Reader, ids: number[]) =>
  inChunks(ids, (some) =>
    reader
      .select({
        maintenanceId: maintenanceUpdates.maintenanceId,
        publicId: maintenanceUpdates.publicId,
        state: maintenanceUpdates.state,
        body: maintenanceUpdates.body,
        affected: maintenanceUpdates.affected,
        deliverNotifications: maintenanceUpdates.deliverNotifications,
        displayAt: maintenanceUpdates.displayAt,
        createdAt: maintenanceUpdates.createdAt,
        updatedAt: maintenanceUpdates.updatedAt,
        editedAt: maintenanceUpdates.editedAt,
      })
      .from(maintenanceUpdates)
      .where(inArray(maintenanceUpdates.maintenanceId, some))
      .orderBy(desc(maintenanceUpdates.createdAt), desc(maintenanceUpdates.id)),
  );

export type MaintenanceUpdateRow = Awaited<ReturnType<typeof maintenanceWords>>[number];

/** The components that maintenances are about, as far as they are on the page. */
export const maintainedComponents = (reader: Reader, ids: number[]) =>
  inChunks(ids, (some) =>
    reader
      .select({
        maintenanceId: maintenanceComponents.maintenanceId,
        publicId: components.publicId,
        status: maintenanceComponents.status,
      })
      .from(maintenanceComponents)
      .innerJoin(components, eq(components.id, maintenanceComponents.componentId))
      .where(and(inArray(maintenanceComponents.maintenanceId, some), isNull(components.archivedAt)))
      .orderBy(asc(components.position), asc(components.id)),
  );

export type MaintainedRow = Awaited<ReturnType<typeof maintainedComponents>>[number];
