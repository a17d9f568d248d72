// Set-up help at the desk: a relay tried with unsaved settings, a domain looked over, nothing kept, nothing given away.
import { mkdirSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { mailCheckRoutes } from '../../src/admin/mail-check.ts';
import { adminRoutes } from '../../src/admin/routes.ts';
import { turnsAllowed } from '../../src/mail-check/turns.ts';
import { assetRoutes } from '../../src/web/assets.ts';
import { createWeb } from '../../src/web/serve.ts';
import { fakeDns, realRelay, scriptedRelay, type Zone } from '../mail-check/fixtures.ts';
import { describeInBrowser, expectAccessible, watchComplaints } from '../support/browser.ts';
import { onEnd } from '../support/kernel.ts';
import { freePort } from '../support/process.ts';
import { addPerson, askRoutes, testSite } from '../support/web.ts';
import { type Fields, fieldsOf, plainText } from './desk.ts';

const page = '/admin/mail/check';
const trials = `${page}/trials`;
const domains = `${page}/domains`;
const secret = 'correct horse battery';

async function open(environment: Record<string, string> = {}, zones: Record<string, Zone> = {}) {
  const site = await testSite(environment);
  const routes = [...mailCheckRoutes(site, () => fakeDns(zones)), ...adminRoutes(site)];
  const ask = askRoutes(site, routes);
  const { headers, csrf, email } = await addPerson(site, 'admin');
  return {
    site,
    email,
    get: (path: string) => ask(path, { headers }),
    send: (path: string, form: Fields) => ask(path, { headers, form: { csrf, ...form } }),
  };
}

const relayUrl = (port: number) =>
  `smtp://ann:${encodeURIComponent(secret)}@127.0.0.1:${port}/?tls.rejectUnauthorized=false`;

it('begins with the present relay, never with its password', async () => {
  const { get, email } = await open({
    SMTP_URL: relayUrl(2525),
    MAIL_FROM: 'Acme <status@example.com>',
  });
  const answer = await get(page);
  expect(answer.headers.get('cache-control')).toContain('no-store');
  expect(fieldsOf(answer, trials)).toEqual({
    relay: '0',
    host: '127.0.0.1',
    port: '2525',
    security: 'offered',
    anyCertificate: 'on',
    user: 'ann',
    password: '',
    from: 'status@example.com',
    to: email,
    upTo: 'message',
  });
  expect(answer.text).not.toContain(secret);
  expect(fieldsOf(answer, domains)).toMatchObject({
    domain: 'example.com',
    bounceDomain: 'example.com',
  });
});

it('tries the relay with the password it has, and shows the talk without it', async () => {
  const seen: unknown[] = [];
  const { port, received } = await realRelay({
    onAuth: (auth, _session, done) => {
      seen.push(auth.password);
      done(null, { user: 'ann' });
    },
  });
  const { get, send, site, email } = await open({
    SMTP_URL: relayUrl(port),
    MAIL_FROM: 'status@example.com',
  });
  const answer = await send(trials, fieldsOf(await get(page), trials));
  const text = plainText(answer.text);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('cache-control')).toContain('no-store');
  expect(text).toContain('The relay took the test message.');
  expect(seen).toEqual([secret]);
  expect(received[0]).toMatchObject({ from: 'status@example.com', to: [email] });
  expect(received[0]?.text).toMatch(
    /^From: <status@example\.com>\r\nTo: <admin@example\.test>\r\n/,
  );
  expect(text).toContain('AUTH PLAIN (not shown)');
  expect(text).toContain('Encrypted from here: TLSv1.3');
  expect(text).toContain(
    `SMTP_URL=smtp://ann:PASSWORD@127.0.0.1:${port}/?tls.rejectUnauthorized=false`,
  );
  expect(text).not.toContain(secret);
  expect(text).not.toContain(Buffer.from(`\0ann\0${secret}`).toString('base64'));
  const [event] = site.kernel.db.read.all<{ data: string }>(
    sql`select data from events where kind = 'relay.tried'`,
  );
  expect(JSON.parse(event?.data ?? '')).toEqual({
    host: '127.0.0.1',
    port,
    upTo: 'message',
    trouble: null,
  });
});

