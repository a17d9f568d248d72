// SQL of the keys that make a repeated request known.
import { and, eq, gt, lte } from 'drizzle-orm';
import { idempotencyKeys } from '../db/schema.ts';
import type { Reader, Tx } from '../db/tx.ts';

type KeyRow = typeof idempotencyKeys.$inferSelect;

/** The row of an author's key, unless it is older than `since`. */
export async function findKey(
  reader: Reader,
  { author, key }: Pick<KeyRow, 'author' | 'key'>,
  since: Date,
): Promise<KeyRow | undefined> {
  const sameAuthor = eq(idempotencyKeys.author, author);
  const [row] = await reader
    .select()
    .from(idempotencyKeys)
    .where(and(sameAuthor, eq(idempotencyKeys.key, key), gt(idempotencyKeys.at, since)));
  return row;
}

export async function insertKey(tx: Tx, row: KeyRow): Promise<void> {
  await tx.insert(idempotencyKeys).values(row);
}

export async function forgetKeys(tx: Tx, upTo: Date): Promise<void> {
  await tx.delete(idempotencyKeys).where(lte(idempotencyKeys.at, upTo));
}
