// Addresses that are not mailed because mail came back from them: seen, brought back, removed, purged.
import { forgetCaptured } from '../delivery/capture.ts';
import { mailboxDir } from '../delivery/mailers.ts';
import { type AppError, invalid, notFound } from '../shared/errors.ts';
import { publicIdPattern } from '../shared/ids.ts';
import { utcShort } from '../shared/time.ts';
import type { ReturnKind, ReturnSource } from '../shared/words.ts';
import {
  countQuarantined,
  listQuarantined,
  purgeQuarantined,
  type Quarantined,
  reactivate,
} from '../subscribers/quarantine.ts';
import { findSubscriber, removeSubscriber } from '../subscribers/service.ts';
import { statusOf } from '../web/errors.ts';
import { type FormValues, oneOf, readForm } from '../web/forms.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { renderDesk } from './desk.ts';
import { failedForm, type FormState, freshForm, mendable } from './forms.ts';
import { codeWords } from './return-words.ts';

const path = '/admin/quarantine';
const pageSize = 50;

export function quarantineRoutes(site: Site): Route[] {
  const post = { surface: 'desk', method: 'POST', needs: 'configure' } as const;
  return [
    { surface: 'desk', method: 'GET', needs: 'configure', path, handle: (c) => show(c, site) },
    { ...post, path: `${path}/purges`, handle: (c) => purge(c, site) },
    { ...post, path: `${path}/:id/reactivations`, handle: (c) => bringBack(c, site) },
    { ...post, path: `${path}/:id/removals`, handle: (c) => remove(c, site) },
  ];
}

interface Failed {
  error: AppError;
  form: FormState;
  /** Whom it is about: their row asks once more. */
  publicId?: string;
}

async function show(c: Context, site: Site, failed?: Failed): Promise<Response> {
  const reader = site.kernel.db.read;
  const [after, ...others] = c.req.queries('after') ?? [];
  if (others.length > 0 || (after !== undefined && !publicIdPattern.test(after))) {
    throw invalid('after', 'This link is not complete. Please follow it again.');
  }
  const found = await listQuarantined(reader, { after, limit: pageSize + 1 });
  const rows = found.slice(0, pageSize);
  const page = {
    title: 'Quarantine',
    count: await countQuarantined(reader),
    rows: rows.map((row) => rowView(row, failed?.publicId)),
    isFirstPage: after === undefined,
    older: found.length > pageSize ? rows.at(-1)?.publicId : undefined,
    form: failed?.form ?? freshForm(),
  };
  return renderDesk(c, site, 'admin/quarantine', page, failed ? statusOf(failed.error) : 200);
}

const kindWords: Record<ReturnKind, string> = {
  hard: 'The mailbox does not exist',
  soft: 'It could not be reached, again and again',
  complaint: 'Its holder reported our mail as unwanted',
  policy: 'Refused by policy',
  delayed: 'Delayed',
  other: 'Answered',
  unreadable: 'Came back',
};

const sourceWords: Record<ReturnSource, string> = {
  smtp: 'the mail server, while sending',
  mailbox: 'the bounce mailbox',
  generic: 'a webhook',
  ses: 'Amazon SES',
  mailgun: 'Mailgun',
  postmark: 'Postmark',
  sendgrid: 'SendGrid',
};

const rowView = (row: Quarantined, asked: string | undefined) => ({
  id: row.publicId,
  email: row.email,
  why: whyOf(row),
  code: row.code ?? '',
  detail: row.detail,
  source: row.source === null ? '' : sourceWords[row.source],
  at: row.at.toISOString(),
  atText: utcShort(row.at),
  isComplaint: row.kind === 'complaint',
  /** Its holder must not be mailed by list: that takes a second yes. */
  asksAgain: row.kind === 'complaint' || row.publicId === asked,
  isAsked: row.publicId === asked,
});

function whyOf({ kind, code }: Quarantined): string {
  if (kind === null) return 'Not known here: it came from elsewhere, or was decided by hand';
  const meaning = kind === 'hard' ? codeWords(code ?? '') : undefined;
  return meaning ?? kindWords[kind];
}

function idOf(c: Context): string {
  const id = c.req.param('id') ?? '';
  if (!publicIdPattern.test(id)) throw notFound('subscriber');
  return id;
}

async function bringBack(c: Context, site: Site): Promise<Response> {
  const typed = await readForm(c);
  const publicId = idOf(c);
  const override = oneOf(typed, 'override') === 'yes';
  return mendable(
    async () => {
      await reactivate(site.kernel, c.get('actor'), publicId, { override });
      return c.redirect(`${path}?done=mailed-again`, 303);
    },
    (error) => show(c, site, { error, form: failedForm({}, error), publicId }),
  );
}

async function remove(c: Context, site: Site): Promise<Response> {
  const suppress = oneOf(await readForm(c), 'suppress') === 'yes';
  const { kernel, config } = site;
  const found = await findSubscriber(kernel.db.read, idOf(c));
  if (!found) throw notFound('subscriber');
  const email = await removeSubscriber(kernel, c.get('actor'), found.id, { suppress });
  await forgetCaptured(mailboxDir(config.dataDir), email);
  return c.redirect(`${path}?done=removed`, 303);
}

async function purge(c: Context, site: Site): Promise<Response> {
  const typed = await readForm(c);
  return mendable(
    async () => {
      const olderThanDays = daysOf(typed);
      if (oneOf(typed, 'sure') !== 'yes') {
        throw invalid('sure', 'Please confirm that they are to be erased.');
      }
      await purgeQuarantined(site.kernel, c.get('actor'), { olderThanDays });
      return c.redirect(`${path}?done=purged`, 303);
    },
    (error) => show(c, site, { error, form: failedForm(typed, error) }),
  );
}

const mostDays = 3650;

function daysOf(typed: FormValues): number {
  const text = oneOf(typed, 'days').trim();
  const days = /^\d{1,4}$/.test(text) ? Number(text) : -1;
  if (days >= 1 && days <= mostDays) return days;
  throw invalid('days', `Please enter a number of days from 1 to ${mostDays}.`);
}
