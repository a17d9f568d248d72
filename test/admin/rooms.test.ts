// The desk's other rooms: components, subscribers, settings, the mailbox, and the frame around them.
import { sql } from 'drizzle-orm';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { listComponents } from '../../src/components/service.ts';
import { createCaptureMailer } from '../../src/delivery/capture.ts';
import { systemActor } from '../../src/events/types.ts';
import { readSettings } from '../../src/settings/service.ts';
import { addConfirmed, counts } from '../../src/subscribers/service.ts';
import { temporaryFolder } from '../support/kernel.ts';
import { fieldsOf, locationOf, startDesk } from './desk.ts';

it('components are added, grouped, changed, ordered and archived', async () => {
  const { site, ids, person } = await startDesk();
  const admin = await person('admin');
  const names = async () => {
    const { groups, components } = await listComponents(site.kernel.db.read);
    return [...groups, ...components]
      .filter((one) => !('groupId' in one) || one.groupId === null)
      .toSorted((a, b) => a.position - b.position)
      .map(({ name }) => name);
  };
  await admin.send('/admin/component-groups', { name: 'Apps', description: '' });
  const { groups } = await listComponents(site.kernel.db.read);
  const list = '/admin/components';
  const bad = await admin.send(list, { name: '', description: 'Typed' });
  expect([bad.status, fieldsOf(bad, list)['description']]).toEqual([400, 'Typed']);
  const added = await admin.send(list, { name: 'iOS', groupId: groups[0]?.publicId ?? '' });
  expect(locationOf(added)).toBe('/admin/components?done=added');
  expect(await names()).toEqual(['API', 'Web app', 'Payments', 'Apps']);

  await admin.send(`${list}/${ids['Payments']}/moves`, { direction: 'up' });
  await admin.send(`/admin/component-groups/${groups[0]?.publicId}/moves`, { direction: 'up' });
  expect(await names()).toEqual(['API', 'Payments', 'Apps', 'Web app']);

  const api = `${list}/${ids['API']}`;
  const form = fieldsOf(await admin.get(api), api);
  expect(form).toMatchObject({ name: 'API', showcase: 'on' });
  await admin.send(api, { ...form, name: 'Public API' });
  const late = await admin.send(api, { ...form, name: 'My API' });
  expect([late.status, fieldsOf(late, api)['name']]).toEqual([409, 'My API']);
  expect(late.text).toContain('Public API');
  const gone = fieldsOf(await admin.get(api), `${api}/archivals`);
  await admin.send(`${api}/archivals`, gone);
  expect(await names()).toEqual(['Payments', 'Apps', 'Web app']);
});

it('a comms lead sets statuses and no more', async () => {
  const { site, ids, person } = await startDesk();
  const lead = await person('comms_lead');
  const path = `/admin/components/${ids['API']}/baseline`;
  const form = fieldsOf(await lead.get('/admin/components'), path);
  const answer = await lead.send(path, { ...form, baseline: 'under_maintenance' });
  expect(answer.status).toBe(303);
  const { components } = await listComponents(site.kernel.db.read);
  expect(components[0]).toMatchObject({ status: 'under_maintenance' });
  expect((await lead.send(path, { ...form, baseline: 'operational' })).status).toBe(409);
  expect((await lead.send(path, { version: '2', baseline: 'fine' })).status).toBe(400);
  expect((await lead.send('/admin/components', { name: 'x' })).status).toBe(403);
});

it('subscribers are counted, found and erased', async () => {
  const { site, person } = await startDesk();
  const { kernel } = site;
  const emails = ['ann@example.test', 'a%b@example.test', 'bob@example.test'];
  await kernel.db.write((tx) => addConfirmed(tx, kernel, systemActor, emails));
  const admin = await person('admin');
  const found = await admin.get('/admin/subscribers?q=A%25');
  expect(found.text).toContain('<td>a%b@example.test</td>');
  expect(found.text).not.toContain('ann@example.test');
  const all = await admin.get('/admin/subscribers?state=confirmed');
  expect(all.text.match(/<td>[^<]*@example\.test<\/td>/g)).toHaveLength(3);
  expect((await admin.get('/admin/subscribers?state=everyone')).status).toBe(400);
  const action = /action="(\/admin\/subscribers\/\d+\/erasure)"/.exec(found.text)?.[1] ?? '';
  expect((await admin.send(action, { suppress: 'yes' })).status).toBe(303);
  expect(await counts(kernel.db.read)).toMatchObject({ confirmed: 2 });
  expect((await admin.send(action, {})).status).toBe(404);
});

