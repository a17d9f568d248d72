// SQL of reminders: each is recorded once for a start time, sent or not.
import { and, desc, eq } from 'drizzle-orm';
import { maintenanceReminders } from '../db/schema.ts';
import type { Reader, Tx } from '../db/tx.ts';

/** Minutes before a start at which reminders of it are recorded, sent or not. */
export async function remindersGiven(
  reader: Reader,
  maintenanceId: number,
  scheduledFor: Date,
): Promise<number[]> {
  const { before, maintenanceId: owner, scheduledFor: start } = maintenanceReminders;
  const rows = await reader
    .select({ before })
    .from(maintenanceReminders)
    .where(and(eq(owner, maintenanceId), eq(start, scheduledFor)));
  return rows.map((row) => row.before);
}

/** Records a reminder; answers false when it had been recorded before. */
export async function recordReminder(
  tx: Tx,
  row: typeof maintenanceReminders.$inferInsert,
): Promise<boolean> {
  const made = await tx
    .insert(maintenanceReminders)
    .values(row)
    .onConflictDoNothing()
    .returning({ before: maintenanceReminders.before });
  return made.length > 0;
}

/** When the newest reminder of a maintenance was sent. */
export async function lastReminded(
  reader: Reader,
  maintenanceId: number,
): Promise<Date | undefined> {
  const { at, sent, maintenanceId: owner } = maintenanceReminders;
  const [row] = await reader
    .select({ at })
    .from(maintenanceReminders)
    .where(and(eq(owner, maintenanceId), eq(sent, true)))
    .orderBy(desc(at))
    .limit(1);
  return row?.at;
}
