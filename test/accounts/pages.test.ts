import { describe, expect, it } from 'vitest';
import { ensureSetup, listAccounts, readSession, readToken } from '../../src/accounts/service.ts';
import { accountRoutes } from '../../src/admin/accounts.ts';
import { setUpRoutes } from '../../src/admin/set-up.ts';
import { signInRoutes } from '../../src/admin/sign-in.ts';
import { tokenRoutes } from '../../src/admin/tokens.ts';
import { seconds } from '../../src/shared/clock.ts';
import type { Route } from '../../src/web/types.ts';
import {
  addPerson,
  type Ask,
  askRoutes,
  goodPassword,
  openSession,
  testSite,
} from '../support/web.ts';

/** Where a sign-in leads in these tests. */
const home: Route = {
  method: 'GET',
  path: '/admin',
  surface: 'desk',
  needs: 'read',
  handle: (c) => c.text(`hello ${c.get('account')?.name}`),
};

async function start(environment?: Record<string, string>) {
  const site = await testSite(environment);
  const surfaces = [signInRoutes, setUpRoutes, accountRoutes, tokenRoutes];
  const ask = askRoutes(site, [home, ...surfaces.flatMap((routes) => routes(site))]);
  return { site, ask };
}

const sessionIn = (cookie: string | null) => /^[^=]+=([^;]+);/.exec(cookie ?? '')?.[1] ?? '';

describe('the door', () => {
  it('lets a person in, to where they were going, with a cookie as it must be (S-10)', async () => {
    const { site, ask } = await start();
    const { email } = await addPerson(site, 'viewer');
    const page = await ask('/admin/sign-in?next=%2Fadmin%2Ftokens');
    expect(page.status).toBe(200);
    expect(page.text).toContain('name="next" value="/admin/tokens"');
    expect(page.headers.get('set-cookie')).toBeNull();
    const form = { email, password: goodPassword, next: '/admin/tokens' };
    const answer = await ask('/admin/sign-in', { form });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/admin/tokens']);
    const cookie = answer.headers.get('set-cookie');
    expect(cookie).toMatch(
      /^__Host-sid=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    const again = await ask('/admin', { headers: { cookie: `__Host-sid=${sessionIn(cookie)}` } });
    expect(again.text).toBe('hello viewer');
  });

  it('uses a plain cookie on plain http (T28)', async () => {
    const { site, ask } = await start({ PUBLIC_URL: 'http://localhost:3000' });
    const { email } = await addPerson(site, 'viewer');
    const answer = await ask('/admin/sign-in', { form: { email, password: goodPassword } });
    expect(answer.headers.get('set-cookie')).toMatch(/^sid=[\w-]{43}; .*HttpOnly; SameSite=Lax$/);
  });

  it('answers wrong and unknown with the same bytes, keeping what was typed (S-06)', async () => {
    const { site, ask } = await start();
    await addPerson(site, 'viewer', 'aaaaaa@example.test');
    const password = 'not the right password';
    const known = await ask('/admin/sign-in', { form: { email: 'aaaaaa@example.test', password } });
    const unknown = await ask('/admin/sign-in', {
      form: { email: 'bbbbbb@example.test', password },
    });
    expect([known.status, unknown.status]).toEqual([401, 401]);
    expect(known.text).toContain('value="aaaaaa@example.test"');
    expect(known.text.replaceAll('aaaaaa', 'bbbbbb')).toBe(unknown.text);
    expect(known.text).not.toContain(password);
    expect(Object.fromEntries(known.headers)).toEqual(Object.fromEntries(unknown.headers));
  });

  it('tells how long to wait after too many wrong tries (S-03)', async () => {
    const { site, ask } = await start();
    const { email } = await addPerson(site, 'viewer');
    const form = { email, password: 'not the right password' };
    for (let i = 0; i < 5; i += 1) await ask('/admin/sign-in', { form });
    const refused = await ask('/admin/sign-in', { form: { email, password: goodPassword } });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '30']);
    expect(refused.text).toContain('Try again in 30 seconds.');
    site.kernel.clock.advance(seconds(30));
    const answer = await ask('/admin/sign-in', { form: { email, password: goodPassword } });
    expect(answer.status).toBe(303);
  });

  const refusals: [string, Ask, number][] = [
    ['from another site', { headers: { origin: 'https://evil.example' } }, 403],
    ['of 2 KB and more (S-70)', { form: { email: 'a', password: 'b'.repeat(2048) } }, 413],
    ['as JSON', { headers: { 'content-type': 'application/json' }, body: '{}' }, 415],
    ['with the password twice (S-26)', { form: { email: 'a', password: ['b', 'c'] } }, 400],
  ];
  it.each(refusals)('refuses a sign-in %s', async (_, ask, status) => {
    const started = await start();
    const form = { email: 'a@example.test', password: goodPassword };
    const sent = 'body' in ask ? ask : { form, ...ask };
    expect((await started.ask('/admin/sign-in', sent)).status).toBe(status);
  });

  it('never leads to another site (S-47)', async () => {
    const { site, ask } = await start();
    const { email } = await addPerson(site, 'viewer');
    for (const next of ['https://evil.example/', '//evil.example', '/.//evil.example']) {
      const form = { email, password: goodPassword, next };
      expect((await ask('/admin/sign-in', { form })).headers.get('location')).toBe('/admin');
    }
  });

  it('closes behind who leaves (S-09)', async () => {
    const { site, ask } = await start();
    const { headers, csrf, sessionId } = await addPerson(site, 'viewer');
    const answer = await ask('/admin/sign-out', { headers, form: { csrf } });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/admin/sign-in']);
    expect(answer.headers.get('clear-site-data')).toBe('"cookies", "storage"');
    expect(answer.headers.get('set-cookie')).toMatch(/^__Host-sid=; Max-Age=0/);
    expect(await readSession(site.kernel, sessionId)).toBeUndefined();
    expect((await ask('/admin', { headers })).status).toBe(302);
  });
});

