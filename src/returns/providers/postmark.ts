// Postmark's webhooks, which are not signed: basic authentication over TLS stands in for it. Its `MessageID`
// is Postmark's own. A mark reaches it in metadata (`X-PM-Metadata-…` on the message), or in the bounced
// mail's own head where the webhook is set to include it and the message kept its id (`X-PM-KeepID`).
import { sameSecret } from '../../shared/ids.ts';
import { assemble } from '../assemble.ts';
import { fieldGroups } from '../fields.ts';
import type { EventRequest, Marking, Report, ReturnFacts } from '../types.ts';
import { notGenuine } from './genuine.ts';
import { type Json, mustBeObject, objectAt, parseJson, textAt } from './json.ts';

/** Throws `unauthenticated` unless the login is right. */
export function checkPostmark(login: string, { header }: EventRequest): void {
  const given = /^basic +([A-Za-z0-9+/=]{1,1000})$/i.exec(header('authorization'))?.[1] ?? '';
  if (!sameSecret(Buffer.from(given, 'base64').toString('utf8'), login)) throw notGenuine();
}

export function readPostmark({ body }: EventRequest, marking: Marking): Report[] {
  const event = mustBeObject(parseJson(body));
  const kind = textAt(event, 'RecordType');
  if (kind !== 'Bounce' && kind !== 'SpamComplaint') return [];
  const metadata = Object.values(objectAt(event, 'Metadata'));
  return [
    assemble(marking, {
      source: 'postmark',
      facts: kind === 'Bounce' ? factsOf(event) : complaint,
      addresses: [],
      messageIds: [...metadata.flatMap(markIn), ...idsOfOriginal(textAt(event, 'Content'))],
      identity: `${kind}\n${textAt(event, 'ID') || JSON.stringify(event)}`,
    }),
  ];
}

const complaint: ReturnFacts = { isComplaint: true, diagnostic: 'Feedback: spam complaint' };

const markIn = (value: unknown) => (typeof value === 'string' ? [`<${value}@mark>`] : []);

/** Message-IDs of any head in the raw bounce: what is no mark of ours counts for nothing. */
const idsOfOriginal = (content: string) =>
  fieldGroups(content).flatMap((group) => group.get('message-id') ?? []);

/** What Postmark makes of a bounce, where the refusing server gave no code. */
const codes: Record<string, string> = {
  HardBounce: '5.1.1',
  BadEmailAddress: '5.1.3',
  ManuallyDeactivated: '5.2.1',
  SoftBounce: '5.2.0',
  DnsError: '5.4.4',
  Blocked: '5.7.1',
  SpamNotification: '5.7.1',
  VirusNotification: '5.7.1',
  DMARCPolicy: '5.7.26',
};
/** No bounces: answers, and requests that a person made. */
const answers = new Set([
  'Unsubscribe',
  'Subscribe',
  'AutoResponder',
  'AddressChange',
  'ChallengeVerification',
  'OpenRelayTest',
]);

function factsOf(event: Json): ReturnFacts {
  const type = textAt(event, 'Type');
  const diagnostic = textAt(event, 'Details') || textAt(event, 'Description');
  if (type === 'SpamComplaint') return complaint;
  if (answers.has(type)) return { action: 'delivered', diagnostic };
  // Postmark goes on trying.
  if (type === 'Transient') return { action: 'delayed', diagnostic };
  const said = /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(diagnostic)?.[0];
  return { action: 'failed', code: said ?? codes[type], diagnostic };
}
