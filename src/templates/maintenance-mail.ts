// The mail about scheduled maintenance: one template, whose parts follow from what happened.
import { statusLabels } from '../shared/labels.ts';
import type { ComponentStatus } from '../shared/words.ts';
import { compose, type MailPage, pageFacts, text } from './mails.ts';
import type { CompiledMail } from './types.ts';
import { mailTime } from './variables.ts';

export interface MaintenanceTelling {
  /** How it stands, as the label says it: `Scheduled`, `Begins in 60 minutes`, `Moved`, `Completed`. */
  label: string;
  /** Which colour and shape the label has. */
  tone: 'ahead' | 'done' | 'off';
  title: string;
  /** Markdown. */
  words: string;
  begins: Date;
  ends: Date;
  /** The former start and end, of one that was moved. */
  movedFrom: { begins: Date; ends: Date } | null;
  /** When it was truly over. */
  completedAt: Date | null;
  components: readonly { name: string; status: ComponentStatus }[];
  /** What the reader will hear next; empty when nothing is sure. */
  whatNext: string;
  url: string;
  calendarUrl: string;
  supportContact: string;
}

/** To subscribers. Holds `manage_url` and `unsubscribe_url`. */
export function maintenanceMail(page: MailPage, told: MaintenanceTelling): Promise<CompiledMail> {
  const time = (at: Date | undefined | null) => text(at ? mailTime(at, page.timeZone) : '');
  const labelFor = (tone: MaintenanceTelling['tone']) => text(told.tone === tone ? told.label : '');
  const facts = {
    ...pageFacts(page),
    title: text(told.title),
    label: text(told.label),
    ahead: labelFor('ahead'),
    done: labelFor('done'),
    off: labelFor('off'),
    update: { kind: 'markdown' as const, value: told.words },
    begins: time(told.begins),
    ends: time(told.ends),
    was_begins: time(told.movedFrom?.begins),
    was_ends: time(told.movedFrom?.ends),
    completed_at: time(told.completedAt),
    components: text(told.components.map(inWords).join(', ')),
    what_next: text(told.whatNext),
    maintenance_url: { kind: 'url' as const, value: told.url },
    calendar_url: { kind: 'url' as const, value: told.calendarUrl },
    support_contact: text(told.supportContact),
  };
  return compose('maintenance', facts, ['unsubscribe_url', 'manage_url']);
}

const inWords = ({ name, status }: MaintenanceTelling['components'][number]) =>
  `${name} (${status === 'operational' ? 'stays available' : statusLabels[status].toLowerCase()})`;