describe('set-up (S-12)', () => {
  const owner = { name: 'Ada', email: 'ada@example.test', password: goodPassword };

  it('by the printed link makes the owner and lets them in; then it is gone', async () => {
    const { site, ask } = await start();
    const { setupToken } = await ensureSetup(site.kernel, undefined);
    const path = `/admin/set-up/${setupToken}`;
    expect((await ask('/admin/sign-in')).text).toContain('Open the set-up link');
    expect((await ask(path)).text).toContain('Create account');
    expect((await ask('/admin/set-up/wrong')).status).toBe(403);
    expect((await ask('/admin/set-up/wrong', { form: owner })).status).toBe(403);
    // A page without referrer sends no origin that can be named.
    const answer = await ask(path, { form: owner, headers: { origin: 'null' } });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/admin']);
    const cookie = `__Host-sid=${sessionIn(answer.headers.get('set-cookie'))}`;
    expect((await ask('/admin', { headers: { cookie } })).text).toBe('hello Ada');
    expect((await ask(path)).status).toBe(404);
    expect((await ask(path, { form: owner })).status).toBe(404);
    expect((await ask('/admin/sign-in')).text).not.toContain('set-up link');
  });

  it('says what is wrong beside the field and keeps the rest, but no password', async () => {
    const { site, ask } = await start();
    const { setupToken } = await ensureSetup(site.kernel, undefined);
    const form = { ...owner, email: 'ada at example', password: 'qwerty123456' };
    const answer = await ask(`/admin/set-up/${setupToken}`, { form });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('Please enter one email address, like name@example.com.');
    expect(answer.text).toContain('value="ada at example"');
    expect(answer.text).not.toContain('qwerty123456');
    expect(await listAccounts(site.kernel.db.read)).toEqual([]);
  });
});

