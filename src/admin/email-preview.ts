// Showing mail inside the desk: bodies at URLs of their own, in a policy that lets nothing run (S-32).
import { findDraft, reviewDraft } from '../incidents/drafts.ts';
import type { DraftWords } from '../incidents/types.ts';
import { invalid, notFound } from '../shared/errors.ts';
import { parse } from '../shared/form.ts';
import { draftForm } from '../incidents/types.ts';
import { fillSlots } from '../templates/slots.ts';
import type { CompiledMail, MailProblem } from '../templates/types.ts';
import { type FormValues, manyOf, readForm } from '../web/forms.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { rawField } from './forms.ts';
import { frozenMail } from './store.ts';

const sandboxPolicy =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'";

/** Answers with a mail's own HTML. Nothing in it can run, navigate the desk or fetch from elsewhere. */
export const mailBody = (c: Context, html: string): Response =>
  c.html(html, 200, { 'Content-Security-Policy': sandboxPolicy });

export const previewRoutes = (site: Site): Route[] => {
  const unsaved = createUnsaved(site);
  return [
    {
      method: 'GET',
      path: '/admin/emails/:id/preview.html',
      surface: 'desk',
      needs: 'read',
      handle: async (c) => {
        const kept = unsaved.find(c.get('account')?.id, c.req.query('of'));
        const mail = kept ?? (await savedMail(site, draftId(c)));
        return mailBody(c, mail?.html ?? nothingYet);
      },
    },
    {
      method: 'POST',
      path: '/admin/emails/:id/preview',
      surface: 'desk',
      needs: 'speak',
      limit: 256 * 1024,
      handle: async (c) => {
        const words = readWords(await readForm(c));
        const { mail, problems, sendable } = await reviewDraft(site.kernel, draftId(c), words);
        const shown = mail && withExampleLinks(site, mail);
        return c.json({
          of: shown ? unsaved.keep(c.get('account')?.id, shown) : null,
          subject: shown?.subject ?? '',
          plain: shown?.plain ?? '',
          problems: problems.map(problemView),
          sendable,
        });
      },
    },
  ];
};

const nothingYet =
  '<!doctype html><html lang="en"><title>No preview</title><body style="font:16px/1.5 system-ui,sans-serif;padding:24px;color:#444">This cannot be shown yet. The problems listed beside it say why.</body></html>';

export function draftId(c: Context): number {
  const id = c.req.param('id') ?? '';
  if (!/^\d{1,15}$/.test(id)) throw notFound('email draft');
  return Number(id);
}

/** The draft as it is saved, or as it was sent. */
export async function savedMail(site: Site, id: number): Promise<CompiledMail | undefined> {
  const draft = await findDraft(site.kernel.db.read, id);
  const mail =
    draft.notificationId === null
      ? (await reviewDraft(site.kernel, id)).mail
      : await frozenMail(site.kernel.db.read, draft.notificationId);
  return mail && withExampleLinks(site, mail);
}

/** The links that differ for each recipient, as examples. */
export const withExampleLinks = ({ kernel }: Site, mail: CompiledMail): CompiledMail =>
  fillSlots(mail, {
    unsubscribe_url: `${kernel.publicUrl}/unsubscribe/example`,
    manage_url: `${kernel.publicUrl}/subscriptions/manage/example`,
    confirm_url: `${kernel.publicUrl}/subscriptions/confirm/example`,
  });

const factPrefix = 'facts.';

/** What the editor's form says, saved or not. */
export function readWords(typed: FormValues): DraftWords {
  const facts = Object.keys(typed)
    .filter((name) => name.startsWith(factPrefix))
    .map((name) => [name.slice(factPrefix.length), single(typed, name)]);
  return parse(draftForm, {
    subject: rawField(typed, 'subject'),
    mjml: single(typed, 'mjml'),
    plain: single(typed, 'plain'),
    facts: Object.fromEntries(facts) as Record<string, string>,
  });
}

function single(typed: FormValues, name: string): string {
  const [value = '', ...others] = manyOf(typed, name);
  if (others.length > 0) throw invalid(name, 'This was sent twice.');
  return value;
}

export interface ProblemView {
  kind: MailProblem['kind'];
  where: string;
  /** The field it is in. */
  field: string;
  line: number | null;
  message: string;
}

const places = { subject: 'Subject', mjml: 'MJML', plain: 'Plain text', facts: 'Variables' };

export function problemView({ part, line, message, kind }: MailProblem): ProblemView {
  const where = line === null || part === 'facts' ? places[part] : `${places[part]}, line ${line}`;
  return { kind, where, field: part, line, message };
}

const keptAtMost = 40;

/** Compiled words that nobody has saved, for the frame to fetch: a few, in memory, each its author's own. */
function createUnsaved(site: Site) {
  const kept = new Map<string, { accountId: number | undefined; mail: CompiledMail }>();
  return {
    keep(accountId: number | undefined, mail: CompiledMail): string {
      const name = site.kernel.ids.publicId();
      kept.set(name, { accountId, mail });
      const [oldest] = kept.keys();
      if (kept.size > keptAtMost && oldest !== undefined) kept.delete(oldest);
      return name;
    },
    find(accountId: number | undefined, name: string | undefined): CompiledMail | undefined {
      const found = name === undefined ? undefined : kept.get(name);
      return found && found.accountId === accountId ? found.mail : undefined;
    },
  };
}
