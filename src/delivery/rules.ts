// How refusals are read, and how long to wait after one. Pure: a table of SMTP's ways of saying no (RFC 5321, RFC 3463).
import type { Claimed, Settlement } from '../notifications/types.ts';
import { minutes, plus, seconds } from '../shared/clock.ts';
import { never } from '../shared/never.ts';
import type { Failure } from './types.ts';

const outcomes = ['retry', 'failed', 'relay_down', 'content_refused'] as const;

interface Verdict {
  /**
   * `retry`: this recipient later. `failed`: this recipient never. `relay_down`: nobody now, and
   * nobody's fault. `content_refused`: it would be the same for all others.
   */
  outcome: (typeof outcomes)[number];
  /** Whether the attempt counts against this recipient. */
  chargeRow: boolean;
  /** It may have arrived all the same. */
  ambiguous: boolean;
}

const retry: Verdict = { outcome: 'retry', chargeRow: true, ambiguous: false };
const maybeSent: Verdict = { outcome: 'retry', chargeRow: true, ambiguous: true };
const failed: Verdict = { outcome: 'failed', chargeRow: true, ambiguous: false };
const relayDown: Verdict = { outcome: 'relay_down', chargeRow: false, ambiguous: false };
const contentRefused: Verdict = {
  outcome: 'content_refused',
  chargeRow: false,
  ambiguous: false,
};

/** What to make of a failure. */
export function classify(failure: Failure): Verdict {
  const { responseCode, code } = failure;
  if (responseCode === 421) return relayDown;
  if (code !== null && credentialFaults.has(code)) return relayDown;
  if (responseCode === null) return classifySilence(failure);
  if (notSignedIn.has(responseCode)) return relayDown;
  const { command, reply } = failure;
  if (command === 'RCPT TO') return classifyRecipient(responseCode, reply);
  if (command === 'DATA') return classifyContent(responseCode, reply);
  if (command === 'MAIL FROM' && responseCode >= 500) return contentRefused;
  return relayDown;
}

const credentialFaults = new Set(['EAUTH', 'ENOAUTH', 'EOAUTH2', 'ETLS', 'EREQUIRETLS', 'EPROXY']);
/** Authentication required, refused, too weak, or wanting encryption. */
const notSignedIn = new Set([530, 534, 535, 538]);
const brokenLines = new Set(['ECONNECTION', 'ETIMEDOUT', 'ESOCKET', 'EDNS', 'EPROTOCOL']);

/** No reply at all. After the first byte of the message it may have been accepted (SECURITY T8). */
function classifySilence({ code, command, bodyStarted }: Failure): Verdict {
  if (code !== null && brokenLines.has(code)) return bodyStarted ? maybeSent : relayDown;
  // Larger than the relay says it takes.
  if (code === 'EMESSAGE' && command === 'MAIL FROM') return contentRefused;
  if (code === 'EENVELOPE') return failed;
  return bodyStarted ? maybeSent : retry;
}

function classifyRecipient(responseCode: number, reply: string): Verdict {
  if (responseCode < 500 || responseCode === 503) return retry;
  // Policy and authentication (SPF, DKIM, DMARC): about us, not about this address.
  return enhancedCode(reply)?.startsWith('5.7.') ? contentRefused : failed;
}

function classifyContent(responseCode: number, reply: string): Verdict {
  // Amazon SES throttles with this.
  if (responseCode === 454) return relayDown;
  if (responseCode < 500 || responseCode === 503) return retry;
  // Some relays ask the mailbox only after the message.
  return /^5\.[12]\./.test(enhancedCode(reply) ?? '') ? failed : contentRefused;
}

/** The enhanced status code of a reply, such as `5.1.1`, where it has one. */
export const enhancedCode = (reply: string): string | undefined =>
  /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(reply)?.[1];

/** Ambiguous attempts at the same bytes; each may have been one more copy (F-11). */
const mostAttemptsWhenAmbiguous = 8;

const rowDelays = [1, 5, 15, 30, 60].map(minutes);

/** How long a recipient's next attempt waits after `attempts` that counted. `random` is from 0 to 1. */
export function rowDelay(attempts: number, random: number): number {
  const delay = rowDelays[Math.min(attempts, rowDelays.length) - 1] ?? minutes(1);
  return jitter(delay, random);
}

/** How long to leave a relay alone after `failures` in a row. */
export const relayDelay = (failures: number) => (failures <= 1 ? seconds(10) : seconds(30));

/** ±20 %, so that a batch that failed together does not come back together. */
const jitter = (delay: number, random: number) => Math.round(delay * (0.8 + 0.4 * random));

/** What becomes of a claimed delivery after a failure. `random` is from 0 to 1. */
export function settlementAfter(
  failure: Failure,
  claimed: Claimed,
  now: Date,
  random: number,
): Settlement {
  const { outcome, ambiguous, chargeRow: charge } = classify(failure);
  const code = failure.responseCode;
  const reply = redactReply(failure.reply);
  const end = (): Settlement => ({
    state: 'failed',
    charge: true,
    code,
    note: { outcome: 'failed', reply },
  });
  switch (outcome) {
    case 'failed':
      return end();
    case 'relay_down': {
      // Later than others, so that a message the relay chokes on does not stand in their way.
      const nextAt = plus(now, relayDelay(2));
      return { state: 'queued', nextAt, charge, code: claimed.code, note: { outcome, reply } };
    }
    case 'content_refused': {
      // Refused once more after a person let it go on, or nobody else's mail either: this one ends.
      if (claimed.notification.lane === 'direct' || wasRefused(claimed.code)) return end();
      const held = { state: 'queued' as const, nextAt: now, charge, code };
      return { ...held, note: { outcome, reply }, pauseBecause: outcome };
    }
    case 'retry': {
      const attempts = claimed.attempts + 1;
      const nextAt = plus(now, rowDelay(attempts, random));
      const tooOften = ambiguous && attempts >= mostAttemptsWhenAmbiguous;
      if (tooOften || nextAt >= claimed.notification.expiresAt) return end();
      const note = { outcome: ambiguous ? 'ambiguous' : outcome, reply };
      return { state: 'queued', nextAt, charge, code, note };
    }
    default:
      return never(outcome);
  }
}

const wasRefused = (code: number | null) => code !== null && code >= 500 && code !== 503;

/** A reply fit to be kept: it may quote addresses and links, and be as long as it likes (S-45). */
export const redactReply = (reply: string) =>
  reply
    .replaceAll(/[^\s<>"'(),;:]+@[^\s<>"'(),;:]+/g, '<address>')
    .replaceAll(/https?:\/\/\S+/g, '<link>')
    .replaceAll(/[A-Za-z0-9_-]{24,}/g, '<id>')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 300);
