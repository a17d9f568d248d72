// What a return means: a table over enhanced status codes (RFC 3463, RFC 7372, RFC 7505, and the codes that
// Google and Microsoft add). Pure.
import { days } from '../shared/clock.ts';
import type { ReturnKind, ReturnSource } from '../shared/words.ts';
import type { ReturnFacts } from './types.ts';

/** The address does not exist, never did, or takes no mail any more. */
const hardCodes = new Set(['5.1.1', '5.1.2', '5.1.3', '5.1.6', '5.1.10', '5.2.1']);
/** Not the end of the way, or a good end of it. */
const good = new Set(['delivered', 'relayed', 'expanded']);

/** What to make of a return. `unreadable` when the facts say nothing. */
export function classifyReturn(facts: ReturnFacts): ReturnKind {
  if (facts.isComplaint) return 'complaint';
  const action = facts.action?.trim().toLowerCase() ?? '';
  if (action === 'delayed') return 'delayed';
  if (good.has(action)) return 'other';
  const code = codeOf(facts);
  if (code !== null) return byCode(code, facts.diagnostic ?? '');
  const smtpCode = facts.smtpCode ?? smtpCodeIn(facts.diagnostic ?? '');
  if (smtpCode === undefined && action === '') return 'unreadable';
  if (smtpCode !== undefined && smtpCode < 400) return 'other';
  return accuses.test(facts.diagnostic ?? '') ? 'policy' : 'soft';
}

function byCode(code: string, diagnostic: string): ReturnKind {
  if (code.startsWith('2.')) return 'other';
  // Security and policy: whatever it is, it is not the address that does not exist.
  if (isPolicy(code)) return 'policy';
  if (hardCodes.has(code)) return 'hard';
  // Some say under a general code that they take us for spam.
  return isGeneral(code) && accuses.test(diagnostic) ? 'policy' : 'soft';
}

/**
 * The code that counts. Reporting servers often know no more than 5.0.0 where the server that refused
 * said it exactly; and where one of the two speaks of policy, that is believed.
 */
export function codeOf({ code, diagnostic }: ReturnFacts): string | null {
  const given = /^\s*([245]\.\d{1,3}\.\d{1,3})(?![\d.])/.exec(code ?? '')?.[1];
  const quoted = /(?:\b[245]\d\d[ -]|#)#?([245]\.\d{1,3}\.\d{1,3})(?!\d|\.\d)/.exec(
    diagnostic ?? '',
  )?.[1];
  if (given === undefined || quoted === undefined) return given ?? quoted ?? null;
  if (isPolicy(given) !== isPolicy(quoted)) return isPolicy(given) ? given : quoted;
  return isGeneral(given) ? quoted : given;
}

const isPolicy = (code: string) => /^[45]\.7\./.test(code);

/** `5.0.0`, `4.3.0` and the like: no more than that it failed, or in which part. */
const isGeneral = (code: string) => code.endsWith('.0');

function smtpCodeIn(diagnostic: string): number | undefined {
  const found = /(?:^|[\s;:])([245]\d\d)(?=[ -])/.exec(diagnostic)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Words that only a refusal of the sender has. */
const accuses =
  /\b(spam|spamhaus|unsolicited|dmarc|dkim|spf|(un)?authenticat\w*|(block|black|deny) ?list\w*|dnsbl|rbl|reputation|banned)\b|blocked using|sending (ip|domain|server)/i;

/** Bad credentials, SPF, DKIM, DMARC, reverse DNS, flood; Microsoft's banned senders and its 5.7.515. */
const ourCodes = /^5\.7\.(5|7|8|9|2\d|30|[5-7]\d\d)$/;

/** Exchange's rules of single mailboxes and groups, which speak of authentication too. */
const theirCodes = /^5\.7\.1[23]\d$/;

/**
 * Whether a `policy` return accuses the sender, so that the same would befall the next copies. A plain
 * 5.7.1 may as well be the rule of one mailbox; a 4.7.x passes.
 */
export function isOurFault(code: string | null, diagnostic: string): boolean {
  if (code !== null && (code.startsWith('4.') || theirCodes.test(code))) return false;
  return (code !== null && ourCodes.test(code)) || accuses.test(diagnostic);
}

/** A bounce without a status part: words of a mail system, for which nobody is blamed for good. */
export function guessReturn(text: string): ReturnKind {
  if (delaying.test(text)) return 'delayed';
  const kind = classifyReturn({ action: 'failed', diagnostic: text });
  return kind === 'hard' ? 'soft' : kind;
}

const delaying =
  /will (keep|continue)\b.{0,30}\btrying|will be retried|(has been|is) delayed|not been delivered yet|no action is required|this is a warning message only/is;

/** Soft returns of so many messages within this time amount to a hard one. */
export const softLimit = 5;
export const softWindow = days(7);

/**
 * The soft returns that count, from the ids of the notifications that came back softly and of the newest
 * one that did not come back although a later one did: what was sent before that reached somebody.
 */
export const countingSofts = (softIds: readonly number[], newestGood: number | undefined) =>
  new Set(softIds.filter((id) => id > (newestGood ?? 0))).size;

/** A policy return against a notification. */
export interface Accusation {
  source: ReturnSource;
  recipientId: number;
}

/** From so many recipients on, one report in the mailbox is not believed for all. */
const largeAudience = 100;
const enoughForLarge = 3;

/**
 * Whether `latest` is the one that must stop the notification. The relay and signed webhooks are believed
 * at once. A report in the mailbox proves only that its writer has had one of our mails: for a large
 * audience three recipients must have sent one. Only the deciding one stops it: once a person has let it
 * go on, more of the same say nothing new.
 */
export function decidesToPause(
  earlier: readonly Accusation[],
  latest: Accusation,
  audience: number,
): boolean {
  const enough = audience >= largeAudience ? enoughForLarge : 1;
  const isEnough = (all: readonly Accusation[]) =>
    all.some(({ source }) => source !== 'mailbox') ||
    new Set(all.map(({ recipientId }) => recipientId)).size >= enough;
  return !isEnough(earlier) && isEnough([...earlier, latest]);
}