it('subscribers are added by hand and taken along as CSV, which is written down', async () => {
  const { site, person } = await startDesk();
  const { kernel } = site;
  const admin = await person('admin');
  const path = '/admin/subscribers';
  const wrong = await admin.send(path, { emails: 'ann@example.test\nbob', agreed: 'yes' });
  expect(wrong.status).toBe(400);
  expect(wrong.text).toContain('Line 2 is not one email address');
  expect(wrong.text).toContain('ann@example.test\nbob</textarea>');
  expect((await admin.send(path, { emails: 'ann@example.test' })).text).toContain('error-agreed');
  const emails = 'ann@example.test\n\n=cmd@example.test\n';
  expect((await admin.send(path, { emails, agreed: 'yes' })).status).toBe(303);
  expect(await counts(kernel.db.read)).toMatchObject({ confirmed: 2 });
  expect((await admin.get(`${path}?topic=maintenance`)).text).toContain('<td>everything</td>');
  const csv = await admin.send(`${path}/exports`, {});
  expect(csv.headers.get('content-disposition')).toContain('subscribers-2026-11-22.csv');
  const [head, first] = csv.text.split('\r\n');
  expect(head).toBe(
    '"email","state","topics","components","incidents","created_at","confirmed_at"',
  );
  expect(first).toMatch(/^"'=cmd@example\.test","confirmed","incidents maintenance","",/);
  const [last] = kernel.db.read.all<{ kind: string }>(
    sql`select kind from events order by seq desc limit 1`,
  );
  expect(last?.kind).toBe('subscribers.exported');
});

it('settings keep what was typed, and both when two meet', async () => {
  const { site, person } = await startDesk();
  const admin = await person('admin');
  const path = '/admin/settings';
  const form = fieldsOf(await admin.get(path), path);
  const bad = await admin.send(path, { ...form, name: 'New name', timeZone: 'Mars/Olympus' });
  expect(bad.status).toBe(400);
  expect(bad.text).toContain('id="error-timeZone"');
  expect(fieldsOf(bad, path)).toMatchObject({ name: 'New name', timeZone: 'Mars/Olympus' });
  await admin.send(path, { ...form, name: 'New name', targetMinutes: '20' });
  expect(await readSettings(site.kernel.db.read)).toMatchObject({ name: 'New name', version: 2 });
  const late = await admin.send(path, { ...form, name: 'Mine' });
  expect(late.status).toBe(409);
  expect(late.text).toContain('New name');
  expect(fieldsOf(late, path)).toMatchObject({ name: 'Mine', version: '2' });
});

it('the mailbox shows each their own mail, admins all of it, bodies in a sandbox (S-32)', async () => {
  const dataDir = temporaryFolder();
  const { person } = await startDesk({ DATA_DIR: dataDir });
  const line = createCaptureMailer(join(dataDir, 'mail')).openLine();
  const send = (to: string) =>
    line.send({
      messageId: `<${to}>`,
      envelope: { from: 'status@localhost', to },
      date: new Date('2026-11-22T14:00:00Z'),
      raw: Buffer.from(
        `From: Status <status@localhost>\r\nTo: ${to}\r\nSubject: For ${to}\r\nContent-Type: text/html\r\n\r\n<p>Body</p><script>1</script>`,
      ),
    });
  await send('lead@example.test');
  await send('ann@example.test');
  const lead = await person('comms_lead', 'lead@example.test');
  const admin = await person('admin');
  const all = await admin.get('/admin/mailbox');
  expect(all.text).toContain('Mail is not being sent.');
  const links = [...all.text.matchAll(/href="(\/admin\/mailbox\/[^"?]+)">For (\w+)/g)];
  expect(new Set(links.map((link) => link[2]))).toEqual(new Set(['ann', 'lead']));
  const own = await lead.get('/admin/mailbox');
  expect(own.text).toContain('For lead@example.test');
  expect(own.text).not.toContain('ann@example.test');
  for (const [, path = '', name] of links) {
    const body = await lead.get(`${path}/body.html`);
    expect(body.status).toBe(name === 'lead' ? 200 : 404);
    const one = await admin.get(path);
    expect(one.text).toContain(`sandbox src="${path}/body.html"`);
    expect(one.text).not.toContain('<p>Body</p>');
    const policy = (await admin.get(`${path}/body.html`)).headers.get('content-security-policy');
    expect(policy).toMatch(/^sandbox; default-src 'none'; .*frame-ancestors 'self'$/);
  }
  expect((await admin.get('/admin/mailbox/..%2F..%2Fx')).status).toBe(404);
});

it.each([
  ['http://status.example.com', true],
  ['http://localhost:3000', false],
  ['https://status.example.com', false],
])('on %s the desk warns of plain http: %s (T28)', async (publicUrl, warns) => {
  const { person } = await startDesk({ PUBLIC_URL: publicUrl, SMTP_URL: 'smtp://localhost' });
  const page = await (await person('viewer')).get('/admin');
  expect(page.text.includes('Plain http.')).toBe(warns);
  expect(page.text).not.toContain('Mail is not being sent.');
});

it('the desk’s script gets the banner and the clocks alone', async () => {
  const { person } = await startDesk();
  const page = await (await person('viewer')).get('/admin/clocks');
  expect(page.text).toContain('id="banners"');
  expect(page.text).toContain('id="clocks"');
  expect(page.text).not.toContain('<html');
});
