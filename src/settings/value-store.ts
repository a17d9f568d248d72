// SQL of single values among the settings, by name.
import { eq } from 'drizzle-orm';
import { settings } from '../db/schema.ts';
import type { Reader, Tx } from '../db/tx.ts';

/** The value, or undefined when nobody decided on it yet. */
export async function readValue(reader: Reader, name: string): Promise<unknown> {
  const [row] = await reader.select().from(settings).where(eq(settings.name, name));
  return row?.value;
}

export async function storeValue(tx: Tx, name: string, value: unknown, at: Date): Promise<void> {
  const row = { value, updatedAt: at };
  await tx
    .insert(settings)
    .values({ name, version: 1, ...row })
    .onConflictDoUpdate({ target: settings.name, set: row });
}
