import { describe, expect, it } from 'vitest';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { z } from 'zod';
import { eventsAfter } from '../../src/events/store.ts';
import { AppError } from '../../src/shared/errors.ts';
import { parse } from '../../src/shared/form.ts';
import type { Log } from '../../src/shared/log.ts';
import { readForm } from '../../src/web/forms.ts';
import { contentSecurityPolicy } from '../../src/web/headers.ts';
import { createWeb } from '../../src/web/serve.ts';
import type { Route } from '../../src/web/types.ts';
import { onEnd } from '../support/kernel.ts';
import { addPerson, addProgram, askRoutes, testSite, type TestSite } from '../support/web.ts';

const text =
  (words: string): Route['handle'] =>
  (c) =>
    c.text(words);

const routes: Route[] = [
  {
    method: 'GET',
    path: '/',
    surface: 'public',
    needs: null,
    handle: (c) => c.html('<p>hello</p>', 200, { 'Cache-Control': 'public, max-age=10' }),
  },
  {
    method: 'GET',
    path: '/forgetful',
    surface: 'public',
    needs: null,
    handle: (c) => c.text('x', 200, { 'Set-Cookie': 'a=b' }),
  },
  {
    method: 'GET',
    path: '/api/v2/status.json',
    surface: 'public',
    needs: null,
    handle: (c) => c.json({}),
  },
  {
    method: 'GET',
    path: '/unsubscribe/:token',
    surface: 'visitor',
    needs: null,
    handle: (c) => {
      if (c.req.param('token') !== 'right') throw new AppError('not_found', 'No such link.');
      return c.text('button');
    },
  },
  {
    method: 'POST',
    path: '/unsubscribe/:token',
    surface: 'visitor',
    needs: null,
    limit: 100,
    handle: async (c) => c.json(await readForm(c)),
  },
  { method: 'GET', path: '/admin/things', surface: 'desk', needs: 'read', handle: text('things') },
  {
    method: 'POST',
    path: '/admin/things',
    surface: 'desk',
    needs: 'speak',
    handle: async (c) => c.json(parse(z.object({ name: z.string() }), await readForm(c))),
  },
  { method: 'GET', path: '/v1/things', surface: 'api', needs: 'read', handle: text('things') },
  { method: 'POST', path: '/v1/things', surface: 'api', needs: 'speak', handle: text('made') },
  { method: 'GET', path: '/healthz', surface: 'system', needs: null, handle: text('ok') },
  {
    method: 'GET',
    path: '/broken',
    surface: 'public',
    needs: null,
    handle: () => {
      throw new Error('the database said: secret detail');
    },
  },
];

const ours = 'https://status.example.com';

async function start(environment?: Record<string, string>) {
  const site = await testSite(environment);
  return { site, ask: askRoutes(site, routes) };
}

const refusals = async (site: TestSite) =>
  (await eventsAfter(site.kernel.db.read, 0, 1000)).filter((e) => e.kind === 'access.refused');

