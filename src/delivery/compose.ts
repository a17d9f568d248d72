// From frozen content and a recipient to the bytes of one message. The same input makes the same bytes,
// so that a retry repeats the first attempt exactly and receivers can tell that it does. What all
// recipients share is encoded once; a copy is a few header lines and links between finished stretches.
import type { Config } from '../config.ts';
import { deliveryMarks } from '../notifications/delivery-mark.ts';
import type { Claimed, MailContent } from '../notifications/types.ts';
import { parseAddress } from '../shared/address.ts';
import { isSingleLine } from '../shared/text.ts';
import { confirmToken, manageToken, unsubscribeToken } from '../subscribers/tokens.ts';
import type { RecipientSlot } from '../templates/types.ts';
import { webhookLinks } from '../webhooks/links.ts';
import type { DkimSigner } from './dkim.ts';
import type { Field } from './header-field.ts';
import { commonFields, identityOf, type Identity, isListMail, ownFields } from './headers.ts';
import {
  bodyHash,
  encodeBody,
  type EncodedBody,
  encodeValues,
  isWireReady,
  splice,
  withoutEnd,
} from './segments.ts';
import type { OutgoingMail } from './types.ts';

interface Parts {
  config: Pick<Config, 'mailFrom' | 'mailReplyTo' | 'bounceDomain' | 'mailEvents'>;
  publicUrl: string;
  secretKey: string;
  /** Undefined: the relay signs. */
  sign?: DkimSigner | undefined;
}

export interface Composer {
  /** Rejects for content or an address that no message can be made of; never names the address. */
  compose(claimed: Claimed, content: MailContent): Promise<OutgoingMail>;
}

export function createComposer({ config, publicUrl, secretKey, sign }: Parts): Composer {
  const identity = identityOf(config, publicUrl);
  const marks = deliveryMarks(secretKey);
  const prepare = createPress(identity);
  return {
    async compose(claimed, content) {
      const { notification, recipient } = claimed;
      const to = onlyAddress(recipient.email ?? '');
      const { body, head } = prepare(claimed, content);
      const links = linksFor(publicUrl, secretKey, claimed);
      const values = encodeValues(body, links);
      const mark = marks.write({
        notificationId: notification.id,
        recipientKind: recipient.kind,
        recipientId: recipient.id,
      });
      const messageId = `<${mark}@${identity.domain}>`;
      const own = ownFields(to, messageId, head.isListMail ? links.unsubscribe_url : undefined);
      const signature = sign ? await sign([...own, ...head.fields], bodyHash(body, values)) : '';
      const lines = own.map(({ raw }) => raw).join('');
      const start = `${signature}${lines}${head.raw}\r\n`;
      const wire = splice(start, body, values);
      const isReady = body.isWireReady && [start, ...values].every(isWireReady);
      return {
        messageId,
        envelope: { from: bounceAddress(config, mark), to },
        raw: withoutEnd(wire),
        ...(isReady && { wire }),
        date: notification.createdAt,
      };
    },
  };
}

/** The stored address, byte for byte, or a fault: nothing that a parser could read as several (SECURITY T6). */
function onlyAddress(email: string): string {
  if (parseAddress(email)?.email === email) return email;
  throw new Error('A stored address is not one plain address.');
}

/** An envelope sender of the delivery's own says by itself what came back. */
const bounceAddress = ({ bounceDomain, mailFrom }: Parts['config'], mark: string) =>
  bounceDomain === undefined ? mailFrom.address : `b+${mark}@${bounceDomain}`;

// What recipients share

interface Head {
  isListMail: boolean;
  fields: Field[];
  raw: string;
}

interface Prepared {
  content: MailContent;
  body: EncodedBody;
  heads: Map<string, Head>;
}

/** As many contents as a sender has under way at once, and more. */
const mostKept = 16;

/** Encodes each content once, and the head that its recipients share. */
function createPress(identity: Identity) {
  const kept = new Map<string, Prepared>();

  function bodyOf(hash: string, content: MailContent): Prepared {
    const known = kept.get(hash);
    if (known && isSame(known.content, content)) return known;
    if (!isSingleLine(content.subject)) throw new Error('A subject must be one line.');
    const prepared = { content, body: encodeBody(content), heads: new Map<string, Head>() };
    keep(kept, hash, prepared);
    return prepared;
  }

  return ({ notification, recipient }: Claimed, content: MailContent) => {
    const { body, heads } = bodyOf(notification.contentSha256, content);
    const { kind, stage, incidentPublicId, maintenancePublicId, createdAt } = notification;
    const isSubscriber = recipient.kind === 'subscriber';
    const about = `${kind} ${stage} ${incidentPublicId} ${maintenancePublicId}`;
    const key = `${about} ${createdAt.getTime()} ${isSubscriber}`;
    const known = heads.get(key);
    if (known) return { body, head: known };
    const { boundary } = body;
    const facts = { ...notification, isSubscriber, subject: content.subject, boundary };
    const fields = commonFields(identity, facts);
    const raw = fields.map((one) => one.raw).join('');
    const head = { isListMail: isListMail(facts), fields, raw };
    keep(heads, key, head);
    return { body, head };
  };
}

const isSame = (a: MailContent, b: MailContent) =>
  a === b || (a.subject === b.subject && a.html === b.html && a.plain === b.plain);

/** Drops all rather than the oldest: whatever is still in use is soon made again. */
function keep<T>(kept: Map<string, T>, key: string, value: T): void {
  if (kept.size >= mostKept) kept.clear();
  kept.set(key, value);
}

// Links

type Links = Partial<Record<RecipientSlot, string>>;

/** A recipient's own links. Their lifetimes start with the notification, so a retry repeats them. */
function linksFor(
  publicUrl: string,
  secretKey: string,
  { recipient, notification }: Claimed,
): Links {
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
