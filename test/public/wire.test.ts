// The byte map on the wire: what a socket gets before the router is asked, byte for byte.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { fixedDocuments } from '../../src/public/catalogue.ts';
import { createWeb } from '../../src/web/serve.ts';
import { pause } from '../support/process.ts';
import { declareIncident } from '../support/public-fixtures.ts';
import { startSite, type TestSite } from '../support/site.ts';

const host = 'status.example.com';

/** A whole site under a name of its own, with an incident, its documents ready. */
async function start() {
  const site = await startSite({ PUBLIC_URL: `https://${host}` });
  const { incidentPublicId } = await declareIncident(site.kernel, { body: 'Said once.' });
  const say = sayTo(site);
  for (let i = 0; i < 200; i += 1) {
    const { text } = await say('/api/v2/summary.json');
    if (text.includes('Said once.')) break;
    await pause(10);
  }
  return { site, say, incidentPath: `/incidents/${incidentPublicId}` };
}

interface Said {
  status: number;
  headers: Map<string, string>;
  body: Buffer;
  text: string;
}

interface Saying {
  method?: string;
  headers?: string[];
  /** The Host lines; one of ours unless told. */
  hosts?: string[];
}

const sayTo =
  (site: TestSite) =>
  async (target: string, { method = 'GET', headers = [], hosts = [host] }: Saying = {}) =>
    read(
      await exchange(
        site,
        [
          `${method} ${target} HTTP/1.1`,
          ...hosts.map((one) => `Host: ${one}`),
          'Connection: close',
          ...headers,
          '\r\n',
        ].join('\r\n'),
      ),
    );

const open = (site: TestSite): Socket => connect(site.config.port, '127.0.0.1');

async function exchange(site: TestSite, text: string): Promise<Buffer> {
  const socket = open(site);
  socket.on('error', () => {});
  socket.write(text);
  const parts: Buffer[] = [];
  socket.on('data', (part) => void parts.push(part));
  await once(socket, 'close');
  return Buffer.concat(parts);
}

function read(bytes: Buffer): Said {
  const end = bytes.indexOf('\r\n\r\n');
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers = new Map(
    lines.map((line) => {
      const [name = '', ...value] = line.split(': ');
      return [name.toLowerCase(), value.join(': ')];
    }),
  );
  const body = bytes.subarray(end + 4);
  return { status: Number(first.split(' ')[1]), headers, body, text: body.toString() };
}

/** What Node adds to every answer by itself. */
const added = ['date', 'connection', 'keep-alive', 'transfer-encoding'];

const byName = ([a]: [string, string], [b]: [string, string]) => a.localeCompare(b);

const comparable = ({ status, headers, text }: Said) => ({
  status,
  headers: [...headers].filter(([name]) => !added.includes(name)).toSorted(byName),
  text,
});

