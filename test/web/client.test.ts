import { describe, expect, it } from 'vitest';
import { createClientIp, isFromUs, isLoopback, safeNext } from '../../src/web/client.ts';
import { createGuessLimit } from '../../src/web/guesses.ts';
import { networkOf } from '../../src/shared/network.ts';
import type { Context } from '../../src/web/types.ts';
import { testClock } from '../support/kernel.ts';

/** As much of a request's context as these functions read. */
const asked = (peer: string, headers: Record<string, string>) =>
  ({
    env: { incoming: { socket: { remoteAddress: peer } } },
    req: { header: (name: string) => headers[name] },
  }) as unknown as Context;

describe('the client behind proxies (S-67)', () => {
  const trusted = ['10.0.0.0/8', '2001:db8:ffff::1'];
  const cases: [string, string[], string, string | undefined, string][] = [
    ['no proxy is trusted', [], '10.0.0.1', '203.0.113.9', '10.0.0.1'],
    ['the peer is no proxy', trusted, '192.0.2.1', '203.0.113.9', '192.0.2.1'],
    ['one proxy', trusted, '10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['two proxies', trusted, '10.0.0.1', '203.0.113.9, 10.1.2.3', '203.0.113.9'],
    ['what the client made up', trusted, '10.0.0.1', '127.0.0.1, 203.0.113.9', '203.0.113.9'],
    ['a proxy by IPv6', trusted, '2001:db8:ffff::1', '203.0.113.9', '203.0.113.9'],
    ['IPv4 carried in IPv6', trusted, '::ffff:10.0.0.1', '::ffff:203.0.113.9', '203.0.113.9'],
    ['rubbish', trusted, '10.0.0.1', 'unknown', '10.0.0.1'],
    ['no header', trusted, '10.0.0.1', undefined, '10.0.0.1'],
    ['a peer that is gone', trusted, '', '203.0.113.9', 'unknown'],
  ];
  it.each(cases)('%s', (_, proxies, peer, forwarded, expected) => {
    const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
    expect(createClientIp(proxies)(asked(peer, headers))).toBe(expected);
  });

  const networks = [
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['unknown', 'unknown'],
  ] as const;
  it.each(networks)('limits count %s as %s', (ip, network) => expect(networkOf(ip)).toBe(network));
});

describe('where a write comes from (S-15, S-16)', () => {
  const ours = 'https://status.example.com';
  const host = 'status.example.com';
  const cases: [string, Record<string, string>, boolean][] = [
    ['our origin, no Sec-Fetch-Site', { origin: ours }, true],
    ['our origin, another Host behind a proxy', { origin: ours, host: 'app:3000' }, true],
    ['another origin', { origin: 'https://evil.example' }, false],
    ['our name on http', { origin: 'http://status.example.com' }, false],
    ['our name as a part', { origin: 'https://status.example.com.evil.example' }, false],
    ['no origin that can be named', { origin: 'null' }, false],
    ['no origin, our page as referer', { referer: `${ours}/admin` }, true],
    ['no origin, another referer', { referer: 'https://evil.example/' }, false],
    ['no origin, a broken referer', { referer: 'nonsense' }, false],
    ['neither', {}, true],
    [
      'a loopback page, same host',
      { origin: 'http://localhost:3000', host: 'localhost:3000' },
      true,
    ],
    [
      'a loopback page, another port',
      { origin: 'http://localhost:9999', host: 'localhost:3000' },
      false,
    ],
    [
      'a name that points to loopback',
      { origin: 'http://evil.example', host: 'evil.example' },
      false,
    ],
  ];
  it.each(cases)('%s', (_, headers, expected) => {
    expect(isFromUs(asked('192.0.2.1', { host, ...headers }), ours)).toBe(expected);
  });
});

describe('where to go after signing in (S-47)', () => {
  const cases: [string | undefined, string][] = [
    [undefined, '/admin'],
    ['', '/'],
    ['/admin/incidents/abc?tab=email', '/admin/incidents/abc?tab=email'],
    ['https://status.example.com/admin/tokens', '/admin/tokens'],
    ['https://evil.example/', '/admin'],
    ['//evil.example/', '/admin'],
    ['/\\evil.example', '/admin'],
    ['/.//evil.example', '/admin'],
    ['/x/..//evil.example', '/admin'],
    ['javascript:alert(1)', '/admin'],
    ['https://status.example.com@evil.example/', '/admin'],
    ['http://status.example.com/admin', '/admin'],
  ];
  it.each(cases)('%s leads to %s', (next, expected) => {
    expect(safeNext('https://status.example.com', next)).toBe(expected);
  });
});

it.each([
  ['localhost', true],
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['[::1]', true],
  ['localhost.evil.example', false],
  ['127.0.0.1.evil.example', false],
  ['10.0.0.1', false],
])('%s means this machine: %s', (name, expected) => expect(isLoopback(name)).toBe(expected));

const wrong = (limit: ReturnType<typeof createGuessLimit>, ip: string, times: number) => {
  for (let i = 0; i < times; i += 1) {
    limit.assertMayGuess(ip);
    limit.countWrong(ip);
  }
};

describe('guessing links (S-63)', () => {
  it('20 wrong ones a minute and network', () => {
    const clock = testClock();
    const limit = createGuessLimit(clock);
    wrong(limit, '192.0.2.1', 20);
    expect(() => limit.assertMayGuess('192.0.2.1')).toThrow(
      expect.objectContaining({ code: 'too_many', retryAfter: 60 }),
    );
    expect(() => limit.assertMayGuess('192.0.2.2')).not.toThrow();
    clock.advance(60_000);
    expect(() => limit.assertMayGuess('192.0.2.1')).not.toThrow();
  });

  it('forgets the oldest network rather than grow without end', () => {
    const limit = createGuessLimit(testClock(), 1, 3);
    for (const last of [1, 2, 3, 4]) limit.countWrong(`192.0.2.${last}`);
    expect(() => limit.assertMayGuess('192.0.2.1')).not.toThrow();
    expect(() => limit.assertMayGuess('192.0.2.2')).toThrow();
  });
});
