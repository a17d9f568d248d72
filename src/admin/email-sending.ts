// Releasing an email and watching it go: the last look, progress, who did not get it, pause, resume, cancel, retry.
import type { Kernel } from '../db/kernel.ts';
import type { Actor } from '../events/types.ts';
import { findDraft, mailDigest, releaseDraft, reviewDraft } from '../incidents/drafts.ts';
import type { EmailDraftRow } from '../incidents/types.ts';
import { cancel, pause, resume, retryFailed } from '../notifications/service.ts';
import { type AppError, notFound } from '../shared/errors.ts';
import { statusOf } from '../web/errors.ts';
import { oneOf, readForm } from '../web/forms.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { renderDesk } from './desk.ts';
import { draftId, problemView, savedMail, withExampleLinks } from './email-preview.ts';
import { audienceOf, type Place, placeOf } from './email-place.ts';
import { freshForm, mendable, versionOf } from './forms.ts';
import { stageLabels } from './labels.ts';
import { leastTimeWords } from './pace.ts';
import { mailLimits } from './relays.ts';
import { mailbox, maySteer, sendingModel } from './sending-model.ts';

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
  const audience = await audienceOf(kernel.db.read, draft, place);
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
    audience,
    /** How long it takes at least within the relays' limits. */
    takes: leastTimeWords(audience, await mailLimits(site)) ?? '',
    from: mailbox(site.config.mailFrom),
    form: error ? { ...freshForm(), message: error.message } : freshForm(),
  };
  return renderDesk(c, site, 'admin/email-review', page, error ? statusOf(error) : 200);
}

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

/** How sending goes, or why nothing was sent. */
export async function showSending(
  c: Context,
  site: Site,
  draft: EmailDraftRow,
  place: Place,
  error?: AppError,
): Promise<Response> {
  const mail = await savedMail(site, draft.id);
  const page = {
    title: `${stageLabels[draft.stage]} email`,
    wide: true,
    id: draft.id,
    stageLabel: stageLabels[draft.stage],
    incident: place,
    canSpeak: maySteer(c),
    reason: draft.reason ?? '',
    subject: mail?.subject ?? '',
    plain: mail?.plain ?? '',
    form: error ? { ...freshForm(), message: error.message } : freshForm(),
    sending:
      draft.notificationId === null ? undefined : await sendingModel(c, site, draft.notificationId),
  };
  return renderDesk(c, site, 'admin/email-sending', page, error ? statusOf(error) : 200);
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
