// Looking up what is on the page now, and holding an edit to the version its author saw.
import type { Reader } from '../db/tx.ts';
import { AppError, invalid, notFound } from '../shared/errors.ts';
import { componentByPublicId, groupByPublicId, liveComponents, liveGroups } from './store.ts';
import type { ComponentList, ComponentRow, GroupRow } from './types.ts';

/** Groups and components that are not archived, by position. */
export async function listComponents(reader: Reader): Promise<ComponentList> {
  return { groups: await liveGroups(reader), components: await liveComponents(reader) };
}

/** A component that is not archived, or not_found. */
export async function findComponent(reader: Reader, publicId: string): Promise<ComponentRow> {
  const row = await componentByPublicId(reader, publicId);
  if (!row) throw notFound('component');
  return row;
}

/** A group that is not archived, or not_found. */
export async function findGroup(reader: Reader, publicId: string): Promise<GroupRow> {
  const row = await groupByPublicId(reader, publicId);
  if (!row) throw notFound('group');
  return row;
}

/** The id of a group chosen in a form; null is the top level. */
export async function groupNamed(reader: Reader, publicId: string | null): Promise<number | null> {
  if (publicId === null) return null;
  const group = await groupByPublicId(reader, publicId);
  if (!group) throw invalid('groupId', 'There is no such group any more.');
  return group.id;
}

/** The row, when it is still the version that the author saw. */
export function seen<T extends { version: number }>(row: T, version: number): T {
  if (row.version !== version) throw changedMeanwhile();
  return row;
}

/** The row that was saved, when nobody saved it first. */
export function saved<T>(row: T | undefined): T {
  if (!row) throw changedMeanwhile();
  return row;
}

const changedMeanwhile = () =>
  new AppError('conflict', 'Someone else changed this meanwhile. Please look at it again.');