describe('on the wire', () => {
  it('every document is what the router answers, headers and all', async () => {
    const { site, say, incidentPath } = await start();
    const web = createWeb(
      { ...site, snapshots: { current: () => expect.fail() } },
      site.app.routes,
    );
    for (const path of [...Object.keys(fixedDocuments), incidentPath]) {
      const wired = await say(path);
      const routed = await web.fetch(new Request(`https://${host}${path}`));
      const { headers, text, status } = comparable(wired);
      expect({ path, status, text }).toEqual({ path, status: 200, text: await routed.text() });
      expect(headers, path).toEqual([...routed.headers].toSorted(byName));
      expect(wired.headers.get('date')).toBeDefined();
    }
  });

  it('guards what it answers like everything else (S-35, S-42)', async () => {
    const { say } = await start();
    const page = await say('/', { headers: ['Cookie: __Host-sid=x; a=b'] });
    expect(Object.fromEntries(page.headers)).toMatchObject({
      'cache-control':
        'public, max-age=10, s-maxage=10, stale-while-revalidate=20, stale-if-error=3600',
      vary: 'Accept-Encoding',
      'x-content-type-options': 'nosniff',
      'cross-origin-opener-policy': 'same-origin',
      'strict-transport-security': 'max-age=31536000',
      'content-security-policy': expect.stringMatching(/default-src 'none'.*sha256-/) as string,
    });
    expect(page.headers.has('set-cookie')).toBe(false);
    expect(page.headers.has('access-control-allow-origin')).toBe(false);
    const status = await say('/api/v2/status.json', {
      headers: ['Origin: https://other.example'],
    });
    expect(status.headers.get('access-control-allow-origin')).toBe('*');
    expect(status.headers.has('access-control-allow-credentials')).toBe(false);
  });

  const same: [string, string, string[]][] = [
    ['a query', '/?utm_source=mail&x=1', []],
    ['a long query', `/?${'x'.repeat(8000)}`, []],
    ['an empty query', '/?', []],
    ['doubled slashes', '//', []],
    ['a range', '/', ['Range: bytes=0-10', 'If-Range: "x"']],
    [
      'cookies and other decoration',
      '/',
      ['Cookie: sid=1', 'Accept-Language: de', 'X-Forwarded-Host: evil.example'],
    ],
    ['a body', '/', ['Content-Length: 0']],
    ['an unknown encoding', '/', ['Accept-Encoding: zstd, deflate']],
  ];
  it.each(same)('%s changes nothing', async (_, target, headers) => {
    const { say } = await start();
    expect(comparable(await say(target, { headers }))).toEqual(comparable(await say('/')));
  });

  it('compresses as asked, and tells holders of either encoding that nothing changed', async () => {
    const { say } = await start();
    const plain = await say('/');
    const gzip = await say('/', { headers: ['Accept-Encoding: gzip'] });
    expect(gzip.headers.get('content-encoding')).toBe('gzip');
    expect(gunzipSync(gzip.body).toString()).toBe(plain.text);
    for (const tag of [plain, gzip].map(({ headers }) => headers.get('etag') ?? '')) {
      const headers = ['Accept-Encoding: br, gzip', `If-None-Match: W/"x", W/${tag}`];
      const held = await say('/', { headers });
      expect([held.status, held.headers.get('etag'), held.body.byteLength]).toEqual([304, tag, 0]);
    }
    expect((await say('/', { headers: ['If-None-Match: "x"'] })).status).toBe(200);
    expect((await say('/', { headers: ['If-None-Match: *'] })).status).toBe(304);
  });

  it('HEAD is GET without the body', async () => {
    const { say } = await start();
    for (const headers of [[], ['Accept-Encoding: gzip']]) {
      const [get, head] = [
        await say('/', { headers }),
        await say('/', { method: 'HEAD', headers }),
      ];
      expect(head.body.byteLength).toBe(0);
      expect(comparable(head)).toEqual({ ...comparable(get), text: '' });
    }
  });

  const refused: [string, string, Saying, number][] = [
    ['another host (S-53)', '/', { hosts: ['evil.example'] }, 421],
    ['our host with another port', '/', { hosts: [`${host}:81`] }, 421],
    ['two hosts', '/', { hosts: [host, 'evil.example'] }, 421],
    ['no host', '/', { hosts: [] }, 400],
    ['another host in the target (T4)', 'http://evil.example/', {}, 421],
    ['POST', '/', { method: 'POST', headers: ['Content-Length: 0'] }, 405],
    ['PUT', '/api/v2/summary.json', { method: 'PUT', headers: ['Content-Length: 0'] }, 405],
    ['TRACE', '/', { method: 'TRACE' }, 405],
    ['a slash at the end', '/feed.rss/', {}, 301],
    ['a way around', '/x/../', {}, 404],
    ['an encoded way around', '/%2e%2e/', {}, 404],
    ['what is not there', '/nothing', {}, 404],
  ];
  it.each(refused)('leaves to the router: %s', async (_, target, saying, status) => {
    const { say } = await start();
    const answer = await say(target, saying);
    expect(answer.status).toBe(status);
    if (status === 405 && saying.method !== 'TRACE') {
      expect(answer.headers.get('allow')).toMatch(/^GET, HEAD/);
    }
  });

  it.each(['STATUS.example.com', `${host}:443`, 'localhost:3000', '127.0.0.1', '[::1]:80'])(
    'knows itself as %s',
    async (name) => {
      const { say } = await start();
      expect((await say('/', { hosts: [name] })).status).toBe(200);
    },
  );
});

const getText = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;

describe('a socket', () => {
  it('may ask many things at once, and gets the answers in their order', async () => {
    const { site } = await start();
    const asked = ['/api/v2/status.json', '/nothing', '/feed.json', '/admin', '/badge.svg'];
    const text =
      asked.map((path) => getText(path)).join('') + getText('/', 'Connection: close\r\n');
    const answers = (await exchange(site, text)).toString();
    const statuses = [...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    expect(statuses).toEqual(['200', '404', '200', '302', '200', '200']);
    expect(answers.indexOf('"indicator"')).toBeLessThan(answers.indexOf('jsonfeed.org'));
  });

  it.each([
    ['both lengths', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd'],
    ['an odd coding', 'Transfer-Encoding: xchunked\r\n\r\n'],
    ['a folded header', 'X-A: b\r\n c\r\nContent-Length : 3\r\n\r\nabc'],
    ['a bare CR', 'X-A: b\rX-C: d\r\n\r\n'],
  ])('with %s is refused, and the next one served (S-74)', async (_, rest) => {
    const { site, say } = await start();
    const smuggled = `GET / HTTP/1.1\r\nHost: ${host}\r\n${rest}GET /admin HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    const answer = (await exchange(site, smuggled)).toString();
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).not.toContain('302');
    expect((await say('/')).status).toBe(200);
  });

  it('with too large a header is told so (S-73)', async () => {
    const { site, say } = await start();
    const text = `GET / HTTP/1.1\r\nHost: ${host}\r\nX-A: ${'y'.repeat(20_000)}\r\n\r\n`;
    expect((await exchange(site, text)).toString()).toMatch(/^HTTP\/1\.1 431 /);
    expect((await say('/')).status).toBe(200);
  });

  it('may come and go at any moment', async () => {
    const { site, say } = await start();
    for (let i = 0; i < 30; i += 1) {
      const socket = open(site);
      socket.on('error', () => {});
      socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`.slice(0, 10 + i * 2));
      await pause(1);
      socket.destroy();
    }
    expect((await say('/')).status).toBe(200);
  });
});