it('does not tell the password to another host, and keeps what was typed', async () => {
  const { port, heard } = await scriptedRelay(() => '220 evil');
  const { get, send } = await open({ SMTP_URL: relayUrl(2525) });
  const form = { ...fieldsOf(await get(page), trials), port: String(port), from: 'me@example.com' };
  const answer = await send(trials, form);
  expect(answer.status).toBe(400);
  expect(answer.text).toContain('goes to no other host');
  expect(fieldsOf(answer, trials)).toMatchObject({ port: String(port), from: 'me@example.com' });
  expect(heard).toEqual([]);
});

it('never sends back a password that was typed, whatever comes of it', async () => {
  const { get, send } = await open();
  const form = {
    ...fieldsOf(await get(page), trials),
    host: '127.0.0.1',
    port: String(await freePort()),
    user: 'ann',
    password: 'typed-by-hand',
    from: 'status@example.com',
  };
  const tried = await send(trials, form);
  expect(tried.status).toBe(200);
  expect(tried.text).toContain('refuses connections');
  expect(fieldsOf(tried, trials)).toMatchObject({ user: 'ann', password: '' });
  const wrong = await send(trials, { ...form, host: 'a b' });
  expect(wrong.status).toBe(400);
  expect(fieldsOf(wrong, trials)).toMatchObject({ host: 'a b', user: 'ann', password: '' });
  for (const { text } of [tried, wrong]) expect(text).not.toContain('typed-by-hand');
});

it('lets one person try one at a time, and not without end', async () => {
  const { port, hangUp, open: linesOpen } = await scriptedRelay(() => undefined);
  const { get, send, site } = await open();
  const form = { ...fieldsOf(await get(page), trials), host: '127.0.0.1', from: 'a@example.com' };
  const slow = send(trials, { ...form, port: String(port) });
  await expect.poll(linesOpen).toBe(1);
  const second = await send(trials, { ...form, port: '1' });
  expect(second.status).toBe(409);
  expect(second.text).toContain('still running');
  expect(fieldsOf(second, trials)['port']).toBe('1');
  await site.kernel.db.write(async (tx) => {
    tx.run(sql`update rate_windows set hits = ${turnsAllowed} where key like 'relay-trial:%'`);
  });
  hangUp();
  expect(await slow).toMatchObject({ status: 200 });
  const last = await send(trials, { ...form, port: '1' });
  expect([last.status, fieldsOf(last, trials)['host']]).toEqual([429, '127.0.0.1']);
});

it('offers each of several relays', async () => {
  const { get } = await open({
    SMTP_URL: 'smtp://a.example.com:25,smtps://b.example.com?label=spare',
  });
  expect(fieldsOf(await get(`${page}?relay=1`), trials)).toMatchObject({
    relay: '1',
    host: 'b.example.com',
    port: '465',
    security: 'tls',
  });
  for (const odd of ['7', 'x', '-1', '1e1']) {
    expect((await get(`${page}?relay=${odd}`)).status).toBe(200);
  }
});

const zones: Record<string, Zone> = {
  'example.com': { txt: ['v=spf1 ip4:198.51.100.1 -all'], mx: ['mx.example.com'] },
  'mx.example.com': { a: ['8.8.4.4'] },
  '8.8.4.4': { ptr: ['mx.example.com'] },
  '_dmarc.example.com': { txt: ['v=DMARC1; p=none; rua=mailto:dmarc@example.com'] },
};

