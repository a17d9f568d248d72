// S-44: spellings of addresses, DNS answers and redirects, against a listener on this machine that counts.
import { expect, describe, it } from 'vitest';
import { isPublic } from '../../src/webhooks/addresses.ts';
import { check } from '../../src/webhooks/reach.ts';
import { post } from '../../src/delivery/post.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { endpoint } from './fixtures.ts';

describe('public addresses', () => {
  it.each([
    '8.8.8.8',
    '93.184.216.34',
    '172.15.255.255',
    '172.32.0.1',
    '192.169.0.1',
    '100.128.0.1',
    '2606:4700:4700::1111',
    '2a00:1450:4001:81b::200e',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
    '2002:808:808::1',
  ])('%s is one', (address) => expect(isPublic(address)).toBe(true));

  it.each([
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.1',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.1.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:0:127.0.0.1',
    '::ffff:169.254.169.254',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::10.0.0.1',
    '2002:7f00:1::',
    '2002:c0a8:101::1',
    '2001:0:4136:e378:8000:63bf:3fff:fdd2',
    '2001:0:808:808::80ff:fffe',
    'fe80::1',
    'fe80::5efe:10.0.0.1',
    '2606::5efe:10.0.0.1',
    'fec0::1',
    'fc00::1',
    'fd12:3456::1',
    'ff02::1',
    '100::1',
    '2001:db8::1',
    '2001:2::1',
    '3fff::1',
    '4000::1',
    'fe80::1%eth0',
    '127.1',
    '0x7f.0.0.1',
    '2130706433',
    'localhost',
    '',
  ])('%s is none', (address) => expect(isPublic(address)).toBe(false));
});

/** A name server of the test's own. */
const resolve =
  (...answers: string[]) =>
  () =>
    Promise.resolve(answers);

describe('an address as typed', () => {
  const inside = [
    'http://127.0.0.1',
    'https://127.0.0.1',
    'https://127.1',
    'https://2130706433',
    'https://0x7f000001',
    'https://0x7f.1',
    'https://0177.0.0.1',
    'https://017700000001',
    'https://127.0.0.1.',
    'https://①②⑦.0.0.1',
    'https://127。0。0。1',
    'https://%31%32%37.0.0.1',
    'https://0',
    'https://0.0.0.0',
    'https://[::]',
    'https://[::1]',
    'https://[0:0:0:0:0:0:0:1]',
    'https://[::ffff:127.0.0.1]',
    'https://[::ffff:7f00:1]',
    'https://[::127.0.0.1]',
    'https://[64:ff9b::7f00:1]',
    'https://[2002:7f00:1::]',
    'https://[fe80::1]',
    'https://[fe80::1%25eth0]',
    'https://[fd00::1]',
    'https://169.254.169.254/latest/meta-data',
    'https://localhost',
    'https://LOCALHOST.',
    'https://www.localhost',
    'https://localhost.localdomain',
    'https://printer.local',
    'https://metadata.google.internal',
    'https://intranet',
    'http://example.com',
    'https://user@example.com',
    'https://user:secret@example.com',
    'https://example.com:0',
    'https://example.com\\@127.0.0.1',
    'https://exa mple.com',
    'https://example.com/\nHost: x',
    'ftp://example.com',
    'file:///etc/passwd',
    'gopher://example.com',
    'javascript:alert(1)',
    'data:text/html,x',
    '//example.com',
    'example.com',
    '',
    `https://example.com/${'x'.repeat(2000)}`,
  ];
  it.each(inside)('%s is refused', async (text) => {
    expect(await check(text, { allow: [], resolve: resolve('93.184.216.34') })).toBeUndefined();
  });

  it.each([
    ['https://example.com', 'https://example.com/'],
    ['https://example.com:8443/a?b=c#d', 'https://example.com:8443/a?b=c'],
    ['https://EXAMPLE.com./x', 'https://example.com./x'],
    ['https://hooks.slack.com/services/T/B/x', 'https://hooks.slack.com/services/T/B/x'],
    ['https://bücher.example', 'https://xn--bcher-kva.example/'],
    ['https://8.8.8.8/', 'https://8.8.8.8/'],
    ['https://[2606:4700:4700::1111]/', 'https://[2606:4700:4700::1111]/'],
  ])('%s is taken', async (text, kept) => {
    const checked = await check(text, { allow: [], resolve: resolve('93.184.216.34') });
    expect(checked?.url.href).toBe(kept);
  });

  it.each([
    [['127.0.0.1']],
    [['93.184.216.34', '10.0.0.1']],
    [['2606:4700:4700::1111', '::ffff:10.0.0.1']],
    [['::1']],
    [['not an address']],
    [[]],
  ])('is refused when its name leads to %s', async (answers) => {
    const reach = { allow: [], resolve: resolve(...answers) };
    expect(await check('https://example.com', reach)).toBeUndefined();
  });
});

