// How an endpoint's answer is read, and when it is tried again. Pure.
import type { Claimed, Settlement } from '../notifications/types.ts';
import { hours, minutes, plus, seconds } from '../shared/clock.ts';
import type { Answer } from './post.ts';
import { redacted } from '../shared/redact.ts';

/** `ok` was taken; `gone` never wants to hear again; `busy` is well and asks for patience. */
export type Health = 'ok' | 'gone' | 'busy' | 'failing';

/** How long the next try waits after this many that counted: quick at first, then twice an hour. */
const delays = [seconds(10), seconds(30), minutes(2), minutes(10), minutes(30)];

/** ±20 %, so that endpoints behind one host that failed together do not come back together. */
export function retryDelay(attempts: number, random: number): number {
  const delay = delays[Math.min(attempts, delays.length) - 1] ?? seconds(10);
  return Math.round(delay * (0.8 + 0.4 * random));
}

/** Tries at a message that the endpoint refuses for what it is: others after it may be taken. */
const mostRefusals = 5;
/** Refusals that say nothing of the message itself: too slow, locked, too early, too many. */
const passing = new Set([408, 409, 423, 425, 429]);

export function healthAfter(answer: Answer): Health {
  if (answer.kind === 'fault') return 'failing';
  if (isTaken(answer.status)) return 'ok';
  if (answer.status === 410) return 'gone';
  return answer.status === 429 ? 'busy' : 'failing';
}

/** 2xx and nothing else: a redirect is followed nowhere and takes nothing (T22). */
const isTaken = (status: number) => status >= 200 && status < 300;

/** What becomes of a claimed message. `random` is from 0 to 1. */
export function webhookSettlement(
  answer: Answer,
  claimed: Claimed,
  now: Date,
  random: number,
): Settlement {
  const code = answer.kind === 'answer' ? answer.status : null;
  const reply = describe(answer);
  const as = (state: Settlement['state'], outcome: string): Settlement => ({
    state,
    charge: true,
    code,
    note: { outcome, reply },
  });
  if (answer.kind === 'answer' && isTaken(answer.status)) return as('sent', 'sent');
  if (code === 410) return as('failed', 'gone');
  const attempts = claimed.attempts + 1;
  const isRefused = code !== null && code >= 400 && code < 500 && !passing.has(code);
  const wait = Math.max(retryDelay(attempts, random), waitAsked(answer, now));
  const nextAt = plus(now, wait);
  if ((isRefused && attempts >= mostRefusals) || nextAt >= claimed.notification.expiresAt) {
    return as('failed', 'failed');
  }
  return { ...as('queued', 'retry'), nextAt };
}

/** The wait that `Retry-After` asks for: seconds or a date. Longer than a day is as good as never. */
export function waitAsked(answer: Answer, now: Date): number {
  if (answer.kind === 'fault' || answer.retryAfter === undefined) return 0;
  const text = answer.retryAfter.trim();
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Math.min(Number(text) * 1000, hours(48));
  const at = Date.parse(text);
  if (Number.isNaN(at)) return 0;
  return Math.min(Math.max(0, at - now.getTime()), hours(48));
}

/** An answer as the log keeps it: short, and without what may be a secret. */
export function describe(answer: Answer): string {
  if (answer.kind === 'fault') return `${redacted(answer.reason)} (${answer.ms} ms)`;
  const what = isRedirect(answer.status) ? ' A redirect is not followed.' : '';
  const text = redacted(answer.text.replaceAll(/<[^>]*>/g, ' ')).slice(0, 160);
  return `HTTP ${answer.status} in ${answer.ms} ms.${what}${text === '' ? '' : ` ${text}`}`;
}

const isRedirect = (status: number) => status >= 300 && status < 400;
