// SQL of the page itself as the public sees it: its components, groups and files. Every select names its columns.
import { asc, desc, eq, isNull } from 'drizzle-orm';
import { componentGroups, components, events, pageFiles } from '../db/schema.ts';
import type { Reader } from '../db/tx.ts';

/** The newest uploaded file of a name, without its content. */
export async function pageFile(reader: Reader, name: string) {
  const [row] = await reader
    .select({
      contentType: pageFiles.contentType,
      sha256: pageFiles.sha256,
      width: pageFiles.width,
      height: pageFiles.height,
    })
    .from(pageFiles)
    .where(eq(pageFiles.name, name));
  return row;
}

/** SQLite takes many parameters, not any number of them (S-50). */
const chunk = 500;

export async function inChunks<T>(
  ids: number[],
  read: (some: number[]) => Promise<T[]>,
): Promise<T[]> {
  const rows: T[] = [];
  for (let i = 0; i < ids.length; i += chunk) rows.push(...(await read(ids.slice(i, i + chunk))));
  return rows;
}

/** When anything that visitors could notice last changed. */
export async function newestPublicChange(reader: Reader): Promise<Date | undefined> {
  const [row] = await reader
    .select({ at: events.at })
    .from(events)
    .where(eq(events.isPublic, true))
    .orderBy(desc(events.seq))
    .limit(1);
  return row?.at;
}

export const publicGroups = (reader: Reader) =>
  reader
    .select({
      id: componentGroups.id,
      publicId: componentGroups.publicId,
      name: componentGroups.name,
      description: componentGroups.description,
      position: componentGroups.position,
      createdAt: componentGroups.createdAt,
      updatedAt: componentGroups.updatedAt,
    })
    .from(componentGroups)
    .where(isNull(componentGroups.archivedAt))
    .orderBy(asc(componentGroups.position), asc(componentGroups.id));

export type GroupRow = Awaited<ReturnType<typeof publicGroups>>[number];

export const publicComponents = (reader: Reader) =>
  reader
    .select({
      id: components.id,
      publicId: components.publicId,
      groupId: components.groupId,
      name: components.name,
      description: components.description,
      status: components.status,
      position: components.position,
      showcase: components.showcase,
      onlyShowIfDegraded: components.onlyShowIfDegraded,
      startDate: components.startDate,
      createdAt: components.createdAt,
      updatedAt: components.updatedAt,
    })
    .from(components)
    .where(isNull(components.archivedAt))
    .orderBy(asc(components.position), asc(components.id));

export type ComponentRow = Awaited<ReturnType<typeof publicComponents>>[number];
