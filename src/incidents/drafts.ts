// An email draft in a person's hands: found, saved, reviewed, tried out, and released or skipped.
import type { Kernel } from '../db/kernel.ts';
import type { Reader, Tx } from '../db/tx.ts';
import { append } from '../events/service.ts';
import type { Actor } from '../events/types.ts';
import { releaseToOne } from '../notifications/service.ts';
import { AppError, type FieldErrors, notFound } from '../shared/errors.ts';
import { sha256 } from '../shared/ids.ts';
import { compileMail } from '../templates/compile.ts';
import { asTest } from '../templates/slots.ts';
import type { CompiledMail, Facts, MailReview } from '../templates/types.ts';
import { changeDraft, draftById, isOvertaken, linkNotification } from './draft-store.ts';
import { accountOf } from './find.ts';
import { bulkSlots, factsOf, recordRelease, recordSkip, release } from './mail.ts';
import { incidentById, updateById } from './store.ts';
import type { DraftWords, EmailDraftRow, IncidentRow, UpdateRow } from './types.ts';

/** A draft by id, or not_found. */
export async function findDraft(reader: Reader, draftId: number): Promise<EmailDraftRow> {
  const draft = await draftById(reader, draftId);
  if (!draft) throw notFound('email draft');
  return draft;
}

/** Saves words over `version`; answers the new version. */
export async function saveDraft(
  kernel: Kernel,
  actor: Actor,
  draftId: number,
  version: number,
  { subject, mjml, plain, facts }: DraftWords,
): Promise<number> {
  return kernel.db.write(async (tx) => {
    const changes = { subject, mjml, plain, facts, updatedAt: kernel.clock.now() };
    const draft = await changeOpen(tx, draftId, version, changes);
    await append(tx, kernel.clock, actor, {
      kind: 'email.draft_saved',
      subject: 'email_draft',
      subjectId: draft.id,
      incidentId: draft.incidentId,
      data: { words: sha256(JSON.stringify([subject, mjml, plain, facts])) },
    });
    return draft.version;
  });
}

/** The value of every placeholder, with the saved words or with `words` that are not saved yet. */
export async function draftFacts(
  kernel: Kernel,
  draftId: number,
  words?: Pick<DraftWords, 'facts'>,
): Promise<Facts> {
  const { facts } = await told(kernel.db.read, kernel, draftId, words);
  return facts;
}

/** The email as it would be sent, with the saved words or with `words` that are not saved yet. */
export async function reviewDraft(
  kernel: Kernel,
  draftId: number,
  words?: DraftWords,
): Promise<MailReview> {
  const { draft, facts } = await told(kernel.db.read, kernel, draftId, words);
  return compileMail(words ?? draft, facts, { slots: bulkSlots });
}

/** What a preview is recognised by when it is released. */
export const mailDigest = ({ subject, html, plain }: CompiledMail) =>
  sha256(JSON.stringify([subject, html, plain]));

/**
 * Sends the email to everyone concerned; answers the notification's id. With the digest of what was
 * `previewed`, it is sent only if it is still exactly that.
 */
export async function releaseDraft(
  kernel: Kernel,
  actor: Actor,
  draftId: number,
  version: number,
  previewed?: string,
): Promise<number> {
  const before = await told(kernel.db.read, kernel, draftId);
  assertPublic(before.incident);
  assertOpen(before.draft, version);
  const mail = sendable(await compileMail(before.draft, before.facts, { slots: bulkSlots }));
  if (previewed !== undefined && previewed !== mailDigest(mail)) throw toldAnew();

  return kernel.db.write(async (tx) => {
    const { incident, update, facts } = await told(tx, kernel, draftId);
    assertPublic(incident);
    const queued = { state: 'queued', updatedAt: kernel.clock.now() } as const;
    const draft = await changeOpen(tx, draftId, version, queued);
    if (JSON.stringify(facts) !== JSON.stringify(before.facts)) throw toldAnew();
    if (await isOvertaken(tx, draft)) {
      throw new AppError('conflict', 'A newer email about this incident has gone out already.');
    }
    const notificationId = await release(tx, kernel, actor, incident, update, mail);
    await linkNotification(tx, draft.id, notificationId);
    await recordRelease(tx, kernel, actor, update, draft.id);
    return notificationId;
  });
}

