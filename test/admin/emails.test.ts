import { describe, expect, it } from 'vitest';
import { findDraft } from '../../src/incidents/drafts.ts';
import { claim } from '../../src/notifications/outbox.ts';
import { settle } from '../notifications/fixtures.ts';
import { holdAll, listUndelivered, progress } from '../../src/notifications/service.ts';
import { systemActor } from '../../src/events/types.ts';
import { addConfirmed } from '../../src/subscribers/service.ts';
import { declareIncident, fieldsOf, locationOf, startDesk } from './desk.ts';

const editor = '/admin/emails/1';
const filled = {
  'facts.cannot_do': 'Pay by card.',
  'facts.workaround': '',
};

async function startEmail() {
  const desk = await startDesk();
  const { kernel } = desk.site;
  const emails = ['ann@example.test', 'bob@example.test', 'cleo@example.test'];
  await kernel.db.write((tx) => addConfirmed(tx, kernel, systemActor, emails));
  const lead = await desk.person('comms_lead');
  const incident = await declareIncident(lead);
  const form = async () => fieldsOf(await lead.get(editor), editor);
  return { ...desk, lead, incident, form };
}

/** Finishes the draft and sends it through the review page. */
async function release({ lead, form }: Awaited<ReturnType<typeof startEmail>>) {
  await lead.send(`${editor}/drafts`, { ...(await form()), ...filled });
  const review = await lead.get(`${editor}/review`);
  const fields = fieldsOf(review, `${editor}/releases`);
  return { review, fields, answer: await lead.send(`${editor}/releases`, fields) };
}

describe('the editor', () => {
  it('opens with the template, the open prompts and who would get it', async () => {
    const { lead, form } = await startEmail();
    const page = await lead.get(editor);
    expect(page.text).toContain('3 confirmed subscribers will get this');
    expect(page.text).toContain('2 things keep this from being sent:');
    expect(page.text).toContain('<iframe title="Preview of the email" sandbox src=');
    expect(await form()).toMatchObject({
      'facts.cannot_do': '[what customers cannot do]',
      version: '1',
    });
  });

  it('saves, and shows both texts when somebody was faster (F-19)', async () => {
    const { site, lead, form, person } = await startEmail();
    const other = await person('admin');
    const mine = { ...(await form()), ...filled, subject: 'My subject' };
    const theirs = { ...(await form()), subject: 'Their subject' };
    const saved = await other.send(editor, theirs);
    expect([saved.status, locationOf(saved)]).toEqual([303, `${editor}?done=saved`]);
    const conflict = await lead.send(editor, mine);
    expect(conflict.status).toBe(409);
    expect(conflict.text).toContain('Their subject');
    const kept = fieldsOf(conflict, editor);
    expect(kept).toMatchObject({ subject: 'My subject', 'facts.cannot_do': 'Pay by card.' });
    expect((await lead.send(editor, kept)).status).toBe(303);
    expect(await findDraft(site.kernel.db.read, 1)).toMatchObject({ subject: 'My subject' });
  });

  it.each([
    ['a subject of two lines (S-51)', { subject: 'one\r\nBcc: two' }, 'subject'],
    ['too much MJML', { mjml: 'x'.repeat(70_000) }, 'mjml'],
  ])('keeps what was typed with %s', async (_, wrong, field) => {
    const { site, lead, form } = await startEmail();
    const answer = await lead.send(editor, { ...(await form()), ...filled, ...wrong });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(`id="error-${field}"`);
    expect(fieldsOf(answer, editor)).toMatchObject({ 'facts.cannot_do': 'Pay by card.' });
    expect((await findDraft(site.kernel.db.read, 1)).version).toBe(1);
  });

  it('previews in a sandbox of its own (S-32)', async () => {
    const { lead } = await startEmail();
    const { status, headers, text } = await lead.get(`${editor}/preview.html`);
    expect(status).toBe(200);
    expect(headers.get('content-security-policy')).toBe(
      "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'",
    );
    expect(headers.get('cache-control')).toBe('private, no-store');
    expect(text).toContain('Card payments are failing');
  });

  it('previews what is typed, for its author alone, without saving', async () => {
    const { site, lead, form, person } = await startEmail();
    const typed = { ...(await form()), ...filled, subject: 'Typed only' };
    const answer = await lead.send(`${editor}/preview`, typed);
    const review = JSON.parse(answer.text) as { of: string; subject: string; sendable: boolean };
    expect(review).toMatchObject({ subject: 'Typed only', problems: [], sendable: true });
    const own = await lead.get(`${editor}/preview.html?of=${review.of}`);
    expect(own.text).toContain('Pay by card.');
    const stranger = await (await person('admin')).get(`${editor}/preview.html?of=${review.of}`);
    expect(stranger.text).not.toContain('Pay by card.');
    expect((await findDraft(site.kernel.db.read, 1)).version).toBe(1);
  });

  it('points at the line that is wrong', async () => {
    const { lead, form } = await startEmail();
    const mjml = '<mjml>\n<mj-body>\n<mj-nothing></mj-nothing>\n</mj-body>\n</mjml>';
    const answer = await lead.send(`${editor}/preview`, { ...(await form()), ...filled, mjml });
    expect(answer.text).toContain('MJML, line 3');
  });

  it('mails a test to its author only', async () => {
    const { site, lead, form } = await startEmail();
    const answer = await lead.send(`${editor}/tests`, { ...(await form()), ...filled });
    expect(locationOf(answer)).toBe(`${editor}?done=tested`);
    const claimed = await claim(site.kernel, 'boot', 'direct', 10);
    expect(claimed.map(({ recipient }) => recipient.email)).toEqual([lead.email]);
  });

  it('takes a reason for sending none, and asks for it', async () => {
    const { site, lead, form, incident } = await startEmail();
    const { version = '' } = await form();
    const empty = await lead.send(`${editor}/skips`, { version, reason: ' ' });
    expect(empty.status).toBe(400);
    expect(empty.text).toContain('Please say why no email goes out.');
    const done = await lead.send(`${editor}/skips`, { version, reason: 'Fixed in a minute' });
    expect(locationOf(done)).toBe(`${incident}?done=skipped`);
    expect(await findDraft(site.kernel.db.read, 1)).toMatchObject({ state: 'cancelled' });
    expect((await lead.get(incident)).text).toContain('No email: Fixed in a minute');
    expect((await lead.get(editor)).text).toContain('Fixed in a minute');
  });
});

