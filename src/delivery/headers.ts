// The head of every mail: which headers go on which kind, and what they say. Pure.
import type { Config } from '../config.ts';
import { isBulk } from '../notifications/rules.ts';
import type { Claimed, NotificationKind } from '../notifications/types.ts';
import { derivedId } from '../shared/ids.ts';
import { encodeNamed, encodeText, type Field, field } from './header-field.ts';

/** Whose mail it is, spelled out once. */
export interface Identity {
  /** Of the visible sender; Message-IDs live there too. */
  domain: string;
  from: string;
  replyTo: string | undefined;
  listId: string;
  /** Postmark puts its own Message-ID in place of ours, and with it the mark, unless asked not to. */
  asksPostmarkToKeepIds: boolean;
  /** Names us to Gmail's statistics: 5 to 15 characters, the same for ever. */
  senderId: string;
}

export function identityOf(
  { mailFrom, mailReplyTo, mailEvents }: Pick<Config, 'mailFrom' | 'mailReplyTo' | 'mailEvents'>,
  publicUrl: string,
): Identity {
  const { name, address } = mailFrom;
  const domain = address.slice(address.lastIndexOf('@') + 1);
  // An IPv6 address has no place in a list's id.
  const host = new URL(publicUrl).hostname.replaceAll(/[^a-z0-9.-]+/g, '-');
  return {
    domain,
    from: encodeNamed(name, address),
    replyTo: mailReplyTo,
    listId: encodeNamed(`${name} incidents`.trim(), `incidents.${host}`),
    asksPostmarkToKeepIds: mailEvents.postmarkLogin !== undefined,
    senderId: derivedId(`feedback sender ${domain}`),
  };
}

/** What all copies of a notification have in common. */
export type CommonFacts = Pick<
  Claimed['notification'],
  'kind' | 'stage' | 'incidentPublicId' | 'maintenancePublicId' | 'createdAt'
> & { isSubscriber: boolean; subject: string; boundary: string };

/** The headers that are the same for every recipient of one kind. */
export function commonFields(identity: Identity, facts: CommonFacts): Field[] {
  const { kind, createdAt, boundary } = facts;
  return [
    field('From', identity.from),
    ...(identity.replyTo === undefined ? [] : [field('Reply-To', identity.replyTo)]),
    field('Subject', encodeText(facts.subject)),
    field('Date', createdAt.toUTCString().replace('GMT', '+0000')),
    ...threadFields(identity, facts),
    ...(isListMail(facts) ? listFields(identity) : []),
    // RFC 3834.
    field('Auto-Submitted', 'auto-generated'),
    // Never All or NDR: those would silence the bounces too.
    field('X-Auto-Response-Suppress', 'DR, RN, NRN, OOF, AutoReply'),
    ...(isOptIn(kind) ? [] : [field('Precedence', 'bulk')]),
    ...(isBulk(kind) ? [feedbackField(identity, facts)] : []),
    ...(identity.asksPostmarkToKeepIds ? [field('X-PM-KeepID', 'true')] : []),
    field('MIME-Version', '1.0'),
    field('Content-Type', `multipart/alternative; boundary="${boundary}"`),
  ];
}

/** The headers of one copy. `unsubscribeUrl` where this mail has a list to leave. */
export const ownFields = (
  to: string,
  messageId: string,
  unsubscribeUrl: string | undefined,
): Field[] => [
  field('To', to),
  field('Message-ID', messageId),
  // Relays that fold this one break its signature.
  ...(unsubscribeUrl === undefined
    ? []
    : [field('List-Unsubscribe', `<${unsubscribeUrl}>`, { isFolded: false })]),
];

/** Mail that asks whether somebody wants mail is no bulk mail. */
const isOptIn = (kind: NotificationKind) =>
  kind === 'confirmation' || kind === 'webhook_confirmation';

/** Whether it goes to somebody who is on the list, and can leave it. */
export const isListMail = ({
  kind,
  isSubscriber,
}: Pick<CommonFacts, 'kind' | 'isSubscriber'>): boolean => isSubscriber && !isOptIn(kind);

/** One constant root, in the first mail too: mail programs thread by it. */
function threadFields({ domain }: Identity, facts: CommonFacts): Field[] {
  const { incidentPublicId: incident, maintenancePublicId: maintenance } = facts;
  if (incident === null && maintenance === null) return [];
  const about = incident === null ? `maintenance-${maintenance}` : `incident-${incident}`;
  const root = `<${about}@${domain}>`;
  return [field('In-Reply-To', root), field('References', root)];
}

/** RFC 2919, RFC 8058. */
const listFields = ({ listId }: Identity): Field[] => [
  field('List-Id', listId),
  field('List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'),
];

/** Gmail counts complaints per incident and stage by this. */
function feedbackField({ senderId }: Identity, facts: CommonFacts): Field {
  const about = facts.incidentPublicId ?? facts.maintenancePublicId ?? 'none';
  return field('Feedback-ID', `${about}:${facts.stage ?? facts.kind}:status:${senderId}`);
}
