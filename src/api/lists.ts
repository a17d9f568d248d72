// Public incidents and components as lists, read through the same gate as the page and at this moment.
import { listComponents } from '../components/service.ts';
import type { Kernel } from '../db/kernel.ts';
import type { Reader } from '../db/tx.ts';
import { dayIn } from '../shared/time.ts';
import { arrangeComponents } from '../status/arrange.ts';
import { readPublicMonth, readPublicMonths } from '../status/service.ts';
import { buildSnapshot } from '../status/snapshot.ts';
import type { PublicComponent, PublicIncident } from '../status/types.ts';

interface Slice {
  limit: number;
  offset: number;
}

/** Public incidents, newest start first. Only the months that the slice touches are read. */
export async function publicIncidents(
  kernel: Kernel,
  timeZone: string,
  { limit, offset }: Slice,
): Promise<PublicIncident[]> {
  const { read } = kernel.db;
  const found: PublicIncident[] = [];
  let skip = offset;
  for (const { month, incidents } of await readPublicMonths(
    read,
    dayIn(timeZone, kernel.clock.now()),
  )) {
    if (found.length >= limit) break;
    if (skip < incidents) {
      const ofMonth = await readPublicMonth(read, month);
      found.push(...ofMonth.slice(skip, skip + limit - found.length));
    }
    skip = Math.max(0, skip - incidents);
  }
  return found;
}

/** Public incidents that are not resolved, newest first. */
export async function unresolvedIncidents(
  { db, publicUrl, clock }: Kernel,
  { limit, offset }: Slice,
): Promise<PublicIncident[]> {
  const { openIncidents } = await buildSnapshot(db.read, { publicUrl, now: clock.now() });
  return openIncidents.slice(offset, offset + limit);
}

/** The page's groups and components as visitors see them. */
export async function publicArrangement(reader: Reader) {
  const { groups, components } = await listComponents(reader);
  // What arranges them tells a group by its row number.
  return arrangeComponents(
    groups,
    components.map((row) => {
      const { id: _, ...component } = row;
      return component;
    }),
  );
}

export const publicComponents = async (reader: Reader): Promise<PublicComponent[]> =>
  (await publicArrangement(reader)).components;
