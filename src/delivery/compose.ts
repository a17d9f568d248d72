// From frozen content and a recipient to the bytes of one message. The same input makes the same bytes,
// so that a retry repeats the first attempt exactly and receivers can tell that it does.
import MailComposer from 'nodemailer/lib/mail-composer';
import { isBulk } from '../notifications/rules.ts';
import type { Claimed, MailContent } from '../notifications/types.ts';
import { parseAddress } from '../shared/address.ts';
import { hmac } from '../shared/ids.ts';
import { isSingleLine } from '../shared/text.ts';
import { confirmToken, manageToken, unsubscribeToken } from '../subscribers/tokens.ts';
import { webhookLinks } from '../webhooks/links.ts';
import { fillSlots } from '../templates/slots.ts';
import type { RecipientSlot } from '../templates/types.ts';
import type { OutgoingMail } from './types.ts';

/** Whose mail it is. */
export interface Sender {
  from: { name: string; address: string };
  replyTo: string | undefined;
  publicUrl: string;
  secretKey: string;
}

export async function compose(
  sender: Sender,
  claimed: Claimed,
  content: MailContent,
): Promise<OutgoingMail> {
  const to = onlyAddress(claimed.recipient.email ?? '');
  if (!isSingleLine(content.subject)) throw new Error('A subject must be one line.');
  const links = linksFor(sender, claimed);
  const { html, plain } = fillSlots(content, links);
  const messageId = messageIdOf(sender, claimed);
  const date = claimed.notification.createdAt;
  const envelope = { from: sender.from.address, to };
  const built = await new MailComposer({
    envelope,
    from: sender.from,
    to: { name: '', address: to },
    ...(sender.replyTo && { replyTo: sender.replyTo }),
    subject: content.subject,
    text: plain,
    html,
    messageId,
    date,
    headers: headersOf(sender, claimed, links),
    // For headers and for parts alike; lines of minified HTML are longer than SMTP allows.
    textEncoding: 'quoted-printable',
    encoding: 'quoted-printable',
    newline: 'win',
    baseBoundary: hmac(sender.secretKey, 'boundary', messageId).slice(0, 24),
    disableFileAccess: true,
    disableUrlAccess: true,
  })
    .compile()
    .build();
  return { messageId, envelope, raw: unfoldUnsubscribe(built), date };
}

/** Relays that refold this header break its signature: it leaves here as one line, as RFC 8058's senders do. */
function unfoldUnsubscribe(raw: Buffer): Buffer {
  const end = raw.indexOf('\r\n\r\n');
  const head = raw.toString('latin1', 0, end).replace(/^(List-Unsubscribe:)\r\n[ \t]+/m, '$1 ');
  return Buffer.concat([Buffer.from(head, 'latin1'), raw.subarray(end)]);
}

/** The stored address, byte for byte, or a fault: nothing that a parser could read as several (SECURITY T6). */
function onlyAddress(email: string): string {
  if (parseAddress(email)?.email === email) return email;
  throw new Error('A stored address is not one plain address.');
}

// Links

type Links = Partial<Record<RecipientSlot, string>>;

/** A recipient's own links. Their lifetimes start with the notification, so a retry repeats them. */
function linksFor({ publicUrl, secretKey }: Sender, { recipient, notification }: Claimed): Links {
  if (recipient.kind === 'account') return sampleLinks(publicUrl);
  const issued = notification.createdAt;
  if (recipient.kind === 'webhook') return webhookLinks(publicUrl, secretKey, recipient, issued);
  return {
    unsubscribe_url: `${publicUrl}/unsubscribe/${unsubscribeToken(secretKey, recipient)}`,
    manage_url: `${publicUrl}/subscriptions/manage/${manageToken(secretKey, recipient, issued)}`,
    ...(notification.kind === 'confirmation' && {
      confirm_url: `${publicUrl}/subscriptions/confirm/${confirmToken(secretKey, recipient, issued)}`,
    }),
  };
}

/** Someone who reads a test of a customers' mail has no subscription to manage. */
const sampleLinks = (publicUrl: string): Links => ({
  unsubscribe_url: `${publicUrl}/subscribe`,
  manage_url: `${publicUrl}/subscribe`,
  confirm_url: `${publicUrl}/subscribe`,
});

// Headers

const domainOf = (address: string) => address.slice(address.lastIndexOf('@') + 1);

/** The same for every attempt at a delivery, and unguessable from outside. */
function messageIdOf({ from, secretKey }: Sender, { notification, recipient }: Claimed): string {
  const delivery = `${notification.id}|${recipient.kind}|${recipient.id}`;
  const local = hmac(secretKey, 'message-id', delivery).slice(0, 32);
  return `<${local}@${domainOf(from.address)}>`;
}

function headersOf(sender: Sender, claimed: Claimed, links: Links): Record<string, string> {
  const { kind } = claimed.notification;
  const subscribed = claimed.recipient.kind === 'subscriber' && kind !== 'confirmation';
  return {
    ...threadHeaders(sender, claimed),
    ...(subscribed && listHeaders(sender, links)),
    'Auto-Submitted': 'auto-generated',
    // Never All or NDR: those would silence the bounces too.
    'X-Auto-Response-Suppress': 'DR, RN, NRN, OOF, AutoReply',
    ...(kind !== 'confirmation' && { Precedence: 'bulk' }),
    ...(isBulk(kind) && feedbackHeader(claimed)),
  };
}

/** One constant root, in the first mail too: mail programs thread by it. */
function threadHeaders({ from }: Sender, { notification }: Claimed): Record<string, string> {
  const { incidentPublicId, maintenancePublicId } = notification;
  if (incidentPublicId === null && maintenancePublicId === null) return {};
  const about =
    incidentPublicId === null
      ? `maintenance-${maintenancePublicId}`
      : `incident-${incidentPublicId}`;
  const root = `<${about}@${domainOf(from.address)}>`;
  return { References: root, 'In-Reply-To': root };
}

/** RFC 2919, RFC 8058. */
function listHeaders({ publicUrl }: Sender, links: Links): Record<string, string> {
  return {
    'List-Id': `<incidents.${new URL(publicUrl).hostname}>`,
    'List-Unsubscribe': `<${links.unsubscribe_url}>`,
    'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
  };
}

/** Gmail counts complaints per incident and stage by this. */
const feedbackHeader = ({ notification }: Claimed): Record<string, string> => {
  const about = notification.incidentPublicId ?? notification.maintenancePublicId;
  const stage = notification.stage ?? notification.kind;
  return { 'Feedback-ID': `${about}:${stage}:status:forthright` };
};
