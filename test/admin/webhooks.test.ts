// The desk's webhooks: added, tested, changed, switched off and on, removed; secrets shown once.
import { expect, it } from 'vitest';
import { sql } from 'drizzle-orm';
import { endpoint } from '../webhooks/fixtures.ts';
import { fieldsOf, locationOf, plainText, startDesk } from './desk.ts';

const list = '/admin/webhooks';

async function withHook(more: Record<string, string> = {}) {
  const desk = await startDesk({ WEBHOOK_ALLOW: '127.0.0.1' });
  const admin = await desk.person('admin');
  const there = await endpoint();
  const form = fieldsOf(await admin.get(`${list}/new`), list);
  const made = await admin.send(list, { ...form, endpoint: `${there.url}/hidden-path`, ...more });
  const id = /\/admin\/webhooks\/([0-9a-z]{12})\/tests/.exec(made.text)?.[1] ?? '';
  return { ...desk, admin, there, made, page: `${list}/${id}` };
}

it('is added with its secret shown once', async () => {
  const { admin, made, page, there } = await withHook();
  expect(made.status).toBe(201);
  const secret = /whsec_[A-Za-z0-9+/]{43}=/.exec(plainText(made.text))?.[0];
  expect(secret).toBeDefined();
  const later = await admin.get(page);
  expect(later.status).toBe(200);
  expect(later.text).not.toContain('whsec_');
  expect((await admin.get(list)).text).toContain(`127.0.0.1:${there.port}`);
  for (const text of [later.text, made.text]) expect(text).not.toContain('hidden-path');
  const rotated = await admin.send(`${page}/secrets`, {});
  expect(plainText(rotated.text)).toMatch(/whsec_/);
  expect(plainText(rotated.text)).not.toContain(secret);
});

it('keeps what was typed where it cannot be used, and says so in one way', async () => {
  const { admin } = await withHook();
  for (const typed of ['https://10.0.0.1/x', 'https://localhost/', 'nonsense']) {
    const answer = await admin.send(list, { format: 'slack', endpoint: typed, incidents: 'on' });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('This address cannot be used.');
    expect(fieldsOf(answer, list)).toMatchObject({ endpoint: typed, format: 'slack' });
  }
});

it('is tested while one waits, and the test stands in the log', async () => {
  const { admin, there, page } = await withHook();
  const good = await admin.send(`${page}/tests`, {});
  expect(good.text).toMatch(/The test was taken\.<\/strong> HTTP 204 in \d+ ms\./);
  expect(there.received[0]).toMatchObject({ path: '/hidden-path', body: { type: 'test' } });
  there.answer(500);
  const bad = await admin.send(`${page}/tests`, {});
  expect(bad.status).toBe(200);
  expect(bad.text).toMatch(/The test was not taken\.<\/strong> HTTP 500 in \d+ ms\./);
  expect((await admin.get(page)).text.match(/<td>Test<\/td>/g)).toHaveLength(2);
});

it.each(['statuspage', 'slack', 'discord', 'teams'])('can be tested as %s', async (format) => {
  const { admin, there, page } = await withHook({ format });
  expect((await admin.send(`${page}/tests`, {})).text).toContain('The test was taken.');
  expect(there.received).toHaveLength(1);
});

it('is changed over its version, its address kept unless a new one is typed', async () => {
  const { admin, page } = await withHook();
  const form = fieldsOf(await admin.get(page), page);
  expect(form['endpoint']).toBe('');
  const saved = await admin.send(page, { ...form, email: 'ops@example.com', statuses: 'on' });
  expect(locationOf(saved)).toBe(`${page}?done=saved`);
  expect((await admin.get(page)).text).toContain('component statuses');
  const late = await admin.send(page, { ...form, email: 'other@example.com' });
  expect([late.status, fieldsOf(late, page)['email']]).toEqual([409, 'other@example.com']);
});

it('raises a banner when it is switched off, until a person brings it back', async () => {
  const { site, admin, person, page } = await withHook();
  await site.kernel.db.write(async (tx) => {
    tx.run(sql`update webhooks set state = 'quarantined', failures = 10, failing_since = 0`);
  });
  const banner = 'A webhook is switched off';
  expect((await admin.get('/admin')).text).toContain(banner);
  const lead = await person('comms_lead');
  expect((await lead.get('/admin')).text).not.toContain(banner);
  expect((await admin.get(page)).text).toContain('Switch it back on');
  expect(locationOf(await admin.send(`${page}/reactivations`, {}))).toContain('done=reactivated');
  expect((await admin.get('/admin')).text).not.toContain(banner);
  expect((await admin.send(`${page}/reactivations`, {})).status).toBe(409);
});

it('is removed with its address', async () => {
  const { site, admin, page } = await withHook();
  await admin.send(`${page}/removals`, {});
  expect((await admin.get(page)).status).toBe(404);
  expect(site.kernel.db.read.all(sql`select * from webhooks`)).toEqual([]);
});

it('holds what a restore found unsent until somebody decides', async () => {
  const { site, admin, page } = await withHook();
  await admin.send(`${page}/tests`, {});
  await site.kernel.db.write(async (tx) => {
    tx.run(sql`update notifications set state = 'paused' where lane = 'webhook'`);
  });
  expect((await admin.get(list)).text).toContain('One message is held');
  expect(locationOf(await admin.send(`${list}/held`, { decision: 'drop' }))).toContain('dropped');
  expect((await admin.get(list)).text).not.toContain('is held');
  expect((await admin.send(`${list}/held`, { decision: 'x' })).status).toBe(400);
});
