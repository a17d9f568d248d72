// What is kept of one snapshot for the next, per database: incidents with their words, and the days that
// are over. The record of events says what of it still holds, so that a publication reads what it changed.
import type { Reader } from '../db/tx.ts';
import { publicKey } from '../events/store.ts';
import type { PastDays } from './past-days.ts';
import type { IncidentRow } from './incident-store.ts';
import type { PublicIncident } from './types.ts';
import { type PublicEventRow, publicEventsAfter } from './uptime-store.ts';

export interface Memory {
  /** The newest public event that is accounted for; set when a snapshot is done. */
  seq: number;
  /** The newest event that may have taken back what was public. */
  takenBack: number;
  /** By row id. */
  incidents: Map<number, { row: IncidentRow; made: PublicIncident }>;
  past: PastDays | undefined;
}

const kept = new WeakMap<Reader, Memory>();

/** More news than this, and everything is read anew. */
const newsAtMost = 200;

/** What is kept of this database, what happened since, and the newest event there is. */
export async function recall(
  reader: Reader,
): Promise<{ memory: Memory; news: PublicEventRow[]; seq: number }> {
  const seq = await publicKey(reader);
  const memory = kept.get(reader);
  if (memory && memory.seq <= seq) {
    const news = memory.seq === seq ? [] : await publicEventsAfter(reader, memory.seq, newsAtMost);
    if (news.length < newsAtMost) {
      forgetIncidents(memory, news);
      memory.takenBack = news.findLast(({ kind }) => !onlyAdds(kind))?.seq ?? memory.takenBack;
      return { memory, news, seq };
    }
  }
  const fresh = { seq: 0, takenBack: seq, incidents: new Map(), past: undefined };
  kept.set(reader, fresh);
  return { memory: fresh, news: [], seq };
}

/** Whatever is not known to leave the words of other incidents alone makes all of them be read again. */
function forgetIncidents({ incidents }: Memory, news: PublicEventRow[]): void {
  for (const { incidentId, kind } of news) {
    if (incidentId !== null) incidents.delete(incidentId);
    else if (!leavesIncidents(kind)) incidents.clear();
  }
}

const leavesIncidents = (kind: string) =>
  kind === 'settings.changed' ||
  kind === 'component.status_changed' ||
  kind.startsWith('maintenance.');

/** News that leaves standing whatever was told before. */
const additions = new Set([
  'incident.declared',
  'incident.updated',
  'maintenance.scheduled',
  'maintenance.updated',
  'component.status_changed',
]);

const onlyAdds = (kind: string) => additions.has(kind);
