// Mail at the desk: the overview, one message, steering, what is held, who did not get it, relays and their limits.
import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { notifications } from '../../src/db/schema.ts';
import { saveRelayState } from '../../src/delivery/relay-store.ts';
import { systemActor } from '../../src/events/types.ts';
import { claim } from '../../src/notifications/outbox.ts';
import { holdAll, progress, releaseToOne } from '../../src/notifications/service.ts';
import type { Settlement } from '../../src/notifications/types.ts';
import { readMailLimits } from '../../src/settings/mail-limits.ts';
import { days, minutes, seconds } from '../../src/shared/clock.ts';
import { addConfirmed } from '../../src/subscribers/service.ts';
import { idOf, mail, makeIncident, release, sent, settle } from '../notifications/fixtures.ts';
import { fieldsOf, locationOf, plainText, startDesk } from './desk.ts';

const overview = '/admin/mail';
const relay = 'relay.example.test:587';
const withRelay = { SMTP_URL: `smtp://${relay}?perSecond=100` };

async function startMail(environment: Record<string, string> = {}) {
  const desk = await startDesk(environment);
  const { kernel } = desk.site;
  const emails = ['ann', 'bob', 'cleo', 'dora'].map((name) => `${name}@example.test`);
  await kernel.db.write((tx) => addConfirmed(tx, kernel, systemActor, emails));
  const incident = await makeIncident(kernel, 'Payments <fail>');
  const id = await release(kernel, incident.id);
  return { ...desk, kernel, incident, id, here: `${overview}/notifications/${id}` };
}
type Started = Awaited<ReturnType<typeof startMail>>;

const answer = (code: number, outcome: string, reply: string): Settlement => ({
  state: outcome === 'ambiguous' ? 'sent' : 'failed',
  charge: true,
  code,
  note: { outcome, reply },
});
const unknown = answer(550, 'failed', '550 5.1.1 <address> unknown');

async function settleNext({ kernel }: Started, ...settlements: Settlement[]): Promise<string[]> {
  const held = await claim(kernel, 'boot', 'bulk', settlements.length);
  for (const [i, claimed] of held.entries()) {
    await settle(kernel, 'boot', claimed, settlements[i] ?? sent);
  }
  return held.map(({ recipient }) => recipient.email ?? '');
}

const recent = (text: string) => text.slice(text.indexOf('id="recent"'));

const tellState = (
  { kernel }: Started,
  state: { isUp?: boolean; perMinute?: number; fault?: string; name?: string } = {},
) =>
  kernel.db.write((tx) =>
    saveRelayState(tx, {
      name: relay,
      isUp: true,
      since: kernel.clock.now(),
      fault: '',
      perMinute: 0,
      updatedAt: kernel.clock.now(),
      ...state,
    }),
  );

