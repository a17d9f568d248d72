// Changing a maintenance without a new update: its details, its series, a word corrected.
import type { Kernel } from '../db/kernel.ts';
import type { Reader } from '../db/tx.ts';
import { append } from '../events/service.ts';
import type { Actor } from '../events/types.ts';
import { AppError } from '../shared/errors.ts';
import { changesOf } from './choices.ts';
import { conflict, findMaintenance, findUpdate } from './find.ts';
import {
  concernedBy,
  replaceComponents,
  replaceWords,
  saveMaintenance,
  scheduledOfSeries,
} from './store.ts';
import { settleReminders, showOnComponents } from './transition.ts';
import type { MaintenanceDetails, MaintenanceRow } from './types.ts';

/** Changes what it is called, whom it concerns and how it runs, without a word on the page. */
export async function changeMaintenance(
  kernel: Kernel,
  actor: Actor,
  publicId: string,
  version: number | undefined,
  details: MaintenanceDetails,
): Promise<void> {
  const seen = await seenNow(kernel.db.read, publicId);
  const { changes, components } = await changesOf(kernel, seen, details, undefined);
  await kernel.db.write(async (tx) => {
    const before = await findMaintenance(tx, publicId);
    if (version !== undefined && version !== before.version) throw conflict();
    const updatedAt = kernel.clock.now();
    const after = await saveMaintenance(tx, before, { ...changes, updatedAt });
    if (!after) throw conflict();
    if (components) {
      await replaceComponents(tx, after.id, components.byId);
      const concerned = (await concernedBy(tx, after.id)).filter((row) => !row.archivedAt);
      await showOnComponents(tx, kernel, actor, after, concerned);
    }
    if (changes.reminders) await settleReminders(tx, kernel, after);
    await append(tx, kernel.clock, actor, {
      ...about('maintenance.changed', after),
      data: {
        maintenance: after.publicId,
        before: described(before),
        after: described(after),
        ...(components && { components: components.told }),
      },
    });
  });
}

async function seenNow(reader: Reader, publicId: string) {
  const maintenance = await findMaintenance(reader, publicId);
  return { maintenance, concerned: await concernedBy(reader, maintenance.id) };
}

const described = (row: MaintenanceRow) => {
  const { title, autoStart, autoComplete, reminders, notifies, rrule } = row;
  return { title, autoStart, autoComplete, reminders, notifies, rrule };
};

/** Lets a series end with the occurrence that is announced already. */
export async function endSeries(kernel: Kernel, actor: Actor, publicId: string): Promise<void> {
  const { seriesId } = await findMaintenance(kernel.db.read, publicId);
  const ahead = seriesId === null ? [] : await scheduledOfSeries(kernel.db.read, seriesId);
  const newest = ahead.find((one) => one.rrule !== null);
  if (!newest) throw new AppError('conflict', 'It does not repeat any more.');
  await changeMaintenance(kernel, actor, newest.publicId, newest.version, { rule: null });
}

/** Replaces an update's words; what they were is in the record. Its id, state and time stay. */
export async function correctMaintenanceUpdate(
  kernel: Kernel,
  actor: Actor,
  publicId: string,
  updatePublicId: string,
  { body, seen }: { body: string; seen?: string | undefined },
): Promise<void> {
  await kernel.db.write(async (tx) => {
    const maintenance = await findMaintenance(tx, publicId);
    const update = await findUpdate(tx, maintenance, updatePublicId);
    if (seen !== undefined && seen !== update.body) {
      throw new AppError('conflict', 'Someone else corrected this update meanwhile.');
    }
    if (body === update.body) return;
    const at = kernel.clock.now();
    await replaceWords(tx, update.id, body, at);
    if (!(await saveMaintenance(tx, maintenance, { updatedAt: at }))) throw conflict();
    await append(tx, kernel.clock, actor, {
      ...about('maintenance.corrected', maintenance),
      data: {
        maintenance: maintenance.publicId,
        update: update.publicId,
        before: update.body,
        after: body,
      },
    });
  });
}

const about = (kind: string, { id }: MaintenanceRow) => ({
  kind,
  subject: 'maintenance',
  subjectId: id,
  isPublic: true,
});
