// How the desk words what the outbox knows: kinds of mail, why it stands still, why it ended, whom it is for. Pure.
import type { NotificationLine } from '../notifications/progress.ts';
import type { NotificationKind } from '../notifications/types.ts';
import { never } from '../shared/never.ts';
import { stageLabels } from './labels.ts';

const kindLabels: Record<NotificationKind, string> = {
  incident: 'Incident email',
  maintenance: 'Maintenance email',
  webhook: 'Webhook message',
  webhook_confirmation: 'Webhook confirmation',
  webhook_trouble: 'Webhook warning',
  confirmation: 'Confirmation email',
  already_subscribed: 'Email to someone subscribed already',
  manage_link: 'Link to a subscription’s choices',
  clock: 'Clock warning',
  test: 'Test email',
  record_head: 'Daily head of the record',
};

/** `Investigating email`, `Maintenance email`, `Clock warning` */
export const nameOf = ({ kind, stage }: Pick<NotificationLine, 'kind' | 'stage'>): string =>
  stage === null ? kindLabels[kind] : `${stageLabels[stage]} email`;

const pauseReasons: Record<string, string> = Object.assign(Object.create(null), {
  'by a person': 'Paused by a person.',
  restored: 'Held since a backup was restored: it may have gone out already, before the restore.',
  content_refused:
    'The mail server refused the message itself, not an address: its content, or who sends it. Look at SPF, DKIM and DMARC.',
  policy:
    'Refused by policy (5.7.x): about us or this message, not about the addresses. Check SPF, DKIM and DMARC.',
  too_many_refusals: 'Too many of the last addresses refused it.',
});

/** Why it stands still; a reason that has no words of ours is shown as it is. */
export const pauseWords = (reason: string | null): string =>
  reason === null ? 'Held until a person decides.' : (pauseReasons[reason] ?? `${reason}.`);

const cancelReasons: Record<string, string> = Object.assign(Object.create(null), {
  superseded: 'A newer message about the same stands in for what had not gone out.',
  recalled: 'A person took back what had not gone out.',
  discarded: 'A person discarded it while it was held.',
  expired: 'It had become too old to be sent.',
  outdated: 'What it said was true no more.',
});

export const cancelWords = (reason: string | undefined): string =>
  cancelReasons[reason ?? ''] ?? 'What had not gone out was taken back.';

/** The audience rule, in a sentence. */
export function audienceWords(
  { kind, recipientKind }: Pick<NotificationLine, 'kind' | 'recipientKind'>,
  componentNames: string[],
  recipient: string,
): string {
  const names = following(componentNames);
  if (kind === 'incident') {
    return `Confirmed subscribers to incidents${names}; those who follow this incident alone; and everyone an earlier email about it was for.`;
  }
  if (kind === 'maintenance') {
    return `Confirmed subscribers to maintenance${names}; and everyone an earlier email about it was for.`;
  }
  return `${toOne(recipientKind)}: ${recipient}`;
}

const following = (names: string[]) =>
  names.length === 0 ? ', whatever they chose' : ` who chose everything or ${names.join(', ')}`;

function toOne(kind: NotificationLine['recipientKind']): string {
  switch (kind) {
    case 'subscriber':
      return 'One subscriber';
    case 'account':
      return 'One of the team';
    case 'webhook':
      return 'The holder of a webhook';
    default:
      return never(kind);
  }
}
