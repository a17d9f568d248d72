// Mail that was captured instead of being sent. Admins read all of it, others what is addressed to them.
import { can } from '../accounts/rules.ts';
import type { CapturedHead, CapturedMail } from '../delivery/capture.ts';
import { readCaptured, readMailbox } from '../delivery/capture.ts';
import { mailboxDir } from '../delivery/mailers.ts';
import { invalid, notFound } from '../shared/errors.ts';
import { utcShort } from '../shared/time.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { renderDesk } from './desk.ts';
import { mailBody } from './email-preview.ts';

const pageSize = 50;

export const mailboxRoutes = (site: Site): Route[] => {
  const get = { surface: 'desk', method: 'GET', needs: 'read' } as const;
  const one = '/admin/mailbox/:name';
  return [
    { ...get, path: '/admin/mailbox', handle: (c) => showMailbox(c, site) },
    { ...get, path: one, handle: (c) => showMail(c, site) },
    {
      ...get,
      path: `${one}/body.html`,
      handle: async (c) => mailBody(c, (await findMail(c, site)).html),
    },
  ];
};

const folder = ({ config }: Site) => mailboxDir(config.dataDir);

async function showMailbox(c: Context, site: Site): Promise<Response> {
  const [before, ...others] = c.req.queries('before') ?? [];
  if (others.length > 0) throw invalid('before', 'Please go back and follow the link again.');
  const page = { ...(before !== undefined && { before }), limit: pageSize + 1 };
  const found = await readMailbox(folder(site), page);
  const shown = found.slice(0, pageSize);
  return renderDesk(c, site, 'admin/mailbox', {
    title: 'Mailbox',
    isFirstPage: before === undefined,
    older: found.length > pageSize ? shown.at(-1)?.name : undefined,
    isPartial: !readsAll(c),
    isCapturing: site.config.relays.length === 0,
    mails: shown.filter((mail) => mayRead(c, mail)).map(headView),
  });
}

async function showMail(c: Context, site: Site): Promise<Response> {
  const mail = await findMail(c, site);
  return renderDesk(c, site, 'admin/mail', {
    title: mail.subject,
    wide: true,
    ...headView(mail),
    hasHtml: mail.html !== '',
    text: linked(mail.text),
    headers: mail.headers,
  });
}

/** Plain text in pieces, so that its links can be followed. */
const linked = (text: string) =>
  text
    .split(/(https?:\/\/[^\s<>"]*[^\s<>").,;:!?])/)
    .map((piece, index) => ({ piece, isLink: index % 2 === 1 }));

async function findMail(c: Context, site: Site): Promise<CapturedMail> {
  const mail = await readCaptured(folder(site), c.req.param('name') ?? '');
  if (!mail || !mayRead(c, mail)) throw notFound('message');
  return mail;
}

/** Captured mail holds addresses and personal links: only its addressee and admins may see it. */
const mayRead = (c: Context, mail: CapturedHead) =>
  readsAll(c) || addressIn(mail.to) === c.get('account')?.email;

const readsAll = (c: Context) => {
  const account = c.get('account');
  return account !== undefined && can(account.role, 'configure');
};

const addressIn = (to: string) => /<([^<>]+)>$/.exec(to)?.[1] ?? to;

const headView = (mail: CapturedHead) => ({
  name: mail.name,
  subject: mail.subject,
  from: mail.from,
  to: mail.to,
  date: mail.date?.toISOString() ?? '',
  dateText: mail.date ? utcShort(mail.date) : '',
});
