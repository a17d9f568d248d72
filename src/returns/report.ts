// Reads a message that came to the bounce address: delivery status (RFC 3464, 6533), complaint (RFC 5965),
// a bounce in a mail system's own words, or an answer by a machine. Whose it is, only our mark says.
import PostalMime, { type Email } from 'postal-mime';
import { sha256 } from '../shared/ids.ts';
import type { ReturnKind, ReturnSource } from '../shared/words.ts';
import { verdictOf } from './assemble.ts';
import { deliveryOf } from './attribution.ts';
import { fieldGroups, fieldOf, type Fields, withoutType } from './fields.ts';
import { classifyReturn, guessReturn } from './rules.ts';
import type { Marking, Report, ReturnFacts } from './types.ts';

/** Bytes of a report that are looked at; attachments may follow. */
export const mostRead = 256 * 1024;
const mostHeaders = 64 * 1024;
const deepest = 20;

/** A parsed message with what is asked of it again and again. */
interface Mail {
  email: Email;
  source: ReturnSource;
  digest: string;
  marking: Marking;
}

/** Understands one raw message. Never rejects: what cannot be read is `unreadable`. */
export async function readReport(
  raw: Buffer,
  source: ReturnSource,
  marking: Marking,
): Promise<Report> {
  const digest = sha256(raw);
  const email = await parse(raw.subarray(0, mostRead));
  if (!email) return plain(source, digest, 'unreadable', 'The message could not be parsed.');
  return understand({ email, source, digest, marking });
}

async function parse(raw: Buffer): Promise<Email | undefined> {
  try {
    return await PostalMime.parse(raw, {
      // The original is evidence, not text.
      forceRfc822Attachments: true,
      maxHeadersSize: mostHeaders,
      maxNestingDepth: deepest,
    });
  } catch {
    return undefined;
  }
}

function understand(mail: Mail): Report {
  const { email, source, digest } = mail;
  const feedback = partText(email, ['message/feedback-report']);
  if (feedback !== undefined) return complaint(mail, fieldGroups(feedback)[0] ?? new Map());
  if (isOldComplaint(email)) return complaint(mail, new Map([['feedback-type', ['abuse']]]));
  const status = partText(email, ['message/delivery-status', 'message/global-delivery-status']);
  const isBounce = status !== undefined || isBounceLike(email);
  if (isBounce && !hasNullSender(email)) {
    return plain(source, digest, 'unreadable', 'A bounce that does not come from the null sender.');
  }
  if (status !== undefined) return deliveryStatus(mail, fieldGroups(status));
  if (isBounce) return ownWords(mail);
  if (isAnswer(email)) return plain(source, digest, 'other', 'An answer by a machine.');
  return plain(source, digest, 'unreadable', 'Neither a bounce nor a complaint.');
}

const plain = (source: ReturnSource, digest: string, kind: ReturnKind, detail: string): Report => ({
  source,
  kind,
  delivery: undefined,
  code: null,
  detail,
  digest,
  isOurFault: false,
});

// Delivery status

/** Worst, or most final, first. */
const severity: ReturnKind[] = ['hard', 'soft', 'policy', 'delayed', 'other', 'unreadable'];

/** Our mails have one recipient: further groups are where it was passed on to, and the worst counts. */
function deliveryStatus(mail: Mail, groups: Fields[]): Report {
  const said = groups.filter(isOfRecipient).map(factsOf);
  const [worst = {}] = said.toSorted((a, b) => rank(a) - rank(b));
  return withFacts(mail, worst);
}

const rank = (facts: ReturnFacts) => severity.indexOf(classifyReturn(facts));

const isOfRecipient = (group: Fields) =>
  ['final-recipient', 'original-recipient', 'action', 'status'].some((name) => group.has(name));

const factsOf = (group: Fields): ReturnFacts => ({
  action: withoutComment(fieldOf(group, 'action')),
  code: fieldOf(group, 'status'),
  diagnostic: withoutType(fieldOf(group, 'diagnostic-code')),
});

