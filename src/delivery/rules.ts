// How refusals are read, and how long to wait after one. Pure: a table of SMTP's ways of saying no (RFC 5321, RFC 3463).
import type { Claimed, Settlement } from '../notifications/types.ts';
import { minutes, plus, seconds } from '../shared/clock.ts';
import { never } from '../shared/never.ts';
import { redacted } from '../shared/redact.ts';
import type { Failure } from './types.ts';

const outcomes = ['retry', 'failed', 'relay_busy', 'relay_down', 'content_refused'] as const;

export interface Verdict {
  /**
   * `retry`: this recipient later. `failed`: this recipient never. `relay_busy`: it takes mail, but no more just
   * now. `relay_down`: nobody now, and nobody's fault. `content_refused`: it would be the same for all others.
   */
  outcome: (typeof outcomes)[number];
  /** Whether the attempt counts against this recipient. */
  chargeRow: boolean;
  /** It may have arrived all the same. */
  ambiguous: boolean;
  /** The relay asks for less. */
  slowDown: boolean;
}

const plain = { chargeRow: false, ambiguous: false, slowDown: false };
const retry: Verdict = { ...plain, outcome: 'retry', chargeRow: true };
const retrySlower: Verdict = { ...retry, slowDown: true };
const maybeSent: Verdict = { ...retry, ambiguous: true };
const failed: Verdict = { ...plain, outcome: 'failed', chargeRow: true };
const relayBusy: Verdict = { ...plain, outcome: 'relay_busy', slowDown: true };
const relayDown: Verdict = { ...plain, outcome: 'relay_down' };
const contentRefused: Verdict = { ...plain, outcome: 'content_refused' };

/** What to make of a failure. */
export function classify(failure: Failure): Verdict {
  const { responseCode, code, command, bodyStarted } = failure;
  if (responseCode === 421) return classifyHangUp(failure);
  if (code !== null && credentialFaults.has(code)) return relayDown;
  if (responseCode === null) return classifySilence(failure);
  if (notSignedIn.has(responseCode)) return relayDown;
  // An answer to some other question: whatever this relay speaks, it is not what we understand.
  if (responseCode < 400 || responseCode > 599) return bodyStarted ? maybeSent : relayDown;
  if (command === 'RCPT TO') return classifyRecipient(failure, responseCode);
  if (command === 'DATA') return classifyContent(failure, responseCode);
  if (command === 'MAIL FROM') return classifySender(responseCode);
  return relayDown;
}

const credentialFaults = new Set(['EAUTH', 'ENOAUTH', 'EOAUTH2', 'ETLS', 'EREQUIRETLS', 'EPROXY']);
/** Authentication required, refused, too weak, or wanting encryption. */
const notSignedIn = new Set([530, 534, 535, 538]);

/** In a conversation it asks for less. Before one, nobody is let in; a relay that has enough lines of ours minds no pace. */
function classifyHangUp({ code, command, reply }: Failure): Verdict {
  const isTurnedAway = code !== null && (code === 'EPROTOCOL' || credentialFaults.has(code));
  if (!isTurnedAway && command !== 'EHLO' && command !== 'HELO') return relayBusy;
  return { ...relayDown, slowDown: !/too many .*(connections|sessions)/i.test(reply) };
}

/** No reply that could be read. After the first byte of the message it may have been accepted (SECURITY T8). */
function classifySilence({ code, command, bodyStarted }: Failure): Verdict {
  // Larger than the relay says it takes.
  if (code === 'EMESSAGE' && command === 'MAIL FROM') return contentRefused;
  // Not an address that can be said.
  if (code === 'EENVELOPE' && (command === 'API' || bodyStarted)) return failed;
  if (bodyStarted) return maybeSent;
  return code !== null && brokenLines.has(code) ? relayDown : retry;
}

const brokenLines = new Set([
  'ECONNECTION',
  'EDNS',
  'EENVELOPE',
  'EPROTOCOL',
  'ESOCKET',
  'ETIMEDOUT',
]);

/** 4yz, and 503: the conversation went wrong, not the message. */
const isTransient = (responseCode: number) => responseCode < 500 || responseCode === 503;

function classifySender(responseCode: number): Verdict {
  if (responseCode === 503) return retry;
  return isTransient(responseCode) ? relayBusy : contentRefused;
}

function classifyRecipient({ reply }: Failure, responseCode: number): Verdict {
  if (isTransient(responseCode)) return asksForLess(reply) ? retrySlower : retry;
  return isAboutUs(reply) ? contentRefused : failed;
}

function classifyContent({ reply }: Failure, responseCode: number): Verdict {
  // Amazon SES throttles with this.
  if (responseCode === 454) return relayBusy;
  if (isTransient(responseCode)) return asksForLess(reply) ? retrySlower : retry;
  // Some relays ask the mailbox only after the message.
  return /^5\.(1\.(?![78]$)|2\.)/.test(enhancedCode(reply) ?? '') ? failed : contentRefused;
}

/** Policy for now. Greylisting is a policy too, but the pace does not matter to it. */
const asksForLess = (reply: string) =>
  enhancedCode(reply)?.startsWith('4.7.') === true && !/gr[ae]y-?list/i.test(reply);

/**
 * Refused at the recipient's turn, but for what we are or send: policy and authentication (SPF, DKIM, DMARC),
 * our sender address, the message's size. Without a code of that kind the words must do.
 */
function isAboutUs(reply: string): boolean {
  const enhanced = enhancedCode(reply);
  if (enhanced !== undefined && !/^5\.[05]\.0$/.test(enhanced)) {
    return /^5\.(7\.|6\.|1\.[78]$|3\.4$)/.test(enhanced);
  }
  return aboutUs.test(reply);
}

const aboutUs =
  /\b(spf|dkim|dmarc|dnsbl|rbl|spamhaus|black-?list(ed)?|block-?list(ed)?|spam)\b|\brelay(ing)?( access)? (is )?(denied|not permitted|not allowed|prohibited)/i;

/** The enhanced status code of a reply (RFC 3463), such as `5.1.1`, where it has one. */
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
  const reply = redacted(failure.reply);
  const end = (): Settlement => ({
    state: 'failed',
    charge: true,
    code,
    note: { outcome: ambiguous ? 'ambiguous' : 'failed', reply },
  });
  switch (outcome) {
    case 'failed':
      return end();
    case 'relay_busy':
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