/** Records why no email goes out with this update. */
export async function skipDraft(
  kernel: Kernel,
  actor: Actor,
  draftId: number,
  version: number,
  reason: string,
): Promise<void> {
  await kernel.db.write(async (tx) => {
    const skipped = { state: 'cancelled', reason, updatedAt: kernel.clock.now() } as const;
    const draft = await changeOpen(tx, draftId, version, skipped);
    const update = await updateById(tx, draft.updateId);
    await recordSkip(tx, kernel, actor, update, draft.id, reason);
  });
}

/** Sends the saved words to the acting person alone, finished or not; answers the notification's id. */
export async function sendTest(kernel: Kernel, actor: Actor, draftId: number): Promise<number> {
  const recipientId = accountOf(actor);
  if (recipientId === null) {
    throw new AppError('forbidden', 'A test goes to the account that asks for it.');
  }
  const { draft, facts } = await told(kernel.db.read, kernel, draftId);
  const review = await compileMail(draft, facts, { slots: bulkSlots });
  if (!review.mail) throw unsendable(review);
  const mail = asTest(review.mail);
  return kernel.db.write(async (tx) => {
    const to = { recipientKind: 'account', recipientId, incidentId: draft.incidentId } as const;
    const notificationId = await releaseToOne(tx, kernel, actor, { kind: 'test', mail, ...to });
    await append(tx, kernel.clock, actor, {
      kind: 'email.test_sent',
      subject: 'email_draft',
      subjectId: draft.id,
      incidentId: draft.incidentId,
      data: { notification: notificationId },
    });
    return notificationId;
  });
}

interface Told {
  draft: EmailDraftRow;
  incident: IncidentRow;
  update: UpdateRow;
  facts: Facts;
}

/** A draft with all that its email tells, as the incident is now. */
async function told(
  reader: Reader,
  kernel: Kernel,
  draftId: number,
  words?: Pick<DraftWords, 'facts'>,
): Promise<Told> {
  const draft = await findDraft(reader, draftId);
  const incident = await incidentById(reader, draft.incidentId);
  const update = await updateById(reader, draft.updateId);
  const personal = words?.facts ?? draft.facts;
  return {
    draft,
    incident,
    update,
    facts: await factsOf(reader, kernel, incident, update, personal),
  };
}

async function changeOpen(
  tx: Tx,
  draftId: number,
  version: number,
  changes: Partial<EmailDraftRow>,
): Promise<EmailDraftRow> {
  assertOpen(await findDraft(tx, draftId), version);
  const changed = await changeDraft(tx, draftId, version, changes);
  if (!changed) throw savedMeanwhile();
  return changed;
}

function assertOpen(draft: EmailDraftRow, version: number): void {
  if (draft.state === 'queued') {
    throw new AppError('conflict', 'This email has been sent already.');
  }
  if (draft.state === 'cancelled') {
    throw new AppError('conflict', 'No email goes out with this update.');
  }
  if (draft.version !== version) throw savedMeanwhile();
}

const savedMeanwhile = () =>
  new AppError('conflict', 'Someone else saved this email meanwhile. Please look at it again.');

const toldAnew = () =>
  new AppError('conflict', 'What this email tells has changed since you saw it. Please review it.');

function assertPublic({ visibility }: IncidentRow): void {
  if (visibility === 'public') return;
  throw new AppError('conflict', 'This incident is private: no email goes out about it.');
}

function sendable(review: MailReview): CompiledMail {
  if (review.mail && review.sendable) return review.mail;
  throw unsendable(review);
}

/** The first thing in the way, for each part of the email. */
function unsendable({ problems }: MailReview): AppError {
  const fields: FieldErrors = {};
  for (const { part, fact, kind, message } of problems) {
    if (kind !== 'warning') fields[fact ?? part] ??= message;
  }
  return new AppError('invalid', 'This email cannot be sent yet.', { fields });
}
