// SQL of the suppression list: addresses that must not be mailed, by keyed hash.
import { eq, inArray } from 'drizzle-orm';
import { suppressions } from '../db/schema.ts';
import { statementOf } from '../db/statements.ts';
import type { Reader, Tx } from '../db/tx.ts';

/** SQLite takes many parameters, not any number of them (S-50). */
const chunk = 500;

/** Whether there is anybody on the list at all. */
export const anySuppressed = (reader: Reader): boolean =>
  statementOf(reader, 'select 1 from suppressions limit 1').get() !== undefined;

/** Of these hashed addresses those that must not be mailed. */
export async function suppressedAmong(
  reader: Reader,
  hashes: readonly string[],
): Promise<Set<string>> {
  const found = new Set<string>();
  for (let i = 0; i < hashes.length; i += chunk) {
    const rows = await reader
      .select({ hash: suppressions.addressHash })
      .from(suppressions)
      .where(inArray(suppressions.addressHash, hashes.slice(i, i + chunk)));
    for (const { hash } of rows) found.add(hash);
  }
  return found;
}

export async function isSuppressed(reader: Reader, addressHash: string): Promise<boolean> {
  const rows = await reader
    .select({ reason: suppressions.reason })
    .from(suppressions)
    .where(eq(suppressions.addressHash, addressHash));
  return rows.length > 0;
}

export async function insertSuppression(
  tx: Tx,
  row: typeof suppressions.$inferInsert,
): Promise<void> {
  await tx.insert(suppressions).values(row).onConflictDoNothing();
}

/** Why and since when an address must not be mailed. */
export async function findSuppression(
  reader: Reader,
  addressHash: string,
): Promise<{ reason: string; at: Date } | undefined> {
  const { reason, at } = suppressions;
  const [row] = await reader
    .select({ reason, at })
    .from(suppressions)
    .where(eq(suppressions.addressHash, addressHash));
  return row;
}

export async function liftSuppression(tx: Tx, addressHash: string): Promise<void> {
  await tx.delete(suppressions).where(eq(suppressions.addressHash, addressHash));
}