describe('accounts', () => {
  it('are added, changed and shut out', async () => {
    const { site, ask } = await start();
    const { headers, csrf } = await addPerson(site, 'admin');
    const added = await ask('/admin/accounts', {
      headers,
      form: {
        csrf,
        name: 'Bob <b>',
        email: 'bob@example.test',
        role: 'viewer',
        password: goodPassword,
      },
    });
    expect(added.headers.get('location')).toBe('/admin/accounts?done=added');
    const list = await ask('/admin/accounts', { headers });
    expect(list.text).toContain('Bob &lt;b&gt;');
    const bob = (await listAccounts(site.kernel.db.read)).find(({ name }) => name === 'Bob <b>');
    const path = `/admin/accounts/${bob?.id}`;
    expect((await ask(path, { headers })).text).toContain('bob@example.test');
    const change = { csrf, name: 'Bob', role: 'approver', version: '1', disabled: 'yes' };
    expect((await ask(path, { headers, form: change })).status).toBe(303);
    const late = await ask(path, { headers, form: { ...change, name: 'Robert' } });
    expect(late.status).toBe(409);
    expect(late.text).toContain('value="Robert"');
    const [after] = (await listAccounts(site.kernel.db.read)).filter(({ id }) => id === bob?.id);
    expect(after).toMatchObject({ name: 'Bob', role: 'approver', version: 2 });
    expect(after?.disabledAt).not.toBeNull();
  });

  it('keep their last admin (S-25)', async () => {
    const { site, ask } = await start();
    const { headers, csrf, id } = await addPerson(site, 'admin');
    const form = { csrf, name: 'A', role: 'viewer', version: '1' };
    const answer = await ask(`/admin/accounts/${id}`, { headers, form });
    expect(answer.status).toBe(409);
    expect(answer.text).toContain('This is the last account that can configure.');
  });

  it.each(['0', '999', 'x', '1e3'])('there is none named %s', async (id) => {
    const { site, ask } = await start();
    const { headers } = await addPerson(site, 'admin');
    expect((await ask(`/admin/accounts/${id}`, { headers })).status).toBe(404);
  });

  it('let everybody change their own password, which ends their other sessions (S-08)', async () => {
    const { site, ask } = await start();
    const { headers, csrf, email } = await addPerson(site, 'viewer');
    const other = await openSession(site, email);
    const wrong = { csrf, current: 'not the right password', password: 'another long password' };
    const refused = await ask('/admin/password', { headers, form: wrong });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('This is not your present password.');
    const form = { ...wrong, current: goodPassword };
    expect((await ask('/admin/password', { headers, form })).status).toBe(303);
    expect((await ask('/admin', { headers })).status).toBe(200);
    expect(await readSession(site.kernel, other)).toBeUndefined();
  });

  it('get a new password from an admin, who cannot take that way for their own', async () => {
    const { site, ask } = await start();
    const admin = await addPerson(site, 'admin');
    const viewer = await addPerson(site, 'viewer');
    const form = { csrf: admin.csrf, password: 'another long password' };
    const { headers } = admin;
    const reset = await ask(`/admin/accounts/${viewer.id}/password`, { headers, form });
    expect(reset.status).toBe(303);
    expect(await readSession(site.kernel, viewer.sessionId)).toBeUndefined();
    const own = await ask(`/admin/accounts/${admin.id}/password`, { headers, form });
    expect(own.headers.get('location')).toBe('/admin/password');
    expect(await openSession(site, admin.email)).toBeDefined();
  });
});

it('a token is shown once and works until it is revoked', async () => {
  const { site, ask } = await start();
  const { headers, csrf } = await addPerson(site, 'admin');
  const form = { csrf, name: 'deploy bot', role: 'comms_lead' };
  const made = await ask('/admin/tokens', { headers, form });
  expect(made.status).toBe(201);
  const token = /value="(ft_[\w-]{43})"/.exec(made.text)?.[1] ?? '';
  const read = await readToken(site.kernel, token);
  expect(read).toMatchObject({ name: 'deploy bot', role: 'comms_lead' });
  const list = await ask('/admin/tokens', { headers });
  expect(list.text).toContain('deploy bot');
  expect(list.text).not.toContain(token);
  const revoked = await ask(`/admin/tokens/${read?.id}/revocation`, { headers, form: { csrf } });
  expect(revoked.status).toBe(303);
  expect(await readToken(site.kernel, token)).toBeUndefined();
});
