// The variables about signing mail and about what comes back: DKIM, the bounce mailbox, providers' reports.
import { createPublicKey } from 'node:crypto';
import { resolve } from 'node:path';
import { type Fault, readHost, readPart, readPort } from './url.ts';

export interface DkimConfig {
  domain: string;
  selector: string;
  /** A PEM private key, RSA or Ed25519. */
  keyFile: string;
}

/** Where bounces are read. */
export interface BounceMailbox {
  protocol: 'imap' | 'pop3';
  host: string;
  port: number;
  /** TLS from the first byte (imaps, pop3s). */
  isSecure: boolean;
  checksCertificate: boolean;
  user: string;
  password: string;
  /** IMAP folder. */
  folder: string;
}

/** What each provider's reports are checked with; undefined: that intake is closed (404). */
export interface MailEventSecrets {
  /** standard-webhooks secret of the generic shape. */
  generic: string | undefined;
  /** The one SNS topic ARN that is listened to. */
  sesTopic: string | undefined;
  mailgunKey: string | undefined;
  /** `user:password` of basic authentication: Postmark signs nothing. */
  postmarkLogin: string | undefined;
  /** The verification key SendGrid shows (base64, DER). */
  sendgridKey: string | undefined;
}

type Get = (name: string) => string | undefined;

const domainPattern = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}$/i;

const selectorPattern =
  /^(?=.{1,100}$)[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?)*$/i;

/** All three variables, or none. */
export function readDkim(get: Get, fault: Fault): DkimConfig | undefined {
  const [domain, selector, keyFile] = ['DKIM_DOMAIN', 'DKIM_SELECTOR', 'DKIM_KEY_FILE'].map(get);
  if (!domain && !selector && !keyFile) return undefined;
  if (!domain || !selector || !keyFile) {
    fault('DKIM_DOMAIN, DKIM_SELECTOR and DKIM_KEY_FILE: set all three, or none.');
    return undefined;
  }
  if (!domainPattern.test(domain)) fault('DKIM_DOMAIN: a domain, like example.com.');
  if (!selectorPattern.test(selector)) {
    fault('DKIM_SELECTOR: letters, digits, dots and dashes, like 2026a.');
  }
  return { domain: domain.toLowerCase(), selector, keyFile: resolve(keyFile) };
}

/** The domain of the envelope sender; undefined: `MAIL_FROM`'s own address gets the bounces. */
export function readBounceDomain(get: Get, fault: Fault): string | undefined {
  const domain = get('BOUNCE_DOMAIN');
  if (domain === undefined) return undefined;
  if (!domainPattern.test(domain)) fault('BOUNCE_DOMAIN: a domain, like bounce.example.com.');
  return domain.toLowerCase();
}

const schemes: Record<string, { protocol: 'imap' | 'pop3'; isSecure: boolean; port: number }> = {
  'imap:': { protocol: 'imap', isSecure: false, port: 143 },
  'imaps:': { protocol: 'imap', isSecure: true, port: 993 },
  'pop3:': { protocol: 'pop3', isSecure: false, port: 110 },
  'pop3s:': { protocol: 'pop3', isSecure: true, port: 995 },
};

/** `imap[s]://user:password@host/FOLDER` or `pop3[s]://…`; `?certificate=any` trusts any certificate. */
export function readBounceMailbox(get: Get, told: Fault): BounceMailbox | undefined {
  const text = get('BOUNCE_URL');
  if (text === undefined) return undefined;
  const fault = (words: string) => told(`BOUNCE_URL: ${words}`);
  const url = URL.parse(text);
  const scheme = url ? schemes[url.protocol] : undefined;
  if (!url || !scheme || !url.hostname || !url.username || !url.password || url.hash) {
    fault(
      'imaps://user:password@host/INBOX or pop3s://user:password@host, with special characters percent-encoded.',
    );
    return undefined;
  }
  for (const [name, value] of url.searchParams) {
    if (name !== 'certificate' || value !== 'any') {
      fault(
        'the only option is certificate=any, for a mailbox with a certificate of its own making.',
      );
    }
  }
  const { protocol, isSecure } = scheme;
  return {
    protocol,
    host: readHost(url, fault),
    port: readPort(url, scheme.port, fault),
    isSecure,
    checksCertificate: url.searchParams.get('certificate') !== 'any',
    user: readPart(url.username, fault),
    password: readPart(url.password, fault),
    folder: readPart(url.pathname.slice(1), fault) || 'INBOX',
  };
}

export function readMailEventSecrets(get: Get, fault: Fault): MailEventSecrets {
  const generic = get('MAIL_EVENTS_SECRET');
  if (generic !== undefined && !/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/.test(generic)) {
    fault('MAIL_EVENTS_SECRET: whsec_ and at least 24 random bytes in base64.');
  }
  const sesTopic = get('MAIL_EVENTS_SES_TOPIC');
  if (sesTopic !== undefined && !/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:\S+$/.test(sesTopic)) {
    fault('MAIL_EVENTS_SES_TOPIC: the ARN of an SNS topic.');
  }
  const postmarkLogin = get('MAIL_EVENTS_POSTMARK_LOGIN');
  if (postmarkLogin !== undefined && !/^[^:]+:.{12,}$/.test(postmarkLogin)) {
    fault('MAIL_EVENTS_POSTMARK_LOGIN: user:password, the password of at least 12 characters.');
  }
  const mailgunKey = get('MAIL_EVENTS_MAILGUN_KEY');
  if (mailgunKey !== undefined && mailgunKey.length < 20) {
    fault('MAIL_EVENTS_MAILGUN_KEY: the "HTTP webhook signing key" that Mailgun shows.');
  }
  const sendgridKey = get('MAIL_EVENTS_SENDGRID_KEY');
  if (sendgridKey !== undefined && !isVerificationKey(sendgridKey)) {
    fault('MAIL_EVENTS_SENDGRID_KEY: the "Verification Key" that SendGrid shows.');
  }
  return { generic, sesTopic, mailgunKey, postmarkLogin, sendgridKey };
}

/** SendGrid signs with ECDSA. */
function isVerificationKey(text: string): boolean {
  try {
    const key = Buffer.from(text, 'base64');
    return createPublicKey({ key, format: 'der', type: 'spki' }).asymmetricKeyType === 'ec';
  } catch {
    return false;
  }
}