describe('WEBHOOK_ALLOW', () => {
  it.each<[string, string[], string[], boolean]>([
    ['http://127.0.0.1:1', ['127.0.0.1'], [], true],
    ['http://127.0.0.2:1', ['127.0.0.1'], [], false],
    ['http://10.1.2.3', ['10.0.0.0/8'], [], true],
    ['https://10.1.2.3', ['10.0.0.0/8'], [], true],
    ['https://[::ffff:10.1.2.3]', ['10.0.0.0/8'], [], true],
    ['https://[fd00::5]', ['fd00::/8'], [], true],
    ['http://jenkins', ['jenkins'], ['10.0.0.9'], true],
    ['http://jenkins.', ['jenkins'], ['10.0.0.9'], true],
    ['http://other', ['jenkins'], ['10.0.0.9'], false],
    ['http://localhost', ['localhost'], ['127.0.0.1'], true],
    ['https://hooks.corp.example', ['10.0.0.0/8'], ['10.0.0.9'], true],
    ['http://hooks.corp.example', ['10.0.0.0/8'], ['10.0.0.9'], true],
    ['http://hooks.corp.example', ['10.0.0.0/8'], ['10.0.0.9', '93.184.216.34'], false],
    ['https://hooks.corp.example', ['10.0.0.0/8'], ['10.0.0.9', '192.168.0.1'], false],
    ['http://example.com', ['10.0.0.0/8'], ['93.184.216.34'], false],
  ])('%s with %s and addresses %s: %s', async (text, allow, answers, allowed) => {
    const checked = await check(text, { allow, resolve: resolve(...answers) });
    expect(checked !== undefined).toBe(allowed);
  });
});

const posting = (url: string) => ({ url, body: '{}', headers: {} });

describe('sending', () => {
  const options = { allow: [] as string[], monotonic: () => systemClock.monotonic() };

  it('asks once, and connects only to what was checked', async () => {
    const there = await endpoint();
    let asked = 0;
    // The first answer is harmless and the next one leads inside, as with a rebinding name.
    const rebinding = () => Promise.resolve((asked += 1) === 1 ? ['192.0.2.1'] : ['127.0.0.1']);
    const answer = await post(posting(`https://rebind.example:${there.port}`), {
      ...options,
      resolve: rebinding,
    });
    expect(answer).toMatchObject({ kind: 'fault' });
    expect(asked).toBe(1);
    expect(there.open.connections).toBe(0);
  });

  it('connects nowhere for any spelling that leads inside', async () => {
    const there = await endpoint();
    for (const host of ['127.0.0.1', '[::ffff:127.0.0.1]', '2130706433', '0', 'evil.example']) {
      for (const scheme of ['http', 'https']) {
        const url = `${scheme}://${host}:${there.port}/`;
        const answer = await post(posting(url), { ...options, resolve: resolve('127.0.0.1') });
        expect(answer).toMatchObject({ kind: 'fault', reason: expect.stringContaining('cannot') });
      }
    }
    expect(there.open.connections).toBe(0);
  });

  it('follows no redirect', async () => {
    const [there, elsewhere] = [await endpoint(), await endpoint()];
    const allow = ['127.0.0.1'];
    for (const status of [301, 302, 303, 307, 308]) {
      there.answer(status, { Location: elsewhere.url });
      expect(await post(posting(there.url), { ...options, allow })).toMatchObject({ status });
    }
    expect(elsewhere.open.connections).toBe(0);
  });
});
