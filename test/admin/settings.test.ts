// The desk's settings: appearance with its logo, and what the page shows.
import { describe, expect, it } from 'vitest';
import { eventsAfter } from '../../src/events/store.ts';
import { readLogo } from '../../src/settings/logo.ts';
import { readSettings } from '../../src/settings/service.ts';
import { plainPng, png, webpExtended } from '../settings/pictures.ts';
import { fieldsOf, locationOf, type Person, startDesk } from './desk.ts';

const appearance = '/admin/settings/appearance';
const shown = '/admin/settings/shown';
const logo = '/admin/settings/logo';

type Desk = Awaited<ReturnType<typeof startDesk>>;

async function lastEvent({ site }: Desk) {
  const event = (await eventsAfter(site.kernel.db.read, 0, 1000)).at(-1);
  return { ...event, data: JSON.parse(event?.data ?? '{}') as Record<string, unknown> };
}

/** Sends a file as a browser would. */
async function upload(desk: Desk, person: Person, bytes: Buffer<ArrayBuffer>, change: object = {}) {
  const page = await person.get(appearance);
  const token = /name="csrf" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
  const body = new FormData();
  const fields = { ...fieldsOf(page, logo), csrf: token, ...change };
  for (const [name, value] of Object.entries(fields)) {
    if (name !== 'logo') body.set(name, value);
  }
  body.set('logo', new Blob([bytes]), 'logo.png');
  return desk.ask(logo, { headers: person.headers, body });
}

describe('appearance', () => {
  it('is saved, and told before and after', async () => {
    const desk = await startDesk();
    const admin = await desk.person('admin');
    const form = fieldsOf(await admin.get(appearance), appearance);
    const answer = await admin.send(appearance, {
      ...form,
      accent: '#1D4ED8',
      'properties.radius': '0',
      'properties.font': 'serif',
      footer: 'Run by *Acme*.',
      'links.0.label': 'Acme',
      'links.0.url': 'https://acme.example',
      'links.2.label': 'Terms',
      'links.2.url': 'https://acme.example/terms',
    });
    expect(locationOf(answer)).toBe(`${appearance}?done=saved`);
    const { look, version } = await readSettings(desk.site.kernel.db.read);
    expect(version).toBe(2);
    expect(look).toMatchObject({
      accent: '#1d4ed8',
      properties: { radius: '0', font: 'serif' },
      links: [{ label: 'Acme' }, { label: 'Terms' }],
    });
    const event = await lastEvent(desk);
    expect(event).toMatchObject({ kind: 'settings.changed', isPublic: true });
    expect(event.data).toMatchObject({
      changed: ['look'],
      before: { look: { accent: '' } },
      after: { look: { accent: '#1d4ed8' } },
    });
    expect(JSON.stringify(event.data)).not.toContain('Run by');
    const again = fieldsOf(await admin.get(appearance), appearance);
    expect(again).toMatchObject({ accent: '#1d4ed8', 'links.1.label': 'Terms' });
  });

  it('refuses a colour nobody can read, and keeps what was typed', async () => {
    const desk = await startDesk();
    const admin = await desk.person('admin');
    const form = fieldsOf(await admin.get(appearance), appearance);
    const typed = {
      ...form,
      accent: '#ffcc00',
      footer: 'Mine.',
      'links.5.label': 'Far down',
      'links.5.url': 'ftp://x',
    };
    const answer = await admin.send(appearance, typed);
    expect(answer.status).toBe(400);
    expect(answer.text).toMatch(/contrast is 1\.\d:1.*nearest colour that has it is #[0-9a-f]{6}/);
    expect(answer.text).toContain('id="error-links.5.url"');
    expect(fieldsOf(answer, appearance)).toMatchObject({ ...typed, version: '1' });
  });

  it('shows both when two meet', async () => {
    const desk = await startDesk();
    const admin = await desk.person('admin');
    const form = fieldsOf(await admin.get(appearance), appearance);
    await admin.send(appearance, { ...form, accent: '#1d4ed8' });
    const late = await admin.send(appearance, { ...form, accent: '#7c2d12' });
    expect(late.status).toBe(409);
    expect(late.text).toContain('Saved by them: accent #1d4ed8');
    expect(fieldsOf(late, appearance)).toMatchObject({ accent: '#7c2d12', version: '2' });
  });

  it('is for admins', async () => {
    const desk = await startDesk();
    const lead = await desk.person('comms_lead');
    for (const path of [appearance, shown]) expect((await lead.get(path)).status).toBe(403);
    expect((await lead.send(shown, { version: '1' })).status).toBe(403);
    const body = new FormData();
    body.set(
      'csrf',
      /name="csrf" value="([^"]*)"/.exec((await lead.get('/admin')).text)?.[1] ?? '',
    );
    expect((await desk.ask(logo, { headers: lead.headers, body })).status).toBe(403);
  });
});