it('looks a domain over, and says what to publish', async () => {
  const { send } = await open({ MAIL_FROM: 'status@example.com' }, zones);
  const form = { domain: 'example.com', bounceDomain: '', selector: '', addresses: '8.8.4.4' };
  const answer = await send(domains, form);
  const text = plainText(answer.text);
  expect(answer.status).toBe(200);
  expect(text).toContain('example.com, looked over');
  expect(text).toContain('v=spf1 ip4:198.51.100.1 ip4:8.8.4.4 -all');
  expect(text).toContain('There is a DMARC record with p=none.');
  expect(text).toMatch(
    /id="finding-spf"[\s\S]*?Broken[\s\S]*?id="finding-dkim"[\s\S]*?Could not be told/,
  );
  expect(fieldsOf(answer, domains)).toMatchObject({ domain: 'example.com', addresses: '8.8.4.4' });
});

it('escapes what strangers write into the DNS', async () => {
  const evil = { 'example.com': { txt: ['v=spf1 <script>alert(1)</script>'] } };
  const { send } = await open({}, evil);
  const answer = await send(domains, { domain: 'example.com', addresses: '8.8.4.4' });
  expect(answer.status).toBe(200);
  expect(answer.text).toContain('&lt;script&gt;');
  expect(answer.text).not.toContain('<script>alert');
});

it('keeps a wrong domain in its field', async () => {
  const { send } = await open();
  const answer = await send(domains, { domain: 'not a domain', addresses: '' });
  expect(answer.status).toBe(400);
  expect(fieldsOf(answer, domains)['domain']).toBe('not a domain');
});

it('is for admins', async () => {
  const site = await testSite();
  const ask = askRoutes(site, adminRoutes(site));
  const { headers, csrf } = await addPerson(site, 'comms_lead');
  expect((await ask(page, { headers })).status).toBe(403);
  for (const path of [trials, domains]) {
    expect((await ask(path, { headers, form: { csrf } })).status).toBe(403);
  }
});

const shots = process.env['SCREENSHOTS'];

describeInBrowser('set-up help in Chromium', (openPage) => {
  it('is tried, read and understood at every width', async () => {
    const { port } = await realRelay({
      onAuth: (_auth, _session, done) => done(null, { user: 'x' }),
    });
    const at = await freePort();
    const url = `http://127.0.0.1:${at}`;
    const site = await testSite({
      PUBLIC_URL: url,
      SMTP_URL: relayUrl(port),
      MAIL_FROM: 'status@example.com',
    });
    const routes = [
      ...mailCheckRoutes(site, () => fakeDns(zones)),
      ...adminRoutes(site),
      ...assetRoutes,
    ];
    const listener = getRequestListener(createWeb(site, routes).fetch);
    const server = createServer((request, response) => void listener(request, response));
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
    expect((server.address() as AddressInfo).port).toBe(at);
    onEnd(() => {
      server.closeAllConnections();
      server.close();
    });
    const { sessionId } = await addPerson(site, 'admin');
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [1280, 390]) {
        const view = await openPage({ colorScheme, viewport: { width, height: 900 } });
        await view.context().addCookies([{ name: 'sid', value: sessionId, url }]);
        const complaints = watchComplaints(view, url);
        const shoot = async (name: string) => {
          if (shots === undefined) return;
          mkdirSync(shots, { recursive: true });
          await view.screenshot({
            path: join(shots, `${name}-${width}-${colorScheme}.png`),
            fullPage: true,
          });
        };
        await view.goto(url + page);
        await expectAccessible(view);
        await shoot('form');
        await view.getByRole('button', { name: 'Try it' }).click();
        await view.getByRole('heading', { name: 'The relay took the test message.' }).waitFor();
        await expectAccessible(view);
        expect(await view.evaluate('document.activeElement.classList.contains("notice")')).toBe(
          true,
        );
        await shoot('tried');
        await view
          .getByLabel('Addresses the mail leaves from, where you know them')
          .fill('8.8.4.4');
        await view.getByRole('button', { name: 'Check it' }).click();
        await view.getByRole('heading', { name: 'example.com, looked over' }).waitFor();
        await view.getByText('What was found about SPF').click();
        await expectAccessible(view);
        expect(await view.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(
          true,
        );
        await shoot('domain');
        expect(complaints).toEqual([]);
        await view.context().close();
      }
    }
  });
});
