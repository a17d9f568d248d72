// What people inside see of incidents, private ones too. Nothing here may reach the public side.
import type { Reader } from '../db/tx.ts';
import { timeline } from '../events/service.ts';
import type { Event } from '../events/types.ts';
import { draftsOf } from './draft-store.ts';
import { findIncident } from './find.ts';
import {
  accountNames,
  affectedByIncident,
  type AffectedNow,
  countCorrections,
  newestRows,
  openRows,
  revisionsOf,
} from './read-store.ts';
import { updatesOf } from './store.ts';
import type { EmailDraftRow, IncidentRow, UpdateRow } from './types.ts';

export interface IncidentSummary extends IncidentRow {
  /** In the page's order. */
  components: AffectedNow[];
  commanderName: string | null;
  commsLeadName: string | null;
}

export interface UpdateDetail extends UpdateRow {
  /** How often it was corrected. */
  revisions: number;
  authorName: string | null;
  /** The stage's email, where it has one; `cancelled` with the reason why none went out. */
  draft: EmailDraftRow | null;
}

export interface IncidentDetail {
  incident: IncidentRow;
  components: AffectedNow[];
  /** Newest first. */
  updates: UpdateDetail[];
  commanderName: string | null;
  commsLeadName: string | null;
}

/** Everything about one incident. Throws not_found. */
export async function incidentDetail(reader: Reader, publicId: string): Promise<IncidentDetail> {
  const incident = await findIncident(reader, publicId);
  const updates = await updatesOf(reader, incident.id);
  const drafts = await draftsOf(reader, incident.id);
  const corrections = await countCorrections(
    reader,
    updates.map((update) => update.id),
  );
  const { commanderId, commsLeadId } = incident;
  const names = await namesOf(reader, [
    commanderId,
    commsLeadId,
    ...updates.map((update) => update.authorId),
  ]);
  return {
    incident,
    components: (await affectedByIncident(reader, [incident.id])).get(incident.id) ?? [],
    updates: updates.map((update) => ({
      ...update,
      revisions: corrections.get(update.id) ?? 0,
      authorName: names(update.authorId),
      draft: drafts.find((draft) => draft.updateId === update.id) ?? null,
    })),
    commanderName: names(commanderId),
    commsLeadName: names(commsLeadId),
  };
}

/** Not resolved; who owes a word soonest comes first, private incidents last. */
export const openIncidents = async (reader: Reader): Promise<IncidentSummary[]> =>
  summaries(reader, await openRows(reader));

/** Newest first. `before` is the id of the last incident of the page before. */
export const recentIncidents = async (
  reader: Reader,
  page: { before?: number | undefined; limit: number },
): Promise<IncidentSummary[]> => summaries(reader, await newestRows(reader, page));

/** What happened to an incident, oldest first. */
export const incidentTimeline = (reader: Reader, incidentId: number): Promise<Event[]> =>
  timeline(reader, incidentId);

export interface Revision {
  body: string;
  replacedAt: Date;
  replacedByName: string | null;
}

/** What an update said before each of its corrections, oldest first. */
export async function updateRevisions(reader: Reader, updateId: number): Promise<Revision[]> {
  const rows = await revisionsOf(reader, updateId);
  const names = await namesOf(
    reader,
    rows.map((row) => row.replacedBy),
  );
  return rows.map(({ body, replacedAt, replacedBy }) => {
    return { body, replacedAt, replacedByName: names(replacedBy) };
  });
}

async function summaries(reader: Reader, rows: IncidentRow[]): Promise<IncidentSummary[]> {
  const affected = await affectedByIncident(
    reader,
    rows.map((row) => row.id),
  );
  const names = await namesOf(
    reader,
    rows.flatMap((row) => [row.commanderId, row.commsLeadId]),
  );
  return rows.map((row) => ({
    ...row,
    components: affected.get(row.id) ?? [],
    commanderName: names(row.commanderId),
    commsLeadName: names(row.commsLeadId),
  }));
}

async function namesOf(
  reader: Reader,
  accountIds: (number | null)[],
): Promise<(id: number | null) => string | null> {
  const ids = [...new Set(accountIds)].filter((id) => id !== null);
  const names = await accountNames(reader, ids);
  return (id) => (id === null ? null : (names.get(id) ?? null));
}
