// Amazon SES's bounces, complaints and delays, as feedback notifications and as published events.
// `mail.messageId` is SES's own; ours is in the head, and our envelope sender in `mail.source`.
import { assemble } from '../assemble.ts';
import { classifyReturn } from '../rules.ts';
import type { Marking, Report, ReturnFacts } from '../types.ts';
import { type Json, listAt, objectAt, textAt } from './json.ts';

/** The report in an SNS message; undefined for what is no return, such as SNS's greeting. */
export function readSes(message: string, snsId: string, marking: Marking): Report | undefined {
  const event = eventIn(message);
  const facts = factsOf(event);
  if (!facts) return undefined;
  const mail = objectAt(event, 'mail');
  const part = objectAt(event, facts.isComplaint ? 'complaint' : 'bounce');
  return assemble(marking, {
    source: 'ses',
    facts,
    addresses: [textAt(mail, 'source'), ...headersOf(mail, 'return-path')],
    messageIds: [
      textAt(objectAt(mail, 'commonHeaders'), 'messageId'),
      ...headersOf(mail, 'message-id'),
    ],
    identity: textAt(part, 'feedbackId') || snsId,
  });
}

function eventIn(message: string): Json {
  try {
    return objectAt({ event: JSON.parse(message) as unknown }, 'event');
  } catch {
    return {};
  }
}

const headersOf = (mail: Json, name: string) =>
  listAt(mail, 'headers')
    .filter((header) => textAt(header, 'name').toLowerCase() === name)
    .map((header) => textAt(header, 'value'));

function factsOf(event: Json): ReturnFacts | undefined {
  switch (textAt(event, 'notificationType') || textAt(event, 'eventType')) {
    case 'Bounce':
      return bounced(objectAt(event, 'bounce'));
    case 'Complaint':
      return complained(objectAt(event, 'complaint'));
    case 'DeliveryDelay':
      return {
        action: 'delayed',
        diagnostic: textAt(objectAt(event, 'deliveryDelay'), 'delayType'),
      };
    default:
      return undefined;
  }
}

/** SES's word for it, where the refusing server gave no code. */
const codes: Record<string, string> = {
  NoEmail: '5.1.1',
  Suppressed: '5.1.1',
  OnAccountSuppressionList: '5.1.1',
  MailboxFull: '5.2.2',
  MessageTooLarge: '5.3.4',
  ContentRejected: '5.7.1',
  AttachmentRejected: '5.7.1',
};

function bounced(bounce: Json): ReturnFacts {
  const fallback = codes[textAt(bounce, 'bounceSubType')];
  const all = listAt(bounce, 'bouncedRecipients').map((one): ReturnFacts => {
    const diagnostic = textAt(one, 'diagnosticCode');
    return { action: 'failed', code: textAt(one, 'status') || fallback, diagnostic };
  });
  const hard = all.find((facts) => classifyReturn(facts) === 'hard');
  return hard ?? all[0] ?? { action: 'failed', code: fallback };
}

function complained(complaint: Json): ReturnFacts {
  const type = textAt(complaint, 'complaintFeedbackType');
  const diagnostic = `Feedback: ${type || 'complaint'}`;
  return type === 'not-spam'
    ? { action: 'delivered', diagnostic }
    : { isComplaint: true, diagnostic };
}
