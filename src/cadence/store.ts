// SQL of the clock: promises that run, warnings given, and the people to warn.
import { and, asc, desc, eq, inArray, isNotNull, isNull, lte, ne } from 'drizzle-orm';
import { accounts, cadenceWarnings, incidents, incidentUpdates } from '../db/schema.ts';
import type { Reader, Tx } from '../db/tx.ts';
import type { IncidentState, Severity } from '../shared/words.ts';
import { customers, type Warning } from './types.ts';

export interface RunningClock {
  id: number;
  publicId: string;
  title: string;
  severity: Severity;
  state: IncidentState;
  due: Date;
  commanderId: number | null;
  commsLeadId: number | null;
}

const columns = {
  id: incidents.id,
  publicId: incidents.publicId,
  title: incidents.title,
  severity: incidents.severity,
  state: incidents.state,
  due: incidents.nextDueAt,
  commanderId: incidents.commanderId,
  commsLeadId: incidents.commsLeadId,
};

const running = and(
  ne(incidents.state, 'resolved'),
  eq(incidents.visibility, 'public'),
  isNotNull(incidents.nextDueAt),
);

/** Open public incidents that owe word, the most urgent first; with `until`, only those due by then. */
export async function runningClocks(reader: Reader, until?: Date): Promise<RunningClock[]> {
  const rows = await reader
    .select(columns)
    .from(incidents)
    .where(until ? and(running, lte(incidents.nextDueAt, until)) : running)
    .orderBy(asc(incidents.nextDueAt), asc(incidents.id));
  return rows.flatMap(toClock);
}

/** One incident's clock, or undefined when it no longer runs towards `due`. */
export async function clockStillAt(
  reader: Reader,
  id: number,
  due: Date,
): Promise<RunningClock | undefined> {
  const rows = await reader
    .select(columns)
    .from(incidents)
    .where(and(running, eq(incidents.id, id), eq(incidents.nextDueAt, due)));
  return rows.flatMap(toClock)[0];
}

type Row = Omit<RunningClock, 'due' | 'severity'> & { due: Date | null; severity: number };
const toClock = ({ due, severity, ...row }: Row): RunningClock[] =>
  due ? [{ ...row, due, severity: severity as Severity }] : [];

/** When the newest public update, which made the promise, was published. */
export async function promisedAt(reader: Reader, incidentId: number): Promise<Date | undefined> {
  const [row] = await reader
    .select({ at: incidentUpdates.createdAt })
    .from(incidentUpdates)
    .where(and(eq(incidentUpdates.incidentId, incidentId), eq(incidentUpdates.isPublic, true)))
    .orderBy(desc(incidentUpdates.id))
    .limit(1);
  return row?.at;
}

type GivenWarning = Pick<
  typeof cadenceWarnings.$inferSelect,
  'incidentId' | 'due' | 'offset' | 'at' | 'sent'
>;

/** Warnings recorded for the customers' promise of an incident that falls on `due`, newest last. */
export const warningsGiven = (
  reader: Reader,
  incidentId: number,
  due: Date,
): Promise<GivenWarning[]> =>
  reader
    .select()
    .from(cadenceWarnings)
    .where(
      and(
        eq(cadenceWarnings.incidentId, incidentId),
        eq(cadenceWarnings.audience, customers),
        eq(cadenceWarnings.due, due),
      ),
    )
    .orderBy(asc(cadenceWarnings.offset));

/** Records a warning; answers false when it had been recorded before. */
export async function recordWarning(
  tx: Tx,
  clock: RunningClock,
  warning: Warning,
  given: { at: Date; sent: boolean },
): Promise<boolean> {
  const made = await tx
    .insert(cadenceWarnings)
    .values({
      incidentId: clock.id,
      audience: customers,
      due: clock.due,
      offset: warning.offset,
      ...given,
    })
    .onConflictDoNothing()
    .returning({ id: cadenceWarnings.id });
  return made.length > 0;
}

/** Those of the accounts that can still sign in. */
export async function activeAmong(reader: Reader, ids: readonly number[]): Promise<number[]> {
  const rows = await reader
    .select({ id: accounts.id })
    .from(accounts)
    .where(and(inArray(accounts.id, [...ids]), isNull(accounts.disabledAt)));
  return rows.map((row) => row.id);
}
