// Releasing an email and watching it go: the last look, progress, who did not get it, pause, resume, cancel, retry.
import { can } from '../accounts/rules.ts';
import type { Kernel } from '../db/kernel.ts';
import type { Actor } from '../events/types.ts';
import { findDraft, mailDigest, releaseDraft, reviewDraft } from '../incidents/drafts.ts';
import type { EmailDraftRow } from '../incidents/types.ts';
import {
  cancel,
  listUndelivered,
  pause,
  progress,
  resume,
  retryFailed,
} from '../notifications/service.ts';
import type { Progress } from '../notifications/types.ts';
import { type AppError, notFound } from '../shared/errors.ts';
import { maskAddress } from '../shared/text.ts';
import { utcFull } from '../shared/time.ts';
import { statusOf } from '../web/errors.ts';
import { oneOf, readForm } from '../web/forms.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { renderDesk } from './desk.ts';
import { draftId, problemView, savedMail, withExampleLinks } from './email-preview.ts';
import { audienceOf, type Place, placeOf } from './email-place.ts';
import { freshForm, mendable, versionOf } from './forms.ts';
import { idParameter } from './incident-list.ts';
import { deliveryLabels, notificationLabels, stageLabels } from './labels.ts';

export function sendingRoutes(site: Site): Route[] {
  const post = { surface: 'desk', method: 'POST', needs: 'speak' } as const;
  const here = '/admin/emails/:id';
  const review = `${here}/review`;
  return [
    {
      surface: 'desk',
      method: 'GET',
      path: review,
      needs: 'speak',
      handle: (c) => showReview(c, site),
    },
    { ...post, path: `${here}/releases`, handle: (c) => send(c, site) },
    { ...post, path: `${here}/pauses`, handle: (c) => steer(c, site, pause, 'paused') },
    { ...post, path: `${here}/resumptions`, handle: (c) => steer(c, site, resume, 'resumed') },
    { ...post, path: `${here}/cancellations`, handle: (c) => steer(c, site, cancel, 'cancelled') },
    { ...post, path: `${here}/retries`, handle: (c) => steer(c, site, retryFailed, 'retried') },
  ];
}

// The last look

async function showReview(c: Context, site: Site, error?: AppError): Promise<Response> {
  const { kernel } = site;
  const id = draftId(c);
  const draft = await findDraft(kernel.db.read, id);
  if (draft.state !== 'draft') return c.redirect(`/admin/emails/${id}`, 303);
  const { mail, problems, sendable } = await reviewDraft(kernel, id);
  const shown = mail && withExampleLinks(site, mail);
  const place = await placeOf(kernel.db.read, draft);
  const page = {
    title: `Send the ${stageLabels[draft.stage]} email`,
    wide: true,
    id,
    stageLabel: stageLabels[draft.stage],
    incident: place,
    version: draft.version,
    /** What is released must still be exactly what is seen here. */
    digest: mail ? mailDigest(mail) : '',
    subject: shown?.subject ?? '',
    plain: shown?.plain ?? '',
    blocking: problems.filter((problem) => problem.kind !== 'warning').map(problemView),
    warnings: problems.filter((problem) => problem.kind === 'warning').map(problemView),
    sendable,
    audience: await audienceOf(kernel.db.read, draft, place),
    from: addressWords(site),
    form: error ? { ...freshForm(), message: error.message } : freshForm(),
  };
  return renderDesk(c, site, 'admin/email-review', page, error ? statusOf(error) : 200);
}

const addressWords = ({ config }: Site) =>
  config.mailFrom.name
    ? `${config.mailFrom.name} <${config.mailFrom.address}>`
    : config.mailFrom.address;

