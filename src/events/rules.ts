// The hash chain: each row's hash covers the row and the hash before it, so an edit shows.
import { sha256 } from '../shared/ids.ts';

export interface ChainedRow {
  seq: number;
  at: Date;
  kind: string;
  actorKind: string;
  actorId: number | null;
  ip: string | null;
  requestId: string | null;
  subject: string;
  subjectId: number | null;
  incidentId: number | null;
  isPublic: boolean;
  data: string;
  previous: string;
}

/** What the first row's `previous` holds. */
export const chainStart = '0'.repeat(64);

/** SHA-256 over the previous hash and every column of the row, in a fixed order. */
export const chainHash = (row: ChainedRow) =>
  sha256(
    JSON.stringify([
      row.previous,
      row.seq,
      row.at.getTime(),
      row.kind,
      row.actorKind,
      row.actorId,
      row.ip,
      row.requestId,
      row.subject,
      row.subjectId,
      row.incidentId,
      row.isPublic,
      row.data,
    ]),
  );

export interface ChainHead {
  seq: number;
  hash: string;
}

/** Why `row` cannot follow `before`, or undefined when it does. */
export function brokenLink(
  before: ChainHead,
  row: ChainedRow & { hash: string },
): string | undefined {
  if (row.seq !== before.seq + 1) return `event ${before.seq + 1} is missing`;
  if (row.previous !== before.hash) return `event ${row.seq} does not follow event ${before.seq}`;
  if (row.hash !== chainHash(row)) return `event ${row.seq} was changed`;
  return undefined;
}
