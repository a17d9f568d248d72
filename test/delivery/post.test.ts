// S-49: what one POST may cost, and what is made of its answer.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer as createPlainServer } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Answer, post } from '../../src/delivery/post.ts';
import {
  describe as inWords,
  healthAfter,
  retryDelay,
  waitAsked,
  webhookSettlement,
} from '../../src/delivery/webhook-rules.ts';
import type { Claimed } from '../../src/notifications/types.ts';
import { hours, minutes, plus, seconds, systemClock } from '../../src/shared/clock.ts';
import { onEnd, temporaryFolder } from '../support/kernel.ts';
import { endpoint, here } from '../webhooks/fixtures.ts';

const options = { allow: here, monotonic: () => systemClock.monotonic() };
const posting = (url: string) => ({ url, body: '{"a":1}', headers: { 'X-Own': 'yes' } });

/** A server that speaks as it likes. */
async function rawServer(speak: (write: (text: string) => void) => void) {
  let closed = 0;
  const server = createPlainServer((socket) => {
    socket.on('error', () => {});
    socket.on('close', () => (closed += 1));
    socket.once('data', () => speak((text) => void socket.write(text)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onEnd(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, closed: () => closed };
}

const nameless = () => new Promise<string[]>(() => {});
const resolveHere = () => Promise.resolve(['127.0.0.1']);
const answered = (status: number, retryAfter?: string, text = ''): Answer => ({
  kind: 'answer',
  status,
  retryAfter,
  text,
  ms: 12,
});

describe('a post', () => {
  it('carries what was asked, wants no compression and keeps no connection', async () => {
    const there = await endpoint();
    const answer = await post(posting(`${there.url}/a?b=c`), options);
    expect(answer).toMatchObject({ kind: 'answer', status: 204, text: '' });
    const [one] = there.received;
    expect(one).toMatchObject({ path: '/a?b=c', raw: '{"a":1}' });
    expect(one?.headers).toMatchObject({
      'x-own': 'yes',
      'accept-encoding': 'identity',
      connection: 'close',
      'content-length': '7',
    });
  });

  it('ends after its time, wherever it hangs', async () => {
    const timeout = 150;
    const silent = await rawServer(() => {});
    const half = await rawServer((write) => write('HTTP/1.1 200 OK\r\nContent-Le'));
    const began = systemClock.monotonic();
    for (const url of [silent.url, half.url]) {
      const answer = await post(posting(url), { ...options, timeout });
      expect(answer).toMatchObject({ kind: 'fault', reason: 'No answer within 7 seconds.' });
    }
    const lost = { ...options, timeout, resolve: nameless };
    expect(await post(posting('https://slow.example'), lost)).toMatchObject({ kind: 'fault' });
    expect(systemClock.monotonic() - began).toBeLessThan(2000);
    expect([silent.closed(), half.closed()]).toEqual([1, 1]);
  });

  it('reads 100 KB at most and hangs up, with the status that came', async () => {
    const chunk = 'x'.repeat(16 * 1024);
    let sent = 0;
    const endless = await rawServer((write) => {
      write('HTTP/1.1 200 OK\r\n\r\n');
      const timer = setInterval(() => {
        write(chunk);
        sent += chunk.length;
      }, 1);
      onEnd(() => clearInterval(timer));
    });
    const answer = await post(posting(endless.url), options);
    expect(answer).toMatchObject({ kind: 'answer', status: 200 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(endless.closed()).toBe(1);
    expect(sent).toBeLessThan(2_000_000);
  });

  it('counts as taken once its status is here, however slow the rest is', async () => {
    const slow = await rawServer((write) =>
      write('HTTP/1.1 202 OK\r\nContent-Length: 9\r\n\r\nab'),
    );
    const answer = await post(posting(slow.url), { ...options, timeout: 150 });
    expect(answer).toMatchObject({ kind: 'answer', status: 202, text: 'ab' });
  });

  it('unpacks nothing', async () => {
    const there = await endpoint();
    const bomb = gzipSync(Buffer.alloc(5_000_000));
    there.behave((_, response) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bomb);
    });
    const answer = await post(posting(there.url), options);
    expect(answer.kind === 'answer' && answer.text.length).toBeLessThan(bomb.length + 1);
  });

  it('says in plain words what went wrong, and never where', async () => {
    const there = await endpoint();
    const reasons = [
      await post(posting('http://127.0.0.1:1'), options),
      await post(posting(there.url.replace('http', 'https')), options),
      await post(posting('https://gone.example'), {
        ...options,
        resolve: () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })),
      }),
    ].map((answer) => (answer.kind === 'fault' ? answer.reason : ''));
    expect(reasons).toEqual([
      'The connection was refused.',
      'The encrypted connection failed.',
      'The name could not be resolved.',
    ]);
  });

  it('over TLS checks the certificate against the name, at the address that was checked', async () => {
    const folder = temporaryFolder();
    const file = (name: string) => join(folder, name);
    execFileSync(
      'openssl',
      `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=hook.example -addext subjectAltName=DNS:hook.example -keyout ${file('key')} -out ${file('cert')}`.split(
        ' ',
      ),
      { stdio: 'ignore' },
    );
    const cert = readFileSync(file('cert'), 'utf8');
    const names: unknown[] = [];
    const server = createSecureServer(
      { key: readFileSync(file('key')), cert },
      (request, response) => {
        names.push((request.socket as { servername?: unknown }).servername);
        response.end('ok');
      },
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onEnd(() => server.close());
    const { port } = server.address() as AddressInfo;
    const to = (host: string, ca?: string) =>
      post(posting(`https://${host}:${port}/`), {
        ...options,
        resolve: resolveHere,
        ...(ca && { ca }),
      });
    expect(await to('hook.example', cert)).toMatchObject({ status: 200, text: 'ok' });
    expect(names).toEqual(['hook.example']);
    for (const answer of [await to('other.example', cert), await to('hook.example')]) {
      expect(answer).toMatchObject({
        kind: 'fault',
        reason: expect.stringContaining('certificate is not valid'),
      });
    }
  });
});

describe('what is made of an answer', () => {
  const now = new Date('2026-11-22T14:00:00Z');
  const claimed = (attempts = 0): Claimed => ({
    notification: {
      id: 1,
      kind: 'webhook',
      lane: 'webhook',
      stage: null,
      incidentPublicId: null,
      maintenancePublicId: null,
      contentSha256: '',
      createdAt: now,
      expiresAt: plus(now, hours(24)),
    },
    recipient: { kind: 'account', id: 1, email: 'a@example.com' },
    attempts,
    code: null,
  });
  const silence: Answer = { kind: 'fault', reason: 'The connection was refused.', ms: 3 };
  const settled = (one: Answer, attempts = 0) =>
    webhookSettlement(one, claimed(attempts), now, 0.5);

  it.each<[Answer, number, string, string, string]>([
    [answered(200), 0, 'sent', 'sent', 'ok'],
    [answered(204), 7, 'sent', 'sent', 'ok'],
    [answered(302), 0, 'queued', 'retry', 'failing'],
    [answered(410), 0, 'failed', 'gone', 'gone'],
    [answered(400), 0, 'queued', 'retry', 'failing'],
    [answered(400), 4, 'failed', 'failed', 'failing'],
    [answered(404), 4, 'failed', 'failed', 'failing'],
    [answered(429), 30, 'queued', 'retry', 'busy'],
    [answered(408), 30, 'queued', 'retry', 'failing'],
    [answered(500), 30, 'queued', 'retry', 'failing'],
    [silence, 30, 'queued', 'retry', 'failing'],
    [answered(503, '100000'), 0, 'failed', 'failed', 'failing'],
  ])('%o after %i tries: %s, %s, %s', (one, attempts, state, outcome, health) => {
    const settlement = settled(one, attempts);
    expect([settlement.state, settlement.note?.outcome]).toEqual([state, outcome]);
    expect(healthAfter(one)).toBe(health);
  });

  it('waits longer each time, and as long as it is asked to', () => {
    expect([1, 2, 3, 4, 5, 6, 40].map((tries) => retryDelay(tries, 0.5))).toEqual([
      seconds(10),
      seconds(30),
      ...[2, 10, 30, 30, 30].map(minutes),
    ]);
    expect(settled(answered(503, '90')).nextAt).toEqual(plus(now, seconds(90)));
    expect(settled(answered(503, '1')).nextAt).toEqual(plus(now, seconds(10)));
    const date = plus(now, minutes(5)).toUTCString();
    expect(settled(answered(429, date)).nextAt).toEqual(plus(now, minutes(5)));
    expect(['', 'soon', '-5', '1e9'].map((text) => waitAsked(answered(503, text), now))).toEqual([
      0, 0, 0, 0,
    ]);
  });

  it('keeps replies short and without what may be secret', () => {
    const text = `<html><b>No</b> https://hooks.example/T000/B000/abc me@example.com ${'A'.repeat(64)} ${'word '.repeat(99)}`;
    const words = inWords(answered(500, undefined, text));
    expect(words).toMatch(/^HTTP 500 in 12 ms\. No <link> <address> <id> word/);
    expect(words.length).toBeLessThan(200);
  });
});
