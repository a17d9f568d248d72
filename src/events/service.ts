// Appending to the record and checking it. Every change appends in its own transaction, or does not happen.
import type { Reader, Tx } from '../db/tx.ts';
import type { Clock } from '../shared/clock.ts';
import { brokenLink, chainHash, type ChainHead, chainStart } from './rules.ts';
import {
  type EventRow,
  eventsAfter,
  eventsOfIncident,
  highestSeqEver,
  insertEvent,
  lastHead,
  publicEventRows,
} from './store.ts';
import { type Actor, actorKinds, type Event, type NewEvent } from './types.ts';
import { isOneOf } from '../shared/words.ts';

/** Appends an event to the chain and answers its number. */
export async function append(tx: Tx, clock: Clock, actor: Actor, event: NewEvent): Promise<number> {
  const head = await lastHead(tx);
  const row = {
    seq: head.seq + 1,
    at: clock.now(),
    kind: event.kind,
    actorKind: actor.kind,
    actorId: actor.id,
    ip: actor.ip,
    requestId: actor.requestId,
    subject: event.subject,
    subjectId: event.subjectId ?? null,
    incidentId: event.incidentId ?? null,
    isPublic: event.isPublic ?? false,
    data: JSON.stringify(event.data ?? {}),
    previous: head.hash,
  };
  await insertEvent(tx, { ...row, hash: chainHash(row) });
  return row.seq;
}

export async function timeline(reader: Reader, incidentId: number): Promise<Event[]> {
  return (await eventsOfIncident(reader, incidentId)).map(toEvent);
}

/** Up to `limit` events after `seq` that visitors could notice, oldest first. */
export const publicEventsAfter = async (
  reader: Reader,
  seq: number,
  limit: number,
): Promise<Event[]> => (await publicEventRows(reader, seq, limit)).map(toEvent);

export interface AuditResult {
  /** Undefined when the chain is whole. */
  fault: string | undefined;
  head: ChainHead;
}

const batch = 1000;

/**
 * Walks the whole chain. `expected` is a head noted earlier (from a log line or a backup's manifest):
 * the chain must still contain it, which shows a rewritten or cut tail.
 */
export async function verifyChain(reader: Reader, expected?: ChainHead): Promise<AuditResult> {
  let head: ChainHead = { seq: 0, hash: chainStart };
  for (;;) {
    const rows = await eventsAfter(reader, head.seq, batch);
    for (const row of rows) {
      const fault = brokenLink(head, row);
      if (fault) return { fault, head };
      head = { seq: row.seq, hash: row.hash };
      if (expected?.seq === row.seq && expected.hash !== row.hash) {
        return { fault: `event ${row.seq} is not the one noted`, head };
      }
    }
    if (rows.length < batch) break;
  }
  const highest = Math.max(await highestSeqEver(reader), expected?.seq ?? 0);
  if (highest > head.seq) return { fault: `event ${head.seq + 1} is missing`, head };
  return { fault: undefined, head };
}

export const currentHead = (reader: Reader) => lastHead(reader);

function toEvent(row: EventRow): Event {
  const { seq, at, kind, subject, subjectId, incidentId, isPublic, hash } = row;
  const actor: Actor = {
    kind: isOneOf(actorKinds, row.actorKind) ? row.actorKind : 'system',
    id: row.actorId,
    ip: row.ip,
    requestId: row.requestId,
  };
  const data = JSON.parse(row.data) as Record<string, unknown>;
  return { seq, at, kind, actor, subject, subjectId, incidentId, isPublic, data, hash };
}