describe('sending', () => {
  it('is kept back while something is unfilled', async () => {
    const { site, lead, form } = await startEmail();
    await lead.send(`${editor}/drafts`, await form());
    const review = await lead.get(`${editor}/review`);
    expect(review.text).toContain('2 things keep this from being sent:');
    expect(review.text).not.toContain('>Send to 3 subscribers</button>');
    const forced = await lead.send(`${editor}/releases`, { version: '2', digest: '' });
    expect(forced.status).toBe(400);
    expect(await findDraft(site.kernel.db.read, 1)).toMatchObject({ state: 'draft' });
  });

  it('goes to everyone once, however often it is pressed', async () => {
    const started = await startEmail();
    const { site, lead } = started;
    const { review, fields, answer } = await release(started);
    expect(review.text).toContain('>Send to 3 subscribers</button>');
    const again = await lead.send(`${editor}/releases`, fields);
    expect([answer, again].map(locationOf)).toEqual(Array(2).fill(`${editor}?done=released`));
    const { notificationId } = await findDraft(site.kernel.db.read, 1);
    expect((await progress(site.kernel.db.read, notificationId ?? 0)).owed).toBe(3);
    expect((await lead.get('/admin')).text).not.toContain('waiting for your decision');
  });

  it('refuses words that changed since they were seen', async () => {
    const { lead, form } = await startEmail();
    await lead.send(`${editor}/drafts`, { ...(await form()), ...filled });
    const fields = fieldsOf(await lead.get(`${editor}/review`), `${editor}/releases`);
    await lead.send(editor, { ...(await form()), subject: 'Changed since' });
    const answer = await lead.send(`${editor}/releases`, fields);
    expect(answer.status).toBe(409);
    expect(answer.text).toContain('Changed since');
  });

  it('shows progress, pauses, resumes, cancels; names those who missed it to admins only', async () => {
    const started = await startEmail();
    const { site, lead, person } = started;
    await release(started);
    const [first] = await claim(site.kernel, 'boot', 'bulk', 1);
    if (!first) throw new Error('nothing to send');
    const refusal = { state: 'failed', charge: true, code: 550 } as const;
    const note = { outcome: 'refused', reply: 'no such mailbox' };
    await settle(site.kernel, 'boot', first, { ...refusal, note });
    await lead.send(`${editor}/pauses`, {});
    const paused = await lead.get(editor);
    expect(paused.text).toContain('>Paused</h2>');
    expect(paused.text).toContain('>Resume</button>');
    const [missed] = await listUndelivered(site.kernel.db.read, first.notification.id);
    expect(paused.text).not.toContain(missed?.email);
    expect(paused.text).toContain(`${missed?.email?.[0]}…@example.test`);
    expect((await (await person('admin')).get(editor)).text).toContain(missed?.email);
    expect((await lead.send(`${editor}/pauses`, {})).status).toBe(409);
    await lead.send(`${editor}/resumptions`, {});
    await lead.send(`${editor}/cancellations`, {});
    const end = await lead.get(editor);
    expect(end.text).toContain('>Cancelled</h2>');
    expect(end.text).not.toContain('>Pause</button>');
  });
});

it.each(['/admin/emails/99', '/admin/emails/x', '/admin/emails/1e9', '/admin/emails/99/review'])(
  '%s is not found',
  async (path) => {
    const { person } = await startDesk();
    expect((await (await person('comms_lead')).get(path)).status).toBe(404);
  },
);

it('mail held by a restore is told to those who can resume it, with its page', async () => {
  const desk = await startEmail();
  await release(desk);
  const { kernel } = desk.site;
  await kernel.db.write((tx) => holdAll(tx));
  const banner = /Mail is paused:<\/strong> 1 notification waits for a decision/;
  const page = await desk.lead.get('/admin');
  expect(page.text).toMatch(banner);
  expect(page.text).toContain(`<a href="${editor}">Card payments are failing</a>`);
  expect((await (await desk.person('viewer')).get('/admin')).text).not.toMatch(banner);
  await desk.lead.send(
    `${editor}/resumptions`,
    fieldsOf(await desk.lead.get(editor), `${editor}/resumptions`),
  );
  expect((await desk.lead.get('/admin')).text).not.toMatch(banner);
});
