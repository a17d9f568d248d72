// The mail that goes with a maintenance's update, composed before the transaction that releases it.
// What cannot be composed is logged and left out: it never stands in the way of the update.
import type { Kernel } from '../db/kernel.ts';
import { readSettings } from '../settings/service.ts';
import { maintenanceLabels } from '../shared/labels.ts';
import type { ComponentStatus } from '../shared/words.ts';
import { maintenanceMail, type MaintenanceTelling } from '../templates/maintenance-mail.ts';
import type { CompiledMail } from '../templates/types.ts';
import { leadTime, remindersUpTo } from './rules.ts';
import type { MailKind, MaintenanceRow, Window } from './types.ts';

/** A maintenance as it will be once the update is written. */
export interface ToTell {
  kind: MailKind;
  maintenance: Pick<
    MaintenanceRow,
    | 'publicId'
    | 'title'
    | 'state'
    | 'scheduledFor'
    | 'scheduledUntil'
    | 'startedAt'
    | 'completedAt'
    | 'reminders'
    | 'autoStart'
  >;
  words: string;
  components: readonly { name: string; status: ComponentStatus }[];
  /** Minutes to the start, of a reminder. */
  before?: number | undefined;
  movedFrom?: Window | undefined;
}

/** Composes subscribers' mails about maintenance. */
export type ComposeMaintenanceMail = (kernel: Kernel, told: ToTell) => Promise<CompiledMail>;

export async function composeMail(kernel: Kernel, told: ToTell): Promise<CompiledMail> {
  const { name, timeZone, supportContact } = await readSettings(kernel.db.read);
  const page = { name, url: kernel.publicUrl, timeZone };
  return maintenanceMail(page, { ...telling(kernel, told), supportContact });
}

function telling(kernel: Kernel, told: ToTell): Omit<MaintenanceTelling, 'supportContact'> {
  const { maintenance, movedFrom } = told;
  return {
    label: labelOf(told),
    tone: toneOf(told),
    title: maintenance.title,
    words: told.words,
    // Begun earlier or later than planned, it tells what is true.
    begins: maintenance.startedAt ?? maintenance.scheduledFor,
    ends: maintenance.scheduledUntil,
    movedFrom: movedFrom
      ? { begins: movedFrom.scheduledFor, ends: movedFrom.scheduledUntil }
      : null,
    completedAt: told.kind === 'completed' ? maintenance.completedAt : null,
    components: told.components,
    whatNext: whatNext(told, kernel.clock.now()),
    url: `${kernel.publicUrl}/maintenance/${maintenance.publicId}`,
    calendarUrl: `${kernel.publicUrl}/calendar.ics`,
  };
}

function labelOf({ kind, maintenance, before }: ToTell): string {
  if (kind === 'announced') return 'Scheduled maintenance';
  if (kind === 'reminder' && before !== undefined) return `Begins in ${leadTime(before)}`;
  if (kind === 'rescheduled') return 'Moved';
  return maintenanceLabels[maintenance.state];
}

function toneOf({ kind }: ToTell): MaintenanceTelling['tone'] {
  if (kind === 'completed') return 'done';
  return kind === 'cancelled' ? 'off' : 'ahead';
}

function whatNext({ kind, maintenance }: ToTell, now: Date): string {
  if (kind === 'cancelled') return 'It does not take place. There is nothing you need to do.';
  if (kind === 'started' || kind === 'verifying') return 'We will tell you when it is completed.';
  if (maintenance.state !== 'scheduled') return '';
  const gone = remindersUpTo(maintenance, now);
  const ahead = maintenance.reminders.filter((before) => !gone.includes(before)).map(leadTime);
  const [first, ...others] = ahead;
  if (first === undefined) return 'We will tell you when it begins and when it is completed.';
  const again = others.length > 0 ? `, and again ${others.join(' and ')} before` : '';
  return `We will remind you ${first} before it begins${again}.`;
}
