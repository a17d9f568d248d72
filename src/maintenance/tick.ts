// What time alone brings: reminders, the start, the end. Driven by one poller; nothing here remembers
// anything between two ticks but the database, so that a restart, a gap or a clock jump does nothing twice.
import type { Kernel } from '../db/kernel.ts';
import { systemActor } from '../events/types.ts';
import { type ComposeMaintenanceMail, composeMail } from './mail.ts';
import { type Decision, perform, type Seen } from './perform.ts';
import { recordReminder, remindersGiven } from './reminder-store.ts';
import { type Due, dueNow, reminderWords, wordsFor } from './rules.ts';
import { openRows } from './store.ts';
import type { MaintenanceRow } from './types.ts';

/**
 * Does what is due now and answers for how many maintenances. One's fault does not keep the others from
 * theirs: it is logged and tried again at the next tick.
 */
export async function tickMaintenance(
  kernel: Kernel,
  compose: ComposeMaintenanceMail = composeMail,
): Promise<number> {
  let done = 0;
  for (const maintenance of await openRows(kernel.db.read)) {
    try {
      if (await doDue(kernel, maintenance, compose)) done += 1;
    } catch (error) {
      kernel.log.error({ maintenance: maintenance.publicId, err: error }, 'A maintenance failed.');
    }
  }
  return done;
}

async function doDue(
  kernel: Kernel,
  maintenance: MaintenanceRow,
  compose: ComposeMaintenanceMail,
): Promise<boolean> {
  if ((await dueOf(kernel, maintenance)).kind === 'none') return false;
  const decide = async ({ maintenance: now }: Seen) =>
    decisionOf(kernel, now, await dueOf(kernel, now));
  const told = await perform(kernel, systemActor, maintenance.publicId, decide, { compose });
  return told !== undefined;
}

async function dueOf(kernel: Kernel, maintenance: MaintenanceRow): Promise<Due> {
  const { id, scheduledFor } = maintenance;
  const now = kernel.clock.now();
  const due = dueNow(maintenance, [], now);
  if (due.kind !== 'remind') return due;
  return dueNow(maintenance, await remindersGiven(kernel.db.read, id, scheduledFor), now);
}

function decisionOf(kernel: Kernel, maintenance: MaintenanceRow, due: Due): Decision | undefined {
  const { notifies, scheduledFor, scheduledUntil } = maintenance;
  if (due.kind === 'none') return undefined;
  if (due.kind === 'remind') return reminder(kernel, maintenance, due.before);
  if (due.kind === 'start') {
    const state = 'in_progress' as const;
    const step = { kind: 'started' as const, state, body: wordsFor(state), automatic: true };
    return { step, mails: notifies && due.tells };
  }
  const state = 'completed' as const;
  // Where nobody saw it run, the plan is what is known of it.
  const dates = { startedAt: scheduledFor, completedAt: scheduledUntil };
  const step = { kind: state, state, body: wordsFor(state), automatic: true };
  return { step: { ...step, ...(due.kind === 'missed' && { dates }) }, mails: notifies };
}

/** Said on the page and mailed; recorded first, so that it is given once whatever happens (F-14). */
function reminder(kernel: Kernel, maintenance: MaintenanceRow, before: number): Decision {
  const { id, scheduledFor, notifies } = maintenance;
  const at = kernel.clock.now();
  const left = Math.ceil((scheduledFor.getTime() - at.getTime()) / 60_000);
  return {
    step: {
      kind: 'reminder',
      state: 'scheduled',
      body: reminderWords(before, scheduledFor, at),
      settlesReminders: true,
      automatic: true,
    },
    mails: notifies,
    before: before - left > 1 ? left : before,
    first: (tx) => recordReminder(tx, { maintenanceId: id, scheduledFor, before, at, sent: true }),
  };
}
