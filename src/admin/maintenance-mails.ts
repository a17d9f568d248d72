// A mail about maintenance on its way: what was sent, how far it has come, who did not get it, and steering it.
import type { Kernel } from '../db/kernel.ts';
import type { Actor } from '../events/types.ts';
import { maintenanceDetail, maintenanceMails, type SentMail } from '../maintenance/read.ts';
import { cancel, pause, resume, retryFailed } from '../notifications/service.ts';
import { type AppError, notFound } from '../shared/errors.ts';
import { statusOf } from '../web/errors.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { renderDesk } from './desk.ts';
import { mailBody, withExampleLinks } from './email-preview.ts';
import { freshForm, mendable } from './forms.ts';
import { maintenanceId } from './maintenance-page.ts';
import { maySteer, sendingModel } from './sending-model.ts';

export function maintenanceMailRoutes(site: Site): Route[] {
  const post = { surface: 'desk', method: 'POST', needs: 'speak' } as const;
  const get = { surface: 'desk', method: 'GET', needs: 'read' } as const;
  const here = '/admin/maintenance/:id/mails/:mail';
  return [
    { ...get, path: here, handle: (c) => showMail(c, site) },
    { ...get, path: `${here}/preview.html`, handle: (c) => preview(c, site) },
    { ...post, path: `${here}/pauses`, handle: (c) => steer(c, site, pause, 'paused') },
    { ...post, path: `${here}/resumptions`, handle: (c) => steer(c, site, resume, 'resumed') },
    { ...post, path: `${here}/cancellations`, handle: (c) => steer(c, site, cancel, 'cancelled') },
    { ...post, path: `${here}/retries`, handle: (c) => steer(c, site, retryFailed, 'retried') },
  ];
}

/** The mail of the path, of this maintenance and no other (S-22). */
async function mailOf(c: Context, { kernel }: Site): Promise<{ title: string; mail: SentMail }> {
  const { maintenance } = await maintenanceDetail(kernel.db.read, maintenanceId(c));
  const mails = await maintenanceMails(kernel.db.read, maintenance.id);
  const mail = mails.find((one) => String(one.id) === c.req.param('mail'));
  if (!mail) throw notFound('email');
  return { title: maintenance.title, mail };
}

async function showMail(c: Context, site: Site, error?: AppError): Promise<Response> {
  const { title, mail } = await mailOf(c, site);
  const page = {
    title: 'Maintenance email',
    wide: true,
    back: { href: `/admin/maintenance/${maintenanceId(c)}`, label: title },
    here: `/admin/maintenance/${maintenanceId(c)}/mails/${mail.id}`,
    canSpeak: maySteer(c),
    subject: mail.subject,
    plain: withExampleLinks(site, mail).plain,
    form: error ? { ...freshForm(), message: error.message } : freshForm(),
    sending: await sendingModel(c, site, mail.id),
  };
  return renderDesk(c, site, 'admin/maintenance-mail', page, error ? statusOf(error) : 200);
}

async function preview(c: Context, site: Site): Promise<Response> {
  const { mail } = await mailOf(c, site);
  return mailBody(c, withExampleLinks(site, mail).html);
}

type Verb = (kernel: Kernel, actor: Actor, notificationId: number) => Promise<unknown>;

async function steer(c: Context, site: Site, verb: Verb, done: string): Promise<Response> {
  const { mail } = await mailOf(c, site);
  return mendable(
    async () => {
      await verb(site.kernel, c.get('actor'), mail.id);
      const page = `/admin/maintenance/${maintenanceId(c)}/mails/${mail.id}`;
      return c.redirect(`${page}?done=${done}`, 303);
    },
    (error) => showMail(c, site, error),
  );
}