describe('headers', () => {
  it('of a public page: strict policy, its own caching, no cookie (S-35, S-42)', async () => {
    const { ask } = await start();
    const { headers } = await ask('/', { headers: { cookie: 'a=b' } });
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('strict-transport-security')).toMatch(/^max-age=/);
    expect(headers.get('cache-control')).toBe('public, max-age=10');
    expect((await ask('/forgetful')).headers.get('set-cookie')).toBeNull();
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  const cachings: [string, string][] = [
    ['/', 'public, max-age=10'],
    ['/forgetful', 'private, no-store'],
    ['/broken', 'private, no-store'],
    ['/nothing', 'private, no-store'],
    ['/admin/nothing', 'private, no-store'],
    ['/v1/nothing', 'private, no-store'],
    ['/.env', 'private, no-store'],
    ['/unsubscribe/right', 'private, no-store'],
    ['/unsubscribe/wrong', 'private, no-store'],
    ['/admin/things', 'private, no-store'],
    ['/v1/things', 'private, no-store'],
    ['/healthz', 'private, no-store'],
  ];
  it.each(cachings)('%s is cached as "%s" (T5)', async (path, expected) => {
    const { ask } = await start();
    expect((await ask(path)).headers.get('cache-control')).toBe(expected);
  });

  it('the desk may frame itself, a link page sends no referrer', async () => {
    const { ask, site } = await start();
    const { headers } = await addPerson(site, 'viewer');
    const desk = await ask('/admin/things', { headers });
    expect(desk.headers.get('content-security-policy')).toBe(
      contentSecurityPolicy({ framesOwn: true }),
    );
    expect(desk.headers.get('referrer-policy')).toBe('same-origin');
    const link = await ask('/unsubscribe/right');
    expect(link.headers.get('referrer-policy')).toBe('no-referrer');
  });

  it('no HSTS on plain http', async () => {
    const { ask } = await start({ PUBLIC_URL: 'http://localhost:3000' });
    expect((await ask('/')).headers.get('strict-transport-security')).toBeNull();
  });

  it('any site may read the open documents, and only those (S-17)', async () => {
    const { ask } = await start();
    const open = await ask('/api/v2/status.json', { headers: { origin: 'https://other.example' } });
    expect(open.headers.get('access-control-allow-origin')).toBe('*');
    expect(open.headers.get('access-control-allow-credentials')).toBeNull();
    const preflight = await ask('/api/v2/status.json', { method: 'OPTIONS' });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-methods')).toBe(
      'GET, POST, DELETE, OPTIONS',
    );
    // Statuspage's own script may send a key along.
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Authorization');
    for (const path of ['/', '/v1/things', '/admin/things']) {
      const closed = await ask(path, { method: 'OPTIONS' });
      expect(closed.headers.get('access-control-allow-origin')).toBeNull();
    }
  });
});

describe('hosts (S-53, T4)', () => {
  const cases: [string, string, string, number][] = [
    ['ours', '/', 'status.example.com', 200],
    ['ours in capitals', '/', 'STATUS.example.com', 200],
    ['ours with the usual port', '/', 'status.example.com:443', 200],
    ['loopback', '/', 'localhost:3000', 200],
    ['loopback by number', '/', '127.0.0.1:3000', 200],
    ['loopback by IPv6', '/', '[::1]:3000', 200],
    ['another', '/', 'evil.example', 421],
    ['ours with another port', '/', 'status.example.com:8080', 421],
    ['a part of ours', '/', 'example.com', 421],
    ['a user before ours', '/', 'evil.example@status.example.com', 421],
    ['a path after ours', '/', 'status.example.com/x', 421],
    ['another, for health', '/healthz', '10.0.0.7:3000', 200],
    ['another, in an absolute target', 'https://evil.example/', 'status.example.com', 421],
  ];
  it.each(cases)('%s', async (_, path, host, status) => {
    const { ask } = await start();
    expect((await ask(path, { headers: { host } })).status).toBe(status);
  });
});

describe('paths (S-48)', () => {
  const crooked = [
    '/admin%2fthings',
    '/admin%5cthings',
    '/.env',
    '/assets/.hidden',
    '/assets/%2e%2e%2fpackage.json',
    '/%00',
    '/%zz',
  ];
  it.each(crooked)('%s is nowhere', async (path) => {
    const { ask } = await start();
    expect((await ask(path)).status).toBe(404);
  });

  it('one that decodes to a guarded route meets its guard', async () => {
    const { ask } = await start();
    const { status, headers } = await ask('/%61dmin/th%69ngs');
    expect([status, headers.get('location')]).toEqual([
      302,
      expect.stringContaining('/admin/sign-in'),
    ]);
  });
});