async function send(c: Context, site: Site): Promise<Response> {
  const typed = await readForm(c);
  const id = draftId(c);
  return mendable(
    async () => {
      const previewed = oneOf(typed, 'digest') || undefined;
      await releaseDraft(site.kernel, c.get('actor'), id, versionOf(typed), previewed);
      return c.redirect(`/admin/emails/${id}?done=released`, 303);
    },
    async (error) => {
      const draft = await findDraft(site.kernel.db.read, id);
      // Pressed twice: it is on its way, which is what was wanted.
      if (draft.state === 'queued') return c.redirect(`/admin/emails/${id}?done=released`, 303);
      return showReview(c, site, error);
    },
  );
}

// On its way

const peoplePerPage = 50;

/** How sending goes, or why nothing was sent. */
export async function showSending(
  c: Context,
  site: Site,
  draft: EmailDraftRow,
  place: Place,
  error?: AppError,
): Promise<Response> {
  const account = c.get('account');
  const mail = await savedMail(site, draft.id);
  const page = {
    title: `${stageLabels[draft.stage]} email`,
    wide: true,
    id: draft.id,
    stageLabel: stageLabels[draft.stage],
    incident: place,
    canSpeak: account !== undefined && can(account.role, 'speak'),
    reason: draft.reason ?? '',
    subject: mail?.subject ?? '',
    plain: mail?.plain ?? '',
    form: error ? { ...freshForm(), message: error.message } : freshForm(),
    sending:
      draft.notificationId === null ? undefined : await sendingModel(c, site, draft.notificationId),
  };
  return renderDesk(c, site, 'admin/email-sending', page, error ? statusOf(error) : 200);
}

/** How far a notification has come, and whom it has not reached. */
export async function sendingModel(c: Context, site: Site, notificationId: number) {
  const reader = site.kernel.db.read;
  const now = await progress(reader, notificationId);
  const after = idParameter(c, 'after') ?? 0;
  const missed = await listUndelivered(reader, notificationId, { after, limit: peoplePerPage + 1 });
  const account = c.get('account');
  const mayRead = account !== undefined && can(account.role, 'configure');
  return {
    ...progressView(now),
    missed: missed.slice(0, peoplePerPage).map((one) => ({
      address: addressShown(one.email, mayRead),
      label: deliveryLabels[one.state],
      reason: one.reason,
      attempts: one.attempts,
    })),
    more: missed.length > peoplePerPage ? missed[peoplePerPage - 1]?.recipientId : undefined,
    isMasked: !mayRead,
  };
}

const addressShown = (email: string | null, mayRead: boolean) => {
  if (email === null) return 'erased';
  return mayRead ? email : maskAddress(email);
};

function progressView(now: Progress) {
  const { state, counts, owed } = now;
  const waiting = owed - counts.sent - counts.failed - counts.suppressed - counts.cancelled;
  const isLive = state === 'queued' || state === 'sending' || state === 'paused';
  const share = (n: number) => (owed === 0 ? 0 : Math.round((n / owed) * 1000));
  const [sent, failed, suppressed] = [counts.sent, counts.failed, counts.suppressed].map(share);
  return {
    state,
    label: notificationLabels[state],
    owed,
    counts: { ...counts, waiting },
    isLive,
    isPaused: state === 'paused',
    percent: owed === 0 ? 100 : Math.floor((counts.sent / owed) * 100),
    bar: { sent: sent ?? 0, failed: failed ?? 0, suppressed: suppressed ?? 0 },
    startedText: utcFull(now.createdAt),
    finishedText: now.finishedAt ? utcFull(now.finishedAt) : '',
    canRetry: counts.failed > 0 && state !== 'cancelled',
  };
}

type Verb = (kernel: Kernel, actor: Actor, notificationId: number) => Promise<unknown>;

async function steer(c: Context, site: Site, verb: Verb, done: string): Promise<Response> {
  const id = draftId(c);
  const draft = await findDraft(site.kernel.db.read, id);
  const { notificationId } = draft;
  if (notificationId === null) throw notFound('email');
  return mendable(
    async () => {
      await verb(site.kernel, c.get('actor'), notificationId);
      return c.redirect(`/admin/emails/${id}?done=${done}`, 303);
    },
    async (error) => showSending(c, site, draft, await placeOf(site.kernel.db.read, draft), error),
  );
}
