// The email of an update in its lead's hands: edit, try out, or say why none goes out.
import { can } from '../accounts/rules.ts';
import {
  draftFacts,
  findDraft,
  reviewDraft,
  saveDraft,
  sendTest,
  skipDraft,
} from '../incidents/drafts.ts';
import { type DraftWords, type EmailDraftRow, skipForm } from '../incidents/types.ts';
import type { AppError } from '../shared/errors.ts';
import { parse } from '../shared/form.ts';
import { isPersonal, variables } from '../templates/variables.ts';
import { statusOf } from '../web/errors.ts';
import { readForm } from '../web/forms.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { renderDesk } from './desk.ts';
import { audienceOf, placeOf } from './email-place.ts';
import { draftId, problemView, readWords, withExampleLinks } from './email-preview.ts';
import { showSending } from './email-sending.ts';
import { failedForm, type FormState, freshForm, mendable, rawField, versionOf } from './forms.ts';
import { stageLabels } from './labels.ts';

export function emailRoutes(site: Site): Route[] {
  const desk = { surface: 'desk', limit: 256 * 1024 } as const;
  const post = { ...desk, method: 'POST', needs: 'speak' } as const;
  const here = '/admin/emails/:id';
  return [
    { ...desk, method: 'GET', path: here, needs: 'read', handle: (c) => showEmail(c, site) },
    { ...post, path: here, handle: (c) => save(c, site, (id) => `/admin/emails/${id}?done=saved`) },
    {
      ...post,
      path: `${here}/drafts`,
      handle: (c) => save(c, site, (id) => `/admin/emails/${id}/review`),
    },
    { ...post, path: `${here}/tests`, handle: (c) => tryOut(c, site) },
    { ...post, path: `${here}/skips`, handle: (c) => skip(c, site) },
  ];
}

interface Failed {
  form: FormState;
  error: AppError;
  which: 'editor' | 'skip';
  /** What the author typed, for the preview. */
  words?: DraftWords | undefined;
}

/** The editor while it is a draft; how sending goes once it is released. */
async function showEmail(c: Context, site: Site, failed?: Failed): Promise<Response> {
  const draft = await findDraft(site.kernel.db.read, draftId(c));
  if (draft.state === 'draft') return showEditor(c, site, draft, failed);
  const place = await placeOf(site.kernel.db.read, draft);
  return showSending(c, site, draft, place, failed?.error);
}

async function showEditor(c: Context, site: Site, draft: EmailDraftRow, failed?: Failed) {
  const { kernel } = site;
  const words = failed?.words ?? draft;
  const review = await reviewDraft(kernel, draft.id, failed?.words);
  const mail = review.mail && withExampleLinks(site, review.mail);
  const place = await placeOf(kernel.db.read, draft);
  const problems = review.problems.map(problemView);
  const account = c.get('account');
  const isConflict = failed?.error.code === 'conflict';
  const page = {
    title: `${stageLabels[draft.stage]} email`,
    wide: true,
    id: draft.id,
    stageLabel: stageLabels[draft.stage],
    incident: place,
    canSpeak: account !== undefined && can(account.role, 'speak'),
    myAddress: account?.email ?? '',
    version: draft.version,
    words,
    form: failed?.which === 'editor' ? failed.form : freshForm(),
    skipForm: failed?.which === 'skip' ? failed.form : freshForm(),
    isConflict,
    theirs: isConflict ? differences(draft, words) : [],
    variables: await variableRows(site, draft, words),
    subject: mail?.subject ?? draft.subject,
    plain: mail?.plain ?? '',
    problems,
    blocking: problems.filter((problem) => problem.kind !== 'warning').length,
    sendable: review.sendable,
    audience: await audienceOf(kernel.db.read, draft, place),
  };
  return renderDesk(c, site, 'admin/email', page, failed ? statusOf(failed.error) : 200);
}

/** What someone else saved meanwhile, part by part. */
function differences(saved: EmailDraftRow, mine: DraftWords) {
  const parts = [
    { label: 'Subject', theirs: saved.subject, yours: mine.subject },
    { label: 'MJML', theirs: saved.mjml, yours: mine.mjml },
    { label: 'Plain text', theirs: saved.plain, yours: mine.plain },
    ...Object.keys(saved.facts).map((name) => ({
      label: variables.find((variable) => variable.name === name)?.label ?? name,
      theirs: saved.facts[name] ?? '',
      yours: mine.facts[name] ?? '',
    })),
  ];
  return parts.filter((part) => part.theirs !== part.yours);
}

/** What the editor's table shows: what only a person can say first, with an input each. */
async function variableRows(site: Site, draft: EmailDraftRow, words: DraftWords) {
  const facts = await draftFacts(site.kernel, draft.id, words);
  const rows = variables.map(({ name, label, example }) => ({
    name,
    placeholder: `{{${name}}}`,
    label,
    example,
    value: facts[name]?.value ?? '',
    isPersonal: isPersonal(name) && Object.hasOwn(draft.facts, name),
    typed: words.facts[name] ?? '',
  }));
  return {
    personal: rows.filter((row) => row.isPersonal),
    automatic: rows.filter((row) => !row.isPersonal && !isPersonal(row.name)),
  };
}

async function save(c: Context, site: Site, next: (id: number) => string): Promise<Response> {
  return edit(c, site, async (id, words, version) => {
    await saveDraft(site.kernel, c.get('actor'), id, version, words);
    return c.redirect(next(id), 303);
  });
}

/** Saves what is typed, then mails exactly that to its author. */
async function tryOut(c: Context, site: Site): Promise<Response> {
  return edit(c, site, async (id, words, version) => {
    await saveDraft(site.kernel, c.get('actor'), id, version, words);
    await sendTest(site.kernel, c.get('actor'), id);
    return c.redirect(`/admin/emails/${id}?done=tested`, 303);
  });
}

/** Reads the editor's form; a fault shows the editor again with everything typed. */
async function edit(
  c: Context,
  site: Site,
  work: (id: number, words: DraftWords, version: number) => Promise<Response>,
): Promise<Response> {
  const typed = await readForm(c);
  let words: DraftWords | undefined;
  return mendable(
    async () => {
      words = readWords(typed);
      return work(draftId(c), words, versionOf(typed));
    },
    (error) => {
      const form = failedForm(typed, error);
      return showEmail(c, site, { form, error, which: 'editor', words: words ?? rawWords(form) });
    },
  );
}

/** What was typed, unchecked: only to be shown again. */
const rawWords = ({ values }: FormState): DraftWords => ({
  subject: values['subject'] ?? '',
  mjml: values['mjml'] ?? '',
  plain: values['plain'] ?? '',
  facts: Object.fromEntries(
    Object.entries(values)
      .filter(([name]) => name.startsWith('facts.'))
      .map(([name, value]) => [name.slice('facts.'.length), value]),
  ),
});

async function skip(c: Context, site: Site): Promise<Response> {
  const typed = await readForm(c);
  const id = draftId(c);
  return mendable(
    async () => {
      const { reason } = parse(skipForm, { reason: rawField(typed, 'reason') });
      await skipDraft(site.kernel, c.get('actor'), id, versionOf(typed), reason);
      const { publicId } = await placeOf(
        site.kernel.db.read,
        await findDraft(site.kernel.db.read, id),
      );
      return c.redirect(`/admin/incidents/${publicId}?done=skipped`, 303);
    },
    (error) => showEmail(c, site, { form: failedForm(typed, error), error, which: 'skip' }),
  );
}