describe('the desk', () => {
  it('sends strangers to the door and back, and refuses their writes', async () => {
    const { ask } = await start();
    const page = await ask('/admin/things?tab=2');
    expect(page.status).toBe(302);
    expect(page.headers.get('location')).toBe('/admin/sign-in?next=%2Fadmin%2Fthings%3Ftab%3D2');
    expect((await ask('/admin/things', { form: { name: 'x' } })).status).toBe(401);
  });

  const writes: [string, { origin?: string; csrf?: string; type?: string }, number][] = [
    ['with all it takes', {}, 200],
    ['from another site (S-15)', { origin: 'https://evil.example' }, 403],
    ['from a page without origin', { origin: 'null' }, 403],
    ['without its token', { csrf: '' }, 403],
    ['with a made-up token', { csrf: 'x'.repeat(43) }, 403],
    ['as JSON', { type: 'application/json' }, 415],
    ['as plain text', { type: 'text/plain' }, 415],
    ['as nothing', { type: '' }, 415],
  ];
  it.each(writes)('a write %s', async (_, change, status) => {
    const { ask, site } = await start();
    const person = await addPerson(site, 'comms_lead');
    const headers: Record<string, string> = {
      ...person.headers,
      origin: change.origin ?? ours,
      'content-type': change.type ?? 'application/x-www-form-urlencoded',
    };
    const body = new URLSearchParams({ name: 'x', csrf: change.csrf ?? person.csrf }).toString();
    expect((await ask('/admin/things', { headers, body })).status).toBe(status);
  });

  it("refuses another session's token", async () => {
    const { ask, site } = await start();
    const [one, other] = [await addPerson(site, 'comms_lead'), await addPerson(site, 'admin')];
    const form = { name: 'x', csrf: other.csrf };
    expect((await ask('/admin/things', { headers: one.headers, form })).status).toBe(403);
  });

  it('takes the token in a header, and forms in several parts', async () => {
    const { ask, site } = await start();
    const { headers, csrf } = await addPerson(site, 'comms_lead');
    const boundary = 'xxx';
    const body = `--${boundary}\r\nContent-Disposition: form-data; name="name"\r\n\r\nhé\r\n--${boundary}--\r\n`;
    const type = { 'content-type': `multipart/form-data; boundary=${boundary}` };
    const answer = await ask('/admin/things', {
      headers: { ...headers, ...type, 'x-csrf-token': csrf },
      body,
    });
    expect([answer.status, answer.text]).toEqual([200, '{"name":"hé"}']);
  });

  it('refuses a role that may not, and records it (S-20)', async () => {
    const { ask, site } = await start();
    const { headers, csrf, id } = await addPerson(site, 'viewer');
    const { status, text: page } = await ask('/admin/things', {
      headers,
      form: { name: 'x', csrf },
    });
    expect(status).toBe(403);
    expect(page).toContain('Your role does not allow this.');
    const [refusal, ...more] = await refusals(site);
    expect(more).toEqual([]);
    expect(refusal).toMatchObject({ actorKind: 'account', actorId: id, isPublic: false });
    expect(JSON.parse(refusal?.data ?? '')).toEqual({
      method: 'POST',
      path: '/admin/things',
      needs: 'speak',
    });
  });

  it('refuses repeated and missing fields with 400 (S-26)', async () => {
    const { ask, site } = await start();
    const { headers, csrf } = await addPerson(site, 'comms_lead');
    for (const form of [{ csrf }, { csrf, name: ['a', 'b'] }]) {
      expect((await ask('/admin/things', { headers, form })).status).toBe(400);
    }
  });

  it('ignores a cookie of the other kind (T28)', async () => {
    const { ask, site } = await start();
    const { sessionId } = await addPerson(site, 'viewer');
    expect((await ask('/admin/things', { headers: { cookie: `sid=${sessionId}` } })).status).toBe(
      302,
    );
  });
});

describe('the API', () => {
  it('takes tokens by either scheme in any case, and no cookie', async () => {
    const { ask, site } = await start();
    const person = await addPerson(site, 'admin');
    const { headers } = await addProgram(site, 'viewer');
    const token = headers.authorization.split(' ')[1] ?? '';
    for (const scheme of ['OAuth', 'oauth', 'Bearer', 'BEARER']) {
      const answer = await ask('/v1/things', { headers: { authorization: `${scheme} ${token}` } });
      expect(answer.status).toBe(200);
    }
    for (const refused of [
      {},
      person.headers,
      { authorization: `Basic ${token}` },
      { authorization: 'OAuth' },
    ]) {
      const answer = await ask('/v1/things', { headers: refused });
      expect(answer.status).toBe(401);
      expect(JSON.parse(answer.text)).toEqual({ error: 'Could not authenticate' });
    }
  });

  it('refuses a role that may not, and records it (S-20)', async () => {
    const { ask, site } = await start();
    const { headers, id } = await addProgram(site, 'viewer');
    const answer = await ask('/v1/things', { headers, method: 'POST' });
    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      403,
      { error: 'Your role does not allow this.' },
    ]);
    expect(await refusals(site)).toMatchObject([{ actorKind: 'token', actorId: id }]);
  });
});

