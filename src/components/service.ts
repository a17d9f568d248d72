// What people do to components, and what incidents do to their status. Nothing is ever deleted, only archived.
import type { Kernel } from '../db/kernel.ts';
import type { Tx } from '../db/tx.ts';
import { append } from '../events/service.ts';
import { type Actor, systemActor } from '../events/types.ts';
import type { ComponentStatus } from '../shared/words.ts';
import { findComponent, groupNamed, saved, seen } from './read.ts';
import { recomputeStatus, startShowing, stopShowing } from './status.ts';
import { anyComponent, insertComponent, lastPosition, saveComponent } from './store.ts';
import type { ComponentForm, ComponentRow } from './types.ts';

export { archiveGroup, changeGroup, createGroup, reorder } from './groups.ts';
export { findComponent, findGroup, listComponents } from './read.ts';
export { applyImpacts } from './status.ts';

export const createComponent = (
  kernel: Kernel,
  actor: Actor,
  form: ComponentForm,
): Promise<ComponentRow> => kernel.db.write((tx) => create(tx, kernel, actor, form));

/** Saves what is given over version `version`. A component that changes groups goes last in the new one. */
export async function changeComponent(
  kernel: Kernel,
  actor: Actor,
  publicId: string,
  version: number,
  { groupId: groupPublicId, ...form }: Partial<ComponentForm>,
): Promise<ComponentRow> {
  return kernel.db.write(async (tx) => {
    const before = seen(await findComponent(tx, publicId), version);
    const moved: Partial<ComponentRow> = {};
    if (groupPublicId !== undefined) {
      const groupId = await groupNamed(tx, groupPublicId);
      if (groupId !== before.groupId) {
        Object.assign(moved, { groupId, position: (await lastPosition(tx, groupId)) + 1 });
      }
    }
    const updatedAt = kernel.clock.now();
    const after = saved(await saveComponent(tx, before, { ...form, ...moved, updatedAt }));
    await append(tx, kernel.clock, actor, {
      kind: 'component.changed',
      subject: 'component',
      subjectId: after.id,
      isPublic: true,
      data: { before: described(before), after: described(after) },
    });
    return after;
  });
}

/** Takes a component off the page for good; what it was part of keeps it. */
export async function archiveComponent(
  kernel: Kernel,
  actor: Actor,
  publicId: string,
  version: number,
): Promise<void> {
  await kernel.db.write(async (tx) => {
    const before = seen(await findComponent(tx, publicId), version);
    const now = kernel.clock.now();
    saved(await saveComponent(tx, before, { archivedAt: now, updatedAt: now }));
    await stopShowing(tx, before.id, now);
    await append(tx, kernel.clock, actor, {
      kind: 'component.archived',
      subject: 'component',
      subjectId: before.id,
      isPublic: true,
      data: { name: before.name },
    });
  });
}

/** Sets the status a component has when no incident says worse. */
export async function setBaseline(
  kernel: Kernel,
  actor: Actor,
  publicId: string,
  version: number,
  baseline: ComponentStatus,
): Promise<ComponentRow> {
  return kernel.db.write(async (tx) => {
    const before = seen(await findComponent(tx, publicId), version);
    const after = saved(await saveComponent(tx, before, { baseline }));
    await append(tx, kernel.clock, actor, {
      kind: 'component.baseline_set',
      subject: 'component',
      subjectId: before.id,
      data: { before: before.baseline, after: baseline },
    });
    // Behind a worse incident nobody sees the new baseline yet: only a changed status is public.
    await recomputeStatus(tx, kernel, actor, after);
    return findComponent(tx, publicId);
  });
}

/** What a new page starts with, unless there ever was a component. */
export async function ensureDefaultComponents(tx: Tx, kernel: Kernel): Promise<void> {
  if (await anyComponent(tx)) return;
  for (const name of ['API', 'Web app', 'Payments']) {
    await create(tx, kernel, systemActor, {
      name,
      description: '',
      groupId: null,
      showcase: true,
      onlyShowIfDegraded: false,
      startDate: null,
    });
  }
}

async function create(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  { groupId: groupPublicId, ...form }: ComponentForm,
): Promise<ComponentRow> {
  const now = kernel.clock.now();
  const groupId = await groupNamed(tx, groupPublicId);
  const component = await insertComponent(tx, {
    ...form,
    groupId,
    publicId: kernel.ids.publicId(),
    position: (await lastPosition(tx, groupId)) + 1,
    baseline: 'operational',
    status: 'operational',
    archivedAt: null,
    createdAt: now,
    updatedAt: now,
    version: 1,
  });
  await startShowing(tx, component, now);
  await append(tx, kernel.clock, actor, {
    kind: 'component.created',
    subject: 'component',
    subjectId: component.id,
    isPublic: true,
    data: described(component),
  });
  return component;
}

const described = ({ name, description, groupId, position }: ComponentRow) => ({
  name,
  description,
  groupId,
  position,
});