describe('the overview', () => {
  it('says that all is quiet, and links to what there is', async () => {
    const { person } = await startDesk();
    const page = await (await person('admin')).get(overview);
    for (const words of [
      'Nothing is being sent to subscribers.',
      'No mail yet',
      'Every email is captured',
      'href="/admin/mail/check"',
      'href="/admin/quarantine"',
      'href="/admin/mail" aria-current="page"',
    ]) {
      expect(page.text).toContain(words);
    }
    const viewer = await (await person('viewer')).get(overview);
    expect(viewer.text).not.toContain('href="/admin/quarantine"');
    expect(viewer.text).not.toContain('href="/admin/mail/check"');
  });

  it('shows what goes out, how far, how fast, and when it will be through', async () => {
    const started = await startMail(withRelay);
    const lead = await started.person('comms_lead');
    await settleNext(started, sent);
    started.kernel.clock.advance(minutes(2));
    await tellState(started, { perMinute: 2 });
    const page = await lead.get(overview);
    expect(page.text).toContain('Payments &lt;fail&gt;');
    expect(page.text).toMatch(/<strong>1<\/strong> of 4/);
    expect(page.text).toContain('About 2 min left at 2 a minute.');
    expect(page.text).toContain('Answering since 14:02 UTC');
    expect(page.text).toContain('100 a second');
    await tellState(started, { perMinute: 0 });
    expect((await lead.get(overview)).text).not.toContain(' left at ');
  });

  it('tells that a relay is down, and why, on every page of the desk (F-08)', async () => {
    const started = await startMail(withRelay);
    const viewer = await started.person('viewer');
    await tellState(started, { isUp: false, fault: 'connect ECONNREFUSED' });
    const page = await viewer.get(overview);
    expect(page.text).toContain('Not answering since 14:00 UTC');
    expect(page.text).toContain('connect ECONNREFUSED');
    expect(page.text).toContain('Waits: no mail server is answering.');
    const elsewhere = await viewer.get('/admin/incidents');
    expect(elsewhere.text).toContain('A mail server does not answer:');
    await tellState(started, { name: 'of-another-time:25', isUp: false });
    await tellState(started);
    expect((await viewer.get('/admin/incidents')).text).not.toContain('does not answer');
  });

  it('tells that nobody sends once mail has waited for two minutes unheard', async () => {
    const started = await startMail(withRelay);
    const viewer = await started.person('viewer');
    const words = async () => (await viewer.get(overview)).text.includes('sender is not running');
    await tellState(started);
    started.kernel.clock.advance(seconds(119));
    expect(await words()).toBe(false);
    started.kernel.clock.advance(seconds(2));
    expect(await words()).toBe(true);
    await tellState(started);
    expect(await words()).toBe(false);
  });

  it('does not take a sender that had nothing to do for one that is gone', async () => {
    const started = await startMail(withRelay);
    const viewer = await started.person('viewer');
    await tellState(started);
    await settleNext(started, sent, sent, sent, sent);
    started.kernel.clock.advance(days(1));
    await release(started.kernel, (await makeIncident(started.kernel, 'New')).id);
    expect((await viewer.get(overview)).text).not.toContain('sender is not running');
  });

  it('pages what went out lately, to many or to one', async () => {
    const started = await startMail();
    for (let i = 0; i < 21; i += 1) {
      const { id } = await makeIncident(started.kernel, `Incident ${i}`);
      await release(started.kernel, id);
    }
    const viewer = await started.person('viewer');
    const first = recent((await viewer.get(overview)).text);
    expect(first).toContain('Incident 20');
    const older = plainText(/href="([^"]*before=[^"]*)"/.exec(first)?.[1] ?? '').replace(/#.*/, '');
    expect(recent((await viewer.get(older)).text)).toContain('Payments &lt;fail&gt;');
    expect((await viewer.get(`${overview}?lane=direct`)).text).toContain('No mail yet');
    expect((await viewer.get(`${overview}?lane=webhook`)).status).toBe(400);
    expect((await viewer.get(`${overview}?before=x`)).status).toBe(400);
  });
});

describe('one message', () => {
  it('shows what exactly they got, to whom it went and who sent it', async () => {
    const started = await startMail({ MAIL_REPLY_TO: 'help@example.test' });
    const viewer = await started.person('viewer');
    const page = await viewer.get(started.here);
    const { contentSha256 } = (await started.kernel.db.read.select().from(notifications))[0] ?? {};
    for (const words of [
      mail.subject,
      'Status &lt;status@localhost&gt;',
      'help@example.test',
      'Confirmed subscribers to incidents, whatever they chose',
      'by Forthright',
      `sha256 ${contentSha256}`,
      'https://status.example.com/unsubscribe/example',
      `<iframe title="The email as it was sent" sandbox src="${started.here}/preview.html">`,
    ]) {
      expect(page.text).toContain(words);
    }
    expect(page.text).not.toContain('{{');
    const preview = await viewer.get(`${started.here}/preview.html`);
    expect(preview.headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/);
    expect(preview.text).toContain('href="https://status.example.com/unsubscribe/example"');
  });

  it.each(['99', 'x', '1e9'])('%s is not found', async (id) => {
    const { person } = await startDesk();
    const viewer = await person('viewer');
    expect((await viewer.get(`${overview}/notifications/${id}`)).status).toBe(404);
    const body = await viewer.get(`${overview}/notifications/${id}/preview.html`);
    expect(body.status).toBe(404);
  });

  it('is paused, resumed, cancelled and retried, saying who has it already (F-26)', async () => {
    const started = await startMail();
    const { kernel, id, here } = started;
    await settleNext(started, sent, unknown);
    const lead = await started.person('comms_lead');
    const press = async (verb: string, fields = {}) =>
      locationOf(await lead.send(`${here}/${verb}`, fields));
    expect(await press('pauses')).toBe(`${here}?done=paused`);
    const paused = await lead.get(here);
    expect(paused.text).toContain('Paused by a person.');
    expect(plainText(paused.text)).toMatch(/<strong>1 person has it already<\/strong>/);
    expect((await lead.send(`${here}/pauses`, {})).status).toBe(409);
    expect(await press('resumptions', { from: 'overview' })).toBe('/admin/mail?done=resumed');
    expect(await press('retries')).toBe(`${here}?done=retried`);
    expect((await progress(kernel.db.read, id)).counts).toMatchObject({ failed: 0, queued: 3 });
    expect(await press('cancellations')).toBe(`${here}?done=cancelled`);
    const end = await lead.get(here);
    expect(end.text).toContain('A person took back what had not gone out.');
    expect((await progress(kernel.db.read, id)).counts).toMatchObject({ sent: 1, cancelled: 3 });
  });

  it('says who did not get it and why, and who may have got it twice', async () => {
    const started = await startMail();
    const doubted = answer(250, 'ambiguous', 'Connection closed');
    const [missed = ''] = await settleNext(started, unknown, doubted);
    const page = await (await started.person('viewer')).get(started.here);
    expect(page.text).toContain(`${missed[0]}…@example.test`);
    expect(page.text).not.toContain(missed);
    expect(page.text).toContain('There is no such mailbox');
    expect(page.text).toContain('550 5.1.1 &lt;address&gt; unknown');
    expect(page.text).toMatch(/<strong>1<\/strong> may have got it twice/);
    expect((await (await started.person('admin')).get(started.here)).text).toContain(missed);
  });

  it('gives the list along as CSV, addresses in full to admins only, and writes down to whom', async () => {
    const started = await startMail();
    const formula = answer(550, 'failed', '=cmd|A1');
    const [missed = ''] = await settleNext(started, formula, sent, sent, sent);
    const exported = async (role: 'viewer' | 'admin') =>
      (await started.person(role)).send(`${started.here}/exports`, {});
    const full = await exported('admin');
    expect(full.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(full.headers.get('content-disposition')).toBe(
      `attachment; filename="undelivered-${started.id}-2026-11-22.csv"`,
    );
    expect(full.text.split('\r\n')).toEqual([
      '"address","outcome","reason","answer","tries"',
      `"${missed}","Failed","The mail server refused it","'=cmd|A1","1"`,
      '',
    ]);
    const masked = await exported('viewer');
    expect(masked.text).toContain(`"${missed[0]}…@example.test"`);
    expect(masked.text).not.toContain(missed);
    const events = started.kernel.db.read.all<{ data: string }>(
      sql`select data from events where kind = 'notification.exported' order by seq`,
    );
    expect(events.map(({ data }) => data)).toEqual([
      '{"addresses":"full"}',
      '{"addresses":"masked"}',
    ]);
  });
});

async function restored() {
  const started = await startMail();
  const { kernel } = started;
  await kernel.db.write(async (tx) =>
    releaseToOne(tx, kernel, systemActor, {
      kind: 'manage_link',
      recipientKind: 'subscriber',
      recipientId: await idOf(kernel, 'bob@example.test'),
      mail,
    }),
  );
  await kernel.db.write((tx) => holdAll(tx));
  const states = async () =>
    (await kernel.db.read.select().from(notifications)).map(({ state }) => state);
  return { ...started, states };
}

describe('held mail', () => {
  it('is shown with why, and told on every page to those who decide', async () => {
    const { person } = await restored();
    const lead = await person('comms_lead');
    const page = await lead.get(overview);
    expect(page.text).toContain('Held until you decide');
    expect(page.text).toContain('Held since a backup was restored');
    expect(page.text).toContain('to b…@example.test');
    expect((await lead.get('/admin')).text).toContain('2 notifications wait for a decision');
    const viewer = await (await person('viewer')).get(overview);
    expect(viewer.text).toContain('Held until you decide');
    expect(viewer.text).not.toContain('/releases"');
  });

  it('is released or discarded one by one', async () => {
    const { person, here, id, states } = await restored();
    const lead = await person('comms_lead');
    const fields = fieldsOf(await lead.get(overview), `${here}/releases`);
    expect(fields).toEqual({ from: 'overview' });
    const released = await lead.send(`${here}/releases`, fields);
    expect(locationOf(released)).toBe('/admin/mail?done=resumed');
    const other = `${overview}/notifications/${id + 1}`;
    await lead.send(`${other}/discards`, {});
    expect(await states()).toEqual(['sending', 'cancelled']);
    expect((await lead.send(`${other}/discards`, {})).status).toBe(409);
  });

  it('is decided about all at once', async () => {
    const { person, states } = await restored();
    const lead = await person('comms_lead');
    const decide = (decision: string) => lead.send(`${overview}/decisions`, { decision });
    expect((await decide('perhaps')).status).toBe(400);
    expect(locationOf(await decide('release'))).toBe('/admin/mail?done=released-held');
    expect(await states()).toEqual(['sending', 'sending']);
  });

  it('asks before old news goes out', async () => {
    const { kernel, person, here, states } = await restored();
    kernel.clock.advance(days(2));
    const lead = await person('comms_lead');
    const before = await lead.get(overview);
    expect(before.text).toContain('old news');
    expect(before.text).not.toContain(`action="${here}/releases"`);
    expect((await lead.send(`${here}/releases`, {})).status).toBe(409);
    await lead.send(`${overview}/decisions`, { decision: 'release' });
    expect(await states()).toEqual(['paused', 'paused']);
    const asked = fieldsOf(await lead.get(here), `${here}/releases`);
    await lead.send(`${here}/releases`, asked);
    expect(await states()).toEqual(['sending', 'paused']);
  });
});

describe('limits', () => {
  const path = `${overview}/limits`;

  it('are changed relay by relay, and kept as typed when something is wrong', async () => {
    const { site, person } = await startDesk(withRelay);
    const admin = await person('admin');
    const form = fieldsOf(await admin.get(path), path);
    expect(form).toMatchObject({ relay, perSecond: '', connections: '' });
    const wrong = await admin.send(path, { ...form, perHour: 'many', perDay: '5000' });
    expect(wrong.status).toBe(400);
    expect(wrong.text).toContain('id="field-0-perHour-error"');
    expect(fieldsOf(wrong, path)).toMatchObject({ perHour: 'many', perDay: '5000' });
    await admin.send(path, { ...form, perSecond: 'none', perHour: '1200', connections: '5' });
    expect(await readMailLimits(site.kernel.db.read)).toEqual({
      [relay]: { perSecond: null, perHour: 1200, connections: 5 },
    });
    const page = await admin.get(path);
    expect(page.text).toContain('in force: 5 connections, 1,200 an hour');
    expect(fieldsOf(page, path)).toMatchObject({ perSecond: 'none', perHour: '1200' });
    expect((await admin.send(path, { ...form, relay: 'other:25' })).status).toBe(404);
    expect((await (await person('comms_lead')).get(path)).status).toBe(403);
  });
});
