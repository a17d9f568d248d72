// Mailgun's webhooks: HMAC-SHA256 over time and token with the account's signing key.
import { createHmac } from 'node:crypto';
import { sameSecret } from '../../shared/ids.ts';
import { assemble } from '../assemble.ts';
import type { EventRequest, Marking, Report, ReturnFacts } from '../types.ts';
import { assertRecent, notGenuine } from './genuine.ts';
import { type Json, mustBeObject, numberAt, objectAt, parseJson, textAt } from './json.ts';

/** Throws `unauthenticated` unless it is signed by the key just now. Answers the token, which may be used once. */
export function checkMailgun(key: string, { body }: EventRequest, now: Date): string {
  const signature = objectAt(mustBeObject(parseJson(body)), 'signature');
  const [timestamp, token] = [textAt(signature, 'timestamp'), textAt(signature, 'token')];
  const ours = createHmac('sha256', key)
    .update(timestamp + token)
    .digest('hex');
  if (token === '' || !sameSecret(textAt(signature, 'signature'), ours)) throw notGenuine();
  assertRecent(timestamp, now);
  return token;
}

export function readMailgun({ body }: EventRequest, marking: Marking): Report[] {
  const event = objectAt(mustBeObject(parseJson(body)), 'event-data');
  const facts = factsOf(event);
  if (!facts) return [];
  const headers = objectAt(objectAt(event, 'message'), 'headers');
  return [
    assemble(marking, {
      source: 'mailgun',
      facts,
      addresses: [textAt(objectAt(event, 'envelope'), 'sender')],
      messageIds: [textAt(headers, 'message-id')],
      identity: textAt(event, 'id') || JSON.stringify(event),
    }),
  ];
}

/** Mailgun's own codes: it did not try, because the address had bounced before, or its holder complained. */
const bouncedBefore = 605;
const complainedBefore = 607;

function factsOf(event: Json): ReturnFacts | undefined {
  const status = objectAt(event, 'delivery-status');
  const diagnostic = textAt(status, 'message') || textAt(status, 'description');
  const kind = textAt(event, 'event');
  if (kind === 'complained') return { isComplaint: true, diagnostic: 'Feedback: complained' };
  if (kind !== 'failed') return undefined;
  const smtpCode = numberAt(status, 'code');
  const reason = textAt(event, 'reason');
  if (smtpCode === complainedBefore || reason === 'suppress-complaint') {
    return { isComplaint: true, diagnostic };
  }
  if (smtpCode === bouncedBefore || reason === 'suppress-bounce') {
    return { action: 'failed', code: '5.1.1', diagnostic };
  }
  if (reason === 'suppress-unsubscribe') return { action: 'delivered', diagnostic };
  // Temporary: Mailgun goes on trying and tells how it ended.
  const action = textAt(event, 'severity') === 'temporary' ? 'delayed' : 'failed';
  return { action, code: textAt(status, 'enhanced-code'), smtpCode, diagnostic };
}