const withoutComment = (value: string) => value.replace(/[\s(;].*$/s, '');

// Complaints

const complaints = new Set(['abuse', 'fraud', 'virus', 'opt-out', 'opt-out-list']);

function complaint(mail: Mail, fields: Fields): Report {
  const type = fieldOf(fields, 'feedback-type').toLowerCase();
  const said = `Feedback: ${/^[a-z-]{1,30}$/.test(type) ? type : 'of no known type'}`;
  if (!complaints.has(type)) return withFacts(mail, { action: 'delivered', diagnostic: said });
  return withFacts(mail, { isComplaint: true, diagnostic: said });
}

/** Outlook.com's older junk mail reports: the mail itself in a message from staff@hotmail.com. */
const isOldComplaint = (email: Email) =>
  addressOf(email) === 'staff@hotmail.com' && email.attachments.some(isOriginal);

// Bounces in a mail system's own words

const bounceSubjects =
  /^(re: )?(undeliver(ed|able)|undelivered mail|mail delivery (failed|failure|system|subsystem)|delivery (status )?(notification|failure|has failed|failed)|failure notice|returned mail|message (delivery )?(failed|delayed)|warning: (message|could not send)|non remis|unzustellbar)/i;

function isBounceLike(email: Email): boolean {
  if (headersOf(email, 'x-failed-recipients').length > 0) return true;
  if (/^Hi\. This is the\b.{0,80}\bprogram\b/is.test(email.text ?? '')) return true;
  const [local] = addressOf(email).split('@');
  const isFromSystem = ['mailer-daemon', 'postmaster', 'mail-daemon'].includes(local ?? '');
  return isFromSystem && bounceSubjects.test(email.subject ?? '');
}

function ownWords(mail: Mail): Report {
  const text = aboveTheCopy(mail.email.text ?? '');
  const report = withFacts(mail, { action: 'failed', diagnostic: reasonIn(text) });
  return { ...report, kind: guessReturn(text), isOurFault: false };
}

/** What stands above the returned mail: our own words are no reason. */
function aboveTheCopy(text: string): string {
  const at = text.search(
    /^-{2,}.{0,20}(below this line|this is a copy|original message|returned message|unsent message|the body of)/im,
  );
  return text.slice(0, at < 0 ? 4000 : Math.min(at, 4000));
}

/** The lines around the first code. */
function reasonIn(text: string): string {
  const at = text.search(/\b[45]\d\d[ -]|#[45]\.\d/);
  return at < 0 ? text : text.slice(at, at + 500);
}

/** Auto-replies and out-of-office notes (RFC 3834), and those from before it. */
const isAnswer = (email: Email) =>
  headersOf(email, 'auto-submitted').some((value) => /^auto-(replied|notified)/i.test(value)) ||
  ['x-autoreply', 'x-autorespond', 'x-auto-response-suppress'].some(
    (name) => headersOf(email, name).length > 0,
  ) ||
  headersOf(email, 'precedence').some((value) => /^auto.?reply/i.test(value)) ||
  /^(auto(matic)?[ -]?(reply|response)|out of (the )?office|abwesen|réponse automatique)/i.test(
    email.subject ?? '',
  );

// The message's parts and heads

function withFacts({ email, source, digest, marking }: Mail, facts: ReturnFacts): Report {
  const delivery = deliveryOf(marking, envelopeOf(email), messageIdsOf(email));
  return { source, ...verdictOf(facts), delivery, digest };
}

/** Where our envelope sender stands in what is sent back to it; the nearest to the mailbox first. */
const envelopeOf = (email: Email) =>
  ['delivered-to', 'x-original-to', 'envelope-to', 'x-envelope-to', 'x-delivered-to', 'to'].flatMap(
    (name) => headersOf(email, name),
  );

/** The original's Message-ID in part three, and what the report says it answers to. */
const messageIdsOf = (email: Email) => [
  ...email.attachments.filter(isOriginal).flatMap(originalIds),
  ...['in-reply-to', 'references'].flatMap((name) => headersOf(email, name)),
];

type Part = Email['attachments'][number];

const isOriginal = ({ mimeType }: Part) =>
  ['message/rfc822', 'message/global', 'text/rfc822-headers', 'message/global-headers'].includes(
    mimeType,
  );

const originalIds = (part: Part) =>
  fieldGroups(textOf(part).slice(0, mostHeaders))[0]?.get('message-id') ?? [];

function partText(email: Email, types: string[]): string | undefined {
  const part = email.attachments.find(({ mimeType }) => types.includes(mimeType));
  return part && textOf(part);
}

const textOf = ({ content }: Part) =>
  typeof content === 'string'
    ? content
    : Buffer.from(content instanceof ArrayBuffer ? new Uint8Array(content) : content).toString(
        'utf8',
      );

const headersOf = (email: Email, name: string) =>
  email.headers.filter(({ key }) => key === name).map(({ value }) => value);

/** RFC 5321: the last server writes the envelope sender on top, and a bounce has none. */
const hasNullSender = (email: Email) =>
  /^\s*<\s*>\s*$/.test(headersOf(email, 'return-path')[0] ?? '');

const addressOf = ({ from }: Email) => from?.address?.toLowerCase() ?? '';