describe('links of visitors', () => {
  it('need no cookie, origin or token of a form (S-64)', async () => {
    const { ask } = await start();
    const form = { 'List-Unsubscribe': 'One-Click' };
    const headers = { origin: 'https://mail.example' };
    expect(JSON.parse((await ask('/unsubscribe/x', { form, headers })).text)).toEqual(form);
    expect(JSON.parse((await ask('/unsubscribe/x', { method: 'POST' })).text)).toEqual({});
  });

  it('are refused after 20 wrong ones (S-63), elsewhere not', async () => {
    const { ask } = await start();
    for (let i = 0; i < 20; i += 1) expect((await ask(`/unsubscribe/w${i}`)).status).toBe(404);
    const refused = await ask('/unsubscribe/right');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60']);
    expect((await ask('/unsubscribe/right', { from: '192.0.2.2' })).status).toBe(200);
    expect((await ask('/')).status).toBe(200);
  });

  it('take no more than they say (S-70)', async () => {
    const { ask } = await start();
    expect((await ask('/unsubscribe/x', { form: { a: 'b'.repeat(98) } })).status).toBe(200);
    expect((await ask('/unsubscribe/x', { form: { a: 'b'.repeat(99) } })).status).toBe(413);
  });
});

describe('errors (S-46)', () => {
  it('say nothing of what went wrong, name the request, and are logged once', async () => {
    const site = await testSite();
    const lines: [string, object][] = [];
    const note = (level: string) => (fields: object) => void lines.push([level, fields]);
    const log: Log = { ...site.kernel.log, info: note('info'), error: note('error') };
    const ask = askRoutes({ ...site, kernel: { ...site.kernel, log } }, routes);
    const { status, text: page } = await ask('/broken');
    expect(status).toBe(500);
    expect(page).not.toMatch(/secret detail|Error|at .*\.ts/);
    const errors = lines.filter(([level]) => level === 'error');
    expect(errors).toHaveLength(1);
    const [[, fields] = ['', {}]] = errors;
    expect(page).toContain((fields as { requestId?: string }).requestId ?? 'no request id');
  });

  it('of the public are the same bytes each time, whatever is asked for (S-40, S-43)', async () => {
    const { ask } = await start();
    const accept = { headers: { accept: 'application/json' } };
    const [one, other] = [await ask('/incidents/a'), await ask('/incidents/b', accept)];
    expect(one.text).toBe(other.text);
    expect(Object.fromEntries(one.headers)).toEqual(Object.fromEntries(other.headers));
  });

  it('are JSON at the API, and a page where a document does not exist, as at Statuspage', async () => {
    const { ask } = await start();
    const missing = await ask('/api/v2/nothing.json');
    expect([missing.headers.get('content-type'), missing.text]).toEqual([
      'text/html; charset=UTF-8',
      expect.stringContaining('There is no such page.'),
    ]);
    expect(JSON.parse((await ask('/v1/nothing')).text)).toEqual({
      error: 'There is no such page.',
    });
  });
});

it('a method that a path does not offer is told from a path that is missing', async () => {
  const { ask } = await start();
  const cases: [string, string, number, string | null][] = [
    ['DELETE', '/', 405, 'GET, HEAD'],
    ['PUT', '/unsubscribe/x', 405, 'GET, HEAD, POST'],
    ['DELETE', '/v1/things', 405, 'GET, HEAD, POST'],
    ['DELETE', '/nothing', 404, null],
  ];
  for (const [method, path, status, allow] of cases) {
    const answer = await ask(path, { method });
    expect([method, path, answer.status, answer.headers.get('allow')]).toEqual([
      method,
      path,
      status,
      allow,
    ]);
  }
});

const slashes: [string, string | null][] = [
  ['/admin/things/?tab=2', '/admin/things?tab=2'],
  ['/nothing//', '/nothing'],
  ['//evil.example/', null],
  ['/', null],
];
it.each(slashes)('%s leads to %s', async (path, location) => {
  const { ask } = await start();
  expect((await ask(ours + path)).headers.get('location')).toBe(location);
});

