// The same request sent twice is done once: what a key led to is kept for 24 hours, per author.
import type { Reader, Tx } from '../db/tx.ts';
import type { Actor } from './types.ts';
import { days, plus } from '../shared/clock.ts';
import { AppError } from '../shared/errors.ts';
import { sha256 } from '../shared/ids.ts';
import { findKey, forgetKeys, insertKey } from './idempotency-store.ts';

export interface KeyedRequest {
  author: string;
  key: string;
  bodyHash: string;
}

const kept = days(1);

/** A request under its key, or undefined when it came without one. `body` is all that it asks for. */
export function keyedRequest(
  actor: Actor,
  key: string | undefined,
  body: unknown,
): KeyedRequest | undefined {
  if (!key) return undefined;
  const author = `${actor.kind}:${actor.id ?? '-'}`;
  return { author, key, bodyHash: sha256(JSON.stringify(canonical(body))) };
}

/** What the request led to before, if it was made before. Throws `mismatch` for another body. */
export async function earlierResult(
  reader: Reader,
  request: KeyedRequest | undefined,
  now: Date,
): Promise<number | undefined> {
  if (!request) return undefined;
  const row = await findKey(reader, request, plus(now, -kept));
  if (!row) return undefined;
  if (row.bodyHash === request.bodyHash) return row.resultId;
  throw new AppError('mismatch', 'This idempotency key was used for another request.');
}

/** Notes what a request led to, and forgets what is older than a day. */
export async function rememberResult(
  tx: Tx,
  request: KeyedRequest | undefined,
  resultId: number,
  now: Date,
): Promise<void> {
  if (!request) return;
  await forgetKeys(tx, plus(now, -kept));
  await insertKey(tx, { ...request, resultId, at: now });
}

/** The same value however its keys are ordered; dates as JSON writes them. */
function canonical(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, canonical(inner)]));
}
