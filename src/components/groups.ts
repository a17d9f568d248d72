// Groups, and the order in which groups and components stand on the page.
import type { Kernel } from '../db/kernel.ts';
import type { Tx } from '../db/tx.ts';
import { append } from '../events/service.ts';
import type { Actor } from '../events/types.ts';
import { invalid } from '../shared/errors.ts';
import { findGroup, groupNamed, listComponents, saved, seen } from './read.ts';
import {
  insertGroup,
  lastPosition,
  liveComponents,
  moveComponent,
  moveGroup,
  saveComponent,
  saveGroup,
} from './store.ts';
import type { GroupForm, GroupRow } from './types.ts';

/** Makes a group at the end of the page, of `members` (public ids, in their order) where they are given. */
export async function createGroup(
  kernel: Kernel,
  actor: Actor,
  form: GroupForm,
  members: readonly string[] = [],
): Promise<GroupRow> {
  return kernel.db.write(async (tx) => {
    const now = kernel.clock.now();
    const group = await insertGroup(tx, {
      ...form,
      publicId: kernel.ids.publicId(),
      position: (await lastPosition(tx, null)) + 1,
      archivedAt: null,
      createdAt: now,
      updatedAt: now,
      version: 1,
    });
    const names = await setMembers(tx, group, members, now);
    await append(tx, kernel.clock, actor, {
      kind: 'group.created',
      subject: 'component_group',
      subjectId: group.id,
      isPublic: true,
      data: { name: group.name, ...(members.length > 0 && { members: names }) },
    });
    return group;
  });
}

/** Saves what is given over version `version`; `members` are then all that it has, in their order. */
export async function changeGroup(
  kernel: Kernel,
  actor: Actor,
  publicId: string,
  version: number,
  form: Partial<GroupForm>,
  members?: readonly string[],
): Promise<GroupRow> {
  return kernel.db.write(async (tx) => {
    const before = seen(await findGroup(tx, publicId), version);
    const now = kernel.clock.now();
    const after = saved(await saveGroup(tx, before, { ...form, updatedAt: now }));
    const names = members && (await setMembers(tx, after, members, now));
    await append(tx, kernel.clock, actor, {
      kind: 'group.changed',
      subject: 'component_group',
      subjectId: after.id,
      isPublic: true,
      data: {
        before: { name: before.name },
        after: { name: after.name, ...(names && { members: names }) },
      },
    });
    return after;
  });
}

/** Makes exactly these the group's components; who leaves it goes to the end of the page. Answers their names. */
async function setMembers(
  tx: Tx,
  group: GroupRow,
  members: readonly string[],
  updatedAt: Date,
): Promise<string[]> {
  const components = await liveComponents(tx);
  const wanted = [...new Set(members)].map((publicId) => {
    const found = components.find((component) => component.publicId === publicId);
    if (!found) throw invalid('components', `There is no component ${publicId}.`);
    return found;
  });
  for (const component of components) {
    if (component.groupId !== group.id || wanted.includes(component)) continue;
    const position = (await lastPosition(tx, null)) + 1;
    saved(await saveComponent(tx, component, { groupId: null, position, updatedAt }));
  }
  for (const [index, component] of wanted.entries()) {
    const position = index + 1;
    if (component.groupId !== group.id) {
      saved(await saveComponent(tx, component, { groupId: group.id, position, updatedAt }));
    } else if (component.position !== position) {
      await moveComponent(tx, component.id, { position }, updatedAt);
    }
  }
  return wanted.map((component) => component.name);
}

/** Archives a group; its components move to the end of the top level. */
export async function archiveGroup(
  kernel: Kernel,
  actor: Actor,
  publicId: string,
  version: number,
): Promise<void> {
  await kernel.db.write(async (tx) => {
    const before = seen(await findGroup(tx, publicId), version);
    const now = kernel.clock.now();
    saved(await saveGroup(tx, before, { archivedAt: now, updatedAt: now }));
    const children = (await liveComponents(tx)).filter((child) => child.groupId === before.id);
    for (const child of children) {
      const position = (await lastPosition(tx, null)) + 1;
      await moveComponent(tx, child.id, { groupId: null, position }, now);
    }
    await append(tx, kernel.clock, actor, {
      kind: 'group.archived',
      subject: 'component_group',
      subjectId: before.id,
      isPublic: true,
      data: { name: before.name },
    });
  });
}

/**
 * Orders one level: the children of a group, or with `null` the top level, where groups and components
 * mix. Whatever `order` does not name follows in its old order.
 */
export async function reorder(
  kernel: Kernel,
  actor: Actor,
  groupPublicId: string | null,
  order: string[],
): Promise<void> {
  await kernel.db.write(async (tx) => {
    const groupId = await groupNamed(tx, groupPublicId);
    const { groups, components } = await listComponents(tx);
    const children = components.filter((component) => component.groupId === groupId);
    const level = groupId === null ? [...groups, ...children] : children;
    const place = placeIn(order);
    const ordered = level
      .toSorted((a, b) => a.position - b.position)
      .toSorted((a, b) => place(a.publicId) - place(b.publicId));
    const now = kernel.clock.now();
    for (const [index, entry] of ordered.entries()) {
      const position = index + 1;
      if (entry.position === position) continue;
      if ('baseline' in entry) await moveComponent(tx, entry.id, { position }, now);
      else await moveGroup(tx, entry.id, position, now);
    }
    await append(tx, kernel.clock, actor, {
      kind: 'components.reordered',
      subject: 'component_group',
      subjectId: groupId,
      isPublic: true,
      data: { order: ordered.map((entry) => entry.name) },
    });
  });
}

/** Where `order` puts a public id; those it does not name come last. */
const placeIn = (order: string[]) => (publicId: string) => {
  const index = order.indexOf(publicId);
  return index === -1 ? order.length : index;
};
