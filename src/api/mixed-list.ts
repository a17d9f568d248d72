// One list of incidents and maintenances, as Statuspage's v1 has it: newest first, a page at a time.
import { maintenanceKeys } from '../maintenance/read.ts';
import type { PublicIncident } from '../status/types.ts';
import { answerOf, sliceOf } from './incidents.ts';
import { publicComponents, publicIncidents } from './lists.ts';
import { answerFor } from './maintenance-answer.ts';
import type { Request } from './page.ts';

interface Slice {
  limit: number;
  offset: number;
}

/** `GET …/incidents`: incidents and maintenances; `limit` of at most 100, `page` from 1. */
export async function listBoth(request: Request): Promise<Response> {
  const { kernel } = request.site;
  const { timeZone } = request.settings;
  const components = await publicComponents(kernel.db.read);
  const listed = await mixedSlice(request, sliceOf(request, 'limit'), (slice) =>
    publicIncidents(kernel, timeZone, slice),
  );
  const answers = [];
  for (const one of listed) {
    answers.push(
      one.kind === 'incident'
        ? await answerOf(request, one.incident, components)
        : await answerFor(request, one.publicId),
    );
  }
  return request.c.json(answers);
}

/** An incident in the list, or the id of a maintenance. */
type Listed =
  { kind: 'incident'; incident: PublicIncident } | { kind: 'maintenance'; publicId: string };

/**
 * The slice of both kinds merged by time. Of the incidents, which may be very many, only those are
 * read that can stand in it: each maintenance before them moves them down by one place.
 */
async function mixedSlice(
  { site }: Request,
  { limit, offset }: Slice,
  readIncidents: (slice: Slice) => Promise<PublicIncident[]>,
): Promise<Listed[]> {
  const maintenances = await maintenanceKeys(site.kernel.db.read);
  const skipped = Math.max(0, offset - maintenances.length);
  const incidents = await readIncidents({ limit: offset + limit - skipped, offset: skipped });
  const merged = [
    ...maintenances.map(({ publicId, createdAt }) => ({
      at: createdAt,
      listed: { kind: 'maintenance' as const, publicId },
    })),
    ...incidents.map((incident) => ({
      at: incident.startedAt,
      listed: { kind: 'incident' as const, incident },
    })),
  ].toSorted((a, b) => b.at.getTime() - a.at.getTime());
  return merged.slice(offset - skipped, offset - skipped + limit).map(({ listed }) => listed);
}
