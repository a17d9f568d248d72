// Twilio SendGrid's event webhook: ECDSA over time and body with the key its settings show.
import { createPublicKey, verify } from 'node:crypto';
import { assemble } from '../assemble.ts';
import type { EventRequest, Marking, Report, ReturnFacts } from '../types.ts';
import { assertRecent, notGenuine } from './genuine.ts';
import { type Json, mustBeList, parseJson, textAt } from './json.ts';

const mostEvents = 10_000;

/** Throws `unauthenticated` unless it is signed by the key just now. */
export function checkSendgrid(key: string, { header, body }: EventRequest, now: Date): void {
  const timestamp = header('x-twilio-email-event-webhook-timestamp');
  const signature = Buffer.from(header('x-twilio-email-event-webhook-signature'), 'base64');
  const signed = Buffer.concat([Buffer.from(timestamp), body]);
  if (!isSigned(key, signed, signature)) throw notGenuine();
  assertRecent(timestamp, now);
}

function isSigned(key: string, signed: Buffer, signature: Buffer): boolean {
  try {
    const der = Buffer.from(key, 'base64');
    const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
    return verify('sha256', signed, publicKey, signature);
  } catch {
    return false;
  }
}

export const readSendgrid = ({ body }: EventRequest, marking: Marking): Report[] =>
  mustBeList(parseJson(body), mostEvents).flatMap((event) => {
    const facts = factsOf(event);
    if (!facts) return [];
    return [
      assemble(marking, {
        source: 'sendgrid',
        facts,
        addresses: [],
        messageIds: [textAt(event, 'smtp-id')],
        identity: textAt(event, 'sg_event_id') || JSON.stringify(event),
      }),
    ];
  });

function factsOf(event: Json): ReturnFacts | undefined {
  const diagnostic = textAt(event, 'reason') || textAt(event, 'response');
  const code = textAt(event, 'status');
  switch (textAt(event, 'event')) {
    case 'bounce':
      return { action: 'failed', code, diagnostic };
    case 'deferred':
      return { action: 'delayed', code, diagnostic };
    case 'dropped':
      return dropped(diagnostic);
    case 'spamreport':
      return { isComplaint: true, diagnostic: 'Feedback: spam report' };
    default:
      return undefined;
  }
}

/** Not tried, for what SendGrid knew of the address. */
function dropped(reason: string): ReturnFacts {
  if (/bounced address/i.test(reason)) {
    return { action: 'failed', code: '5.1.1', diagnostic: reason };
  }
  if (/^invalid/i.test(reason)) return { action: 'failed', code: '5.1.3', diagnostic: reason };
  if (/spam reporting/i.test(reason)) return { isComplaint: true, diagnostic: reason };
  if (/spam content/i.test(reason)) {
    return { action: 'failed', code: '5.7.1', diagnostic: reason };
  }
  return { action: 'delivered', diagnostic: reason };
}