it('HEAD answers like GET without a body', async () => {
  const { ask } = await start();
  const [get, head] = [await ask('/'), await ask('/', { method: 'HEAD' })];
  expect([head.status, head.text]).toEqual([200, '']);
  expect(Object.fromEntries(head.headers)).toEqual(Object.fromEntries(get.headers));
});

it('a request is one line in the log, without tokens, queries or cookies (S-45)', async () => {
  const site = await testSite();
  const lines: string[] = [];
  const log: Log = {
    ...site.kernel.log,
    info: (fields) => void lines.push(JSON.stringify(fields)),
  };
  const ask = askRoutes({ ...site, kernel: { ...site.kernel, log } }, routes);
  await ask('/unsubscribe/SECRET', { headers: { cookie: 'sid=SECRET' } });
  await ask('/unsubscribe/SECRET/more');
  await ask('/admin/sign-in?next=SECRET');
  await ask('/v1/things', { headers: { authorization: 'Bearer SECRET' } });
  expect(lines).toHaveLength(4);
  expect(lines.join('\n')).not.toContain('SECRET');
  expect(lines[0]).toContain('"path":"/unsubscribe/:token"');
});

it('hits on public documents are counted, not logged a line each', async () => {
  const site = await testSite();
  const lines: object[] = [];
  const log: Log = { ...site.kernel.log, info: (fields) => void lines.push(fields) };
  const ask = askRoutes({ ...site, kernel: { ...site.kernel, log } }, routes);
  for (let hit = 0; hit < 3; hit += 1) await ask('/');
  expect(lines).toEqual([]);
  site.kernel.clock.advance(60_000);
  await ask('/');
  expect(lines).toEqual([{ hits: 4, seconds: 60 }]);
});

/** A function that says a request's first lines, and a body, over a socket. */
async function onTheWire() {
  const site = await testSite({ PUBLIC_URL: 'http://localhost:3000' });
  const server = createAdaptorServer({ fetch: createWeb(site, routes).fetch });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onEnd(() => void server.close());
  return async (request: string, body = '') => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.end(`${request}\r\nHost: localhost:3000\r\nConnection: close\r\n\r\n${body}`);
    const parts: Buffer[] = [];
    for await (const part of socket) parts.push(part as Buffer);
    return Buffer.concat(parts).toString();
  };
}

describe('a write without any body is an empty form', () => {
  const writes: [string, string, string, number][] = [
    ['that announces none', '', '', 200],
    ['that announces nothing in it', '\r\nContent-Length: 0', '', 200],
    ['that comes in no chunks', '\r\nTransfer-Encoding: chunked', '0\r\n\r\n', 200],
    ['unless something is in it', '\r\nContent-Length: 3', 'a=b', 415],
    ['or it is too much', '\r\nContent-Length: 101', 'x'.repeat(101), 413],
    [
      'in chunks, too',
      '\r\nTransfer-Encoding: chunked',
      `65\r\n${'x'.repeat(101)}\r\n0\r\n\r\n`,
      413,
    ],
  ];
  it.each(writes)('%s', async (_, headers, body, status) => {
    const say = await onTheWire();
    const answer = await say(`POST /unsubscribe/right HTTP/1.1${headers}`, body);
    expect(answer.split('\r\n', 1)[0]).toContain(` ${status} `);
    if (status === 200) expect(answer).toMatch(/\{\}/);
  });
});

it('TRACE is refused before any route, and no other method is smuggled in (S-19)', async () => {
  const say = await onTheWire();
  expect(await say('TRACE / HTTP/1.1')).toMatch(/^HTTP\/1.1 405 /);
  expect(await say('TRACE /nothing HTTP/1.1')).toMatch(/^HTTP\/1.1 405 /);
  expect(await say('GET /../admin/things HTTP/1.1')).toMatch(/^HTTP\/1.1 404 /);
  expect(await say('GET /x/..%2f..%2fetc/passwd HTTP/1.1')).toMatch(/^HTTP\/1.1 404 /);
  expect(await say('GET http://evil.example/ HTTP/1.1')).toMatch(/^HTTP\/1.1 421 /);
  const smuggled = 'POST /forgetful HTTP/1.1\r\nX-HTTP-Method-Override: GET\r\nContent-Length: 0';
  expect(await say(smuggled)).toMatch(/^HTTP\/1.1 405 /);
});