describe('the logo', () => {
  it('is taken by its bytes, kept whole, and goes again', async () => {
    const desk = await startDesk();
    const { read } = desk.site.kernel.db;
    const admin = await desk.person('admin');
    const bytes = plainPng(120, 32, [20, 80, 200]);
    expect(locationOf(await upload(desk, admin, bytes))).toBe(`${appearance}?done=saved`);
    const saved = await readLogo(read);
    expect(saved).toMatchObject({ contentType: 'image/png', width: 120, height: 32 });
    expect(saved?.bytes.equals(bytes)).toBe(true);
    expect(saved?.path).toMatch(/^\/logo\/[0-9a-f]{16}\.png$/);
    expect(await lastEvent(desk)).toMatchObject({ isPublic: true, kind: 'settings.changed' });
    const page = await admin.get(appearance);
    expect(page.text).toContain(`src="${saved?.path}"`);
    const removal = `${logo}/removals`;
    const gone = await admin.send(removal, fieldsOf(page, removal));
    expect(gone.status).toBe(303);
    expect(await readLogo(read)).toBeUndefined();
    expect((await lastEvent(desk)).data).toMatchObject({ after: { logo: null } });
  });

  it.each([
    ['no file', Buffer.alloc(0), 'Please choose a picture.'],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'SVG is not taken'],
    [
      'a script in disguise',
      Buffer.from('<script>alert(1)</script>'.repeat(9)),
      'PNG, JPEG or WebP',
    ],
    ['too many bytes', Buffer.concat([png(10, 10), Buffer.alloc(200_000)]), 'at most 200 KB'],
    ['too many pixels', png(2001, 10), '2001 × 10 pixels'],
    ['no pixels', png(0, 10), '0 × 10 pixels'],
    ['one that moves', webpExtended(10, 10, true), 'does not move'],
  ])('is refused beside its field: %s', async (_, bytes, words) => {
    const desk = await startDesk();
    const admin = await desk.person('admin');
    const answer = await upload(desk, admin, Buffer.from(bytes));
    expect(answer.status).toBe(400);
    expect(/id="error-logo">([^<]*)/.exec(answer.text)?.[1]).toContain(words);
    expect(await readLogo(desk.site.kernel.db.read)).toBeUndefined();
  });

  it('is not taken over settings that somebody changed, nor without the session’s token', async () => {
    const desk = await startDesk();
    const admin = await desk.person('admin');
    const bytes = plainPng(8, 8, [0, 0, 0]);
    expect((await upload(desk, admin, bytes, { version: '7' })).status).toBe(409);
    expect((await upload(desk, admin, bytes, { csrf: 'x' })).status).toBe(403);
    expect(await readLogo(desk.site.kernel.db.read)).toBeUndefined();
  });

  it('files are taken nowhere else', async () => {
    const desk = await startDesk();
    const admin = await desk.person('admin');
    const body = new FormData();
    body.set('csrf', /name="csrf" value="([^"]*)"/.exec((await admin.get(shown)).text)?.[1] ?? '');
    body.set('name', new Blob(['x']), 'x.txt');
    const answer = await desk.ask('/admin/settings', { headers: admin.headers, body });
    expect(answer.status).toBe(400);
  });
});

describe('what is shown', () => {
  it('is saved, weights with it', async () => {
    const desk = await startDesk();
    const admin = await desk.person('admin');
    const form = fieldsOf(await admin.get(shown), shown);
    expect(form).toMatchObject({ bars: 'on', pastDays: '14', 'weights.partial_outage': '30' });
    const { bars: _, ...rest } = form;
    const change = { ...rest, overdue: 'on', pastDays: '0', 'weights.under_maintenance': '100' };
    expect((await admin.send(shown, change)).status).toBe(303);
    expect(await readSettings(desk.site.kernel.db.read)).toMatchObject({
      shown: { bars: false, percentages: true, overdue: true, pastDays: 0 },
      weights: { partial_outage: 0.3, degraded_performance: 0, under_maintenance: 1 },
    });
    // Ten hours of 90 days, all of them downtime now.
    expect((await admin.get(shown)).text.match(/99\.53 %/g)).toHaveLength(2);
  });

  it('keeps what was typed, and both when two meet', async () => {
    const desk = await startDesk();
    const admin = await desk.person('admin');
    const form = fieldsOf(await admin.get(shown), shown);
    const bad = await admin.send(shown, { ...form, pastDays: '31', 'weights.partial_outage': '' });
    expect(bad.status).toBe(400);
    expect(bad.text).toContain('id="error-pastDays"');
    expect(bad.text).toContain('id="error-weights.partial_outage"');
    expect(fieldsOf(bad, shown)).toMatchObject({ pastDays: '31', 'weights.partial_outage': '' });
    await admin.send(shown, { ...form, pastDays: '3' });
    const late = await admin.send(shown, { ...form, pastDays: '9' });
    expect(late.status).toBe(409);
    expect(late.text).toContain('3 past days');
    expect(fieldsOf(late, shown)).toMatchObject({ pastDays: '9', version: '2' });
  });
});

it('a new target for updates moves no public page', async () => {
  const desk = await startDesk();
  const admin = await desk.person('admin');
  const form = fieldsOf(await admin.get('/admin/settings'), '/admin/settings');
  await admin.send('/admin/settings', { ...form, targetMinutes: '45' });
  expect(await lastEvent(desk)).toMatchObject({ kind: 'settings.changed', isPublic: false });
  await admin.send('/admin/settings', {
    ...form,
    version: '2',
    supportContact: 'help@acme.example',
  });
  const event = await lastEvent(desk);
  expect(event).toMatchObject({
    isPublic: true,
    data: { changed: ['supportContact', 'targetMinutes'] },
  });
  expect(JSON.stringify(event.data)).not.toContain('acme.example');
});
