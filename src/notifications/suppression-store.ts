// SQL of the suppression list: addresses that must not be mailed, by keyed hash.
import { eq, inArray } from 'drizzle-orm';
import { suppressions } from '../db/schema.ts';
import type { Reader, Tx } from '../db/tx.ts';

/** SQLite takes many parameters, not any number of them (S-50). */
const chunk = 500;

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
