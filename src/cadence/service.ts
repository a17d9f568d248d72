// Keeps the clock: gives every warning about a promised update once, also after restarts and gaps.
// Driven by one poller; nothing here remembers anything between two ticks but the database.
import { activeAdmins } from '../accounts/service.ts';
import type { Kernel } from '../db/kernel.ts';
import type { Reader, Tx } from '../db/tx.ts';
import { append } from '../events/service.ts';
import { systemActor } from '../events/types.ts';
import { withdrawWarnings } from '../notifications/lifecycle.ts';
import { releaseToOne } from '../notifications/service.ts';
import { readSettings } from '../settings/service.ts';
import { plus, seconds } from '../shared/clock.ts';
import type { CompiledMail } from '../templates/types.ts';
import { clockState, clockWords, escalates, firstReminder, warningsDue } from './rules.ts';
import {
  activeAmong,
  clockStillAt,
  promisedAt,
  recordWarning,
  type RunningClock,
  runningClocks,
  warningsGiven,
} from './store.ts';
import type { ComposeClockMail, OpenClock, Warning } from './types.ts';

/** How often the app calls `tick`. Timers are never longer (SECURITY T11): a promise is a row, not a timer. */
export const tickEvery = seconds(5);

/**
 * Gives the warnings that are due now and answers how many were sent. One incident's fault does not
 * keep the others from theirs: it is logged and tried again at the next tick.
 */
export async function tick(kernel: Kernel, composeMail: ComposeClockMail): Promise<number> {
  const horizon = plus(kernel.clock.now(), firstReminder);
  let sent = 0;
  for (const clock of await runningClocks(kernel.db.read, horizon)) {
    try {
      if (await warn(kernel, composeMail, clock)) sent += 1;
    } catch (error) {
      kernel.log.error({ incident: clock.publicId, err: error }, 'A clock warning failed.');
    }
  }
  return sent;
}

async function warn(
  kernel: Kernel,
  composeMail: ComposeClockMail,
  clock: RunningClock,
): Promise<boolean> {
  const now = kernel.clock.now();
  const { send, record } = await dueOf(kernel.db.read, clock, now);
  if (!send) return false;
  const { title, severity, state, due } = clock;
  const page = await readSettings(kernel.db.read);
  const mail = await composeMail(
    { name: page.name, url: kernel.publicUrl, timeZone: page.timeZone },
    {
      title,
      severity,
      state,
      due,
      now,
      clock: clockWords(clockState(now, due)),
      deskUrl: `${kernel.publicUrl}/admin/incidents/${clock.publicId}`,
    },
  );
  return kernel.db.write((tx) => give(tx, kernel, { clock, send, record, mail, now }));
}

async function dueOf(reader: Reader, clock: RunningClock, now: Date) {
  const given = await warningsGiven(reader, clock.id, clock.due);
  return warningsDue({
    due: clock.due,
    promisedAt: (await promisedAt(reader, clock.id)) ?? clock.due,
    now,
    given: given.map((warning) => warning.offset),
  });
}

interface Given {
  clock: RunningClock;
  send: Warning;
  record: Warning[];
  mail: CompiledMail;
  now: Date;
}

/** Inside the transaction everything is looked at again: an update may have been published meanwhile. */
async function give(tx: Tx, kernel: Kernel, given: Given): Promise<boolean> {
  const { send, record, mail, now } = given;
  const clock = await clockStillAt(tx, given.clock.id, given.clock.due);
  if (!clock) return false;
  if (!(await recordWarning(tx, clock, send, { at: now, sent: true }))) return false;
  for (const skipped of record) await recordWarning(tx, clock, skipped, { at: now, sent: false });

  const recipients = await recipientsOf(tx, clock, send.offset);
  await append(tx, kernel.clock, systemActor, {
    kind: send.offset < 0 ? 'clock.reminded' : 'clock.missed',
    subject: 'incident',
    subjectId: clock.id,
    incidentId: clock.id,
    data: {
      due: clock.due.toISOString(),
      offset: send.offset,
      lateness: Math.round(send.lateness / seconds(1)),
      skipped: record.map((warning) => warning.offset),
      accounts: recipients,
    },
  });
  await withdrawWarnings(tx, kernel, clock.id);
  for (const recipientId of recipients) {
    await releaseToOne(tx, kernel, systemActor, {
      kind: 'clock',
      recipientKind: 'account',
      recipientId,
      mail,
      incidentId: clock.id,
    });
  }
  return true;
}

/** The Communications Lead, later the Incident Commander too; all admins where such a person is missing. */
async function recipientsOf(reader: Reader, clock: RunningClock, offset: number) {
  const holders = escalates(offset) ? [clock.commsLeadId, clock.commanderId] : [clock.commsLeadId];
  const named = holders.filter((id) => id !== null);
  const active = await activeAmong(reader, named);
  const everyHolderReached = holders.every((id) => id !== null && active.includes(id));
  const people = everyHolderReached ? active : [...active, ...(await activeAdmins(reader))];
  return [...new Set(people)];
}

/** The clocks of all open public incidents, the most urgent first. */
export async function openClocks(reader: Reader, now: Date): Promise<OpenClock[]> {
  const clocks: OpenClock[] = [];
  for (const clock of await runningClocks(reader)) {
    const { title, severity, state, due } = clock;
    const last = (await warningsGiven(reader, clock.id, due)).findLast((warning) => warning.sent);
    clocks.push({
      incidentId: clock.publicId,
      title,
      severity,
      state,
      due,
      clock: clockState(now, due),
      lastWarning: last && { offset: last.offset, at: last.at },
    });
  }
  return clocks;
}
