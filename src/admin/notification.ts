// One message: what exactly was sent, to whom, how far it has come, who did not get it; and steering it.
import type { Kernel } from '../db/kernel.ts';
import type { Actor } from '../events/types.ts';
import { discardHeld, releaseHeld } from '../notifications/held.ts';
import { notificationDetail } from '../notifications/progress.ts';
import { cancel, pause, resume, retryFailed } from '../notifications/service.ts';
import { type AppError, notFound } from '../shared/errors.ts';
import { statusOf } from '../web/errors.ts';
import { oneOf, readForm } from '../web/forms.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { renderDesk } from './desk.ts';
import { mailBody, withExampleLinks } from './email-preview.ts';
import { freshForm, mendable } from './forms.ts';
import { draftOf, subjectsOf } from './mail-store.ts';
import { nameOf } from './mail-words.ts';
import { maySteer, sendingModel } from './sending-model.ts';
import { exportUndelivered } from './undelivered-export.ts';

export function notificationRoutes(site: Site): Route[] {
  const get = { surface: 'desk', method: 'GET', needs: 'read' } as const;
  const post = { surface: 'desk', method: 'POST', needs: 'speak' } as const;
  const here = '/admin/mail/notifications/:id';
  const steering = (path: string, verb: Verb, done: string): Route => ({
    ...post,
    path: `${here}/${path}`,
    handle: (c) => steer(c, site, verb, done),
  });
  return [
    { ...get, path: here, handle: (c) => show(c, site) },
    { ...get, path: `${here}/preview.html`, handle: (c) => preview(c, site) },
    steering('pauses', pause, 'paused'),
    steering('resumptions', resume, 'resumed'),
    steering('cancellations', cancel, 'cancelled'),
    steering('retries', retryFailed, 'retried'),
    steering('discards', discardHeld, 'discarded'),
    { ...post, path: `${here}/releases`, handle: (c) => release(c, site) },
    {
      ...post,
      needs: 'read',
      path: `${here}/exports`,
      handle: (c) => exportUndelivered(c, site, idOf(c)),
    },
  ];
}

function idOf(c: Context): number {
  const id = c.req.param('id') ?? '';
  if (!/^\d{1,15}$/.test(id)) throw notFound('message');
  return Number(id);
}

/** Messages to webhooks are no mail: they have their own log. */
async function mailOf(c: Context, { kernel }: Site) {
  const detail = await notificationDetail(kernel.db.read, idOf(c));
  if (detail.lane === 'webhook') throw notFound('message');
  return detail;
}

async function show(c: Context, site: Site, error?: AppError): Promise<Response> {
  const reader = site.kernel.db.read;
  const detail = await mailOf(c, site);
  const { incidents, maintenances } = await subjectsOf(reader, [detail]);
  const about =
    incidents.get(detail.incidentId ?? 0) ?? maintenances.get(detail.maintenanceId ?? 0);
  const draft = await draftOf(reader, detail);
  const page = {
    title: nameOf(detail),
    wide: true,
    here: `/admin/mail/notifications/${detail.notificationId}`,
    about,
    draftHref: draft ? `/admin/emails/${draft.id}` : '',
    subject: detail.content.subject,
    plain: withExampleLinks(site, detail.content).plain,
    canSpeak: maySteer(c),
    form: error ? { ...freshForm(), message: error.message } : freshForm(),
    sending: await sendingModel(c, site, detail.notificationId),
  };
  return renderDesk(c, site, 'admin/notification', page, error ? statusOf(error) : 200);
}

async function preview(c: Context, site: Site): Promise<Response> {
  const { content } = await mailOf(c, site);
  return mailBody(c, withExampleLinks(site, content).html);
}

type Verb = (kernel: Kernel, actor: Actor, id: number) => Promise<unknown>;

/** Back to where it was pressed: the overview, or the message itself. */
async function steer(c: Context, site: Site, verb: Verb, done: string): Promise<Response> {
  const { notificationId } = await mailOf(c, site);
  const isFromOverview = oneOf(await readForm(c), 'from') === 'overview';
  return mendable(
    async () => {
      await verb(site.kernel, c.get('actor'), notificationId);
      const page = isFromOverview ? '/admin/mail' : `/admin/mail/notifications/${notificationId}`;
      return c.redirect(`${page}?done=${done}`, 303);
    },
    (error) => show(c, site, error),
  );
}

async function release(c: Context, site: Site): Promise<Response> {
  const evenIfOld = oneOf(await readForm(c), 'old') === 'yes';
  const verb: Verb = (kernel, actor, id) => releaseHeld(kernel, actor, id, { evenIfOld });
  return steer(c, site, verb, 'resumed');
}
