// The mails that are no incident's: to confirm a subscription, about the clock, about the record.
import { minutes } from '../shared/clock.ts';
import { compileMail } from './compile.ts';
import { shippedMail, type ShippedName } from './shipped.ts';
import type { CompiledMail, Facts, RecipientSlot } from './types.ts';
import { mailTime } from './variables.ts';

/** The page as these mails name it. */
export interface MailPage {
  name: string;
  url: string;
  timeZone: string;
}

/** Asks an address to confirm. Holds the slot `confirm_url` and nothing that a visitor typed. */
export const confirmationMail = (page: MailPage): Promise<CompiledMail> =>
  compose('confirmation', pageFacts(page), ['confirm_url']);

/** To a confirmed address that subscribed once more. Holds `manage_url` and `unsubscribe_url`. */
export const alreadySubscribedMail = (page: MailPage): Promise<CompiledMail> =>
  compose('already-subscribed', pageFacts(page), ['manage_url', 'unsubscribe_url']);

/** To a confirmed address that asked for a link to its choices. Holds `manage_url` and `unsubscribe_url`. */
export const manageLinkMail = (page: MailPage): Promise<CompiledMail> =>
  compose('manage-link', pageFacts(page), ['manage_url', 'unsubscribe_url']);

/** Asks an address to confirm a webhook. Holds the slot `confirm_url` and nothing that a visitor typed. */
export const webhookConfirmationMail = (
  page: MailPage,
  formatLabel: string,
): Promise<CompiledMail> =>
  compose('webhook-confirmation', { ...pageFacts(page), format: text(formatLabel) }, [
    'confirm_url',
  ]);

/** To a webhook's holder: it was switched off after failing for long. Holds `manage_url` and `unsubscribe_url`. */
export const webhookTroubleMail = (
  page: MailPage,
  webhook: { host: string; formatLabel: string; since: Date },
): Promise<CompiledMail> =>
  compose(
    'webhook-trouble',
    {
      ...pageFacts(page),
      host: text(webhook.host),
      format: text(webhook.formatLabel),
      since: text(mailTime(webhook.since, page.timeZone)),
    },
    ['manage_url', 'unsubscribe_url'],
  );

/** To the admins: where the record stood on a day, `SEQ:HASH`. */
export const recordHeadMail = (page: MailPage, day: string, head: string): Promise<CompiledMail> =>
  compose('record-head', { ...pageFacts(page), day: text(day), head: text(head) }, []);

export interface ClockWarning {
  title: string;
  severity: number;
  state: string;
  due: Date;
  now: Date;
  /** The clock in words, such as `5 min left`. */
  clock: string;
  deskUrl: string;
}

/** To whoever keeps customers informed about an incident: the promised time comes, or has passed. */
export function clockWarningMail(page: MailPage, warning: ClockWarning): Promise<CompiledMail> {
  const left = warning.due.getTime() - warning.now.getTime();
  // What is true now decides, not what the warning was planned for: it may come late.
  const isNow = Math.abs(left) < minutes(1);
  return compose(
    'clock-warning',
    {
      ...pageFacts(page),
      title: text(warning.title),
      severity: text(`SEV${warning.severity}`),
      state_label: text(warning.state.charAt(0).toUpperCase() + warning.state.slice(1)),
      due_at: text(mailTime(warning.due, page.timeZone)),
      clock: text(warning.clock),
      desk_url: { kind: 'url', value: warning.deskUrl },
      reminder: text(!isNow && left > 0 ? 'Reminder' : ''),
      due_now: text(isNow ? 'Due now' : ''),
      overdue: text(!isNow && left < 0 ? 'Overdue' : ''),
    },
    [],
  );
}

export const text = (value: string) => ({ kind: 'text' as const, value });

export const pageFacts = (page: MailPage): Facts => ({
  page_name: text(page.name),
  page_url: { kind: 'url', value: page.url },
});

/** Our own templates with our own facts: a problem here is a fault of the program. */
export async function compose(
  name: ShippedName,
  facts: Facts,
  slots: readonly RecipientSlot[],
): Promise<CompiledMail> {
  const review = await compileMail(await shippedMail(name), facts, {
    slots,
    bracketedFacts: 'allow',
  });
  if (review.mail && review.sendable) return review.mail;
  const reasons = review.problems.map((problem) => problem.message).join(' ');
  throw new Error(`The shipped mail ${name} cannot be composed: ${reasons}`);
}
