// What may be typed, and where the saved password goes.
import { describe, expect, it } from 'vitest';
import { readRelay, type Relay } from '../../src/config/relays.ts';
import { AppError } from '../../src/shared/errors.ts';
import { readDomainForm } from '../../src/mail-check/domain-form.ts';
import { environmentLines, readTrial } from '../../src/mail-check/trial-form.ts';

const fail = (text: string): never => {
  throw new Error(text);
};
const saved = (url: string): Relay => readRelay(url, fail) ?? fail('no relay');

const typed = (more: Record<string, unknown> = {}) => ({
  host: 'smtp.example.com',
  port: '587',
  security: 'required',
  user: 'ann',
  password: '',
  from: 'status@example.com',
  to: 'me@example.org',
  upTo: 'message',
  ...more,
});

const faultsOf = (read: () => unknown) => {
  try {
    read();
  } catch (error) {
    if (error instanceof AppError) return error.fields;
    throw error;
  }
  throw new Error('It was taken.');
};

describe('the saved password', () => {
  const relay = saved('smtp://ann:kept@smtp.example.com:587?requireTLS=true');

  it.each<[string, Record<string, string>]>([
    ['nothing is changed', {}],
    ['case of the host', { host: 'SMTP.example.com' }],
    ['another sender', { from: 'news@example.com' }],
  ])('is kept where %s', (_name, more) => {
    expect(readTrial(typed(more), relay).relay.password).toBe('kept');
  });

  it.each<[string, Record<string, string>]>([
    ['host', { host: 'evil.example.net' }],
    ['port', { port: '25' }],
    ['user', { user: 'bob' }],
    ['encryption that may be left out', { security: 'offered' }],
    ['encryption that is none', { security: 'never' }],
    ['certificate check', { anyCertificate: 'on' }],
  ])('is not told with another %s', (_name, more) => {
    expect(Object.keys(faultsOf(() => readTrial(typed(more), relay)))).toEqual(['password']);
    const own = readTrial(typed({ ...more, password: 'mine' }), relay);
    expect(own.relay.password).toBe('mine');
  });

  it('is not told without a user', () => {
    expect(readTrial(typed({ user: '' }), relay).relay).toMatchObject({
      user: undefined,
      password: undefined,
    });
  });
});

it.each<[string, Record<string, unknown>]>([
  ['host', { host: '' }],
  ['host', { host: 'smtp://x' }],
  ['host', { host: 'a b' }],
  ['host', { host: 'x\r\ny' }],
  ['port', { port: '0' }],
  ['port', { port: '65536' }],
  ['port', { port: '1e3' }],
  ['security', { security: 'none' }],
  ['from', { from: 'nobody' }],
  ['from', { from: 'a@b.c> x' }],
  ['to', { to: ['a@b.cd', 'b@b.cd'] }],
  ['password', { password: 'a\nb' }],
  ['upTo', { upTo: 'capabilities' }],
])('refuses a wrong %s', (field, more) => {
  expect(Object.keys(faultsOf(() => readTrial(typed(more), undefined)))).toContain(field);
});

it.each<[Record<string, string>, string]>([
  [{}, 'SMTP_URL=smtp://ann:PASSWORD@smtp.example.com:587/?requireTLS=true'],
  [{ security: 'tls', port: '465' }, 'SMTP_URL=smtps://ann:PASSWORD@smtp.example.com:465'],
  [
    { user: 'a@b/c', password: 'x' },
    'SMTP_URL=smtp://a%40b%2Fc:PASSWORD@smtp.example.com:587/?requireTLS=true',
  ],
  [{ user: '', security: 'never', host: '::1' }, 'SMTP_URL=smtp://[::1]:587/?ignoreTLS=true'],
  [
    { security: 'offered', anyCertificate: 'on', password: 'x' },
    'SMTP_URL=smtp://ann:PASSWORD@smtp.example.com:587/?tls.rejectUnauthorized=false',
  ],
])('writes %j as a line that reads the same', (more, expected) => {
  const wanted = readTrial(typed(more), undefined);
  const [line = ''] = environmentLines(wanted, 'status@example.com');
  expect(line).toBe(expected);
  const { relay } = wanted;
  const read = saved(line.slice('SMTP_URL='.length));
  expect({ ...relay, password: undefined }).toEqual({
    host: read.host,
    port: read.port,
    ehlo: read.ehlo,
    isSecure: read.isSecure,
    startTls: read.startTls,
    checksCertificate: read.checksCertificate,
    user: read.user,
    password: undefined,
  });
});

it('writes the sender only where it is another', () => {
  const wanted = readTrial(typed(), undefined);
  expect(environmentLines(wanted, 'old@example.com')[1]).toBe('MAIL_FROM=status@example.com');
});

describe('a domain', () => {
  const form = { domain: 'Example.com', bounceDomain: '', selector: '', addresses: '' };
  it('is read, its own bounces by default', () => {
    expect(readDomainForm({ ...form, addresses: '192.0.2.1, 2001:db8::1' })).toEqual({
      domain: 'example.com',
      bounceDomain: 'example.com',
      relaySelector: '',
      sendingAddresses: ['192.0.2.1', '2001:db8::1'],
    });
    expect(readDomainForm({ ...form, domain: 'bücher.example' }).domain).toBe(
      'xn--bcher-kva.example',
    );
  });
  it.each<[string, Record<string, unknown>]>([
    ['domain', { domain: '' }],
    ['domain', { domain: 'localhost' }],
    ['domain', { domain: 'a@b.cd' }],
    ['bounceDomain', { bounceDomain: 'x' }],
    ['selector', { selector: 'a b' }],
    ['addresses', { addresses: 'example.com' }],
    ['addresses', { addresses: Array(11).fill('192.0.2.1').join(' ') }],
  ])('is refused with a wrong %s', (field, more) => {
    expect(Object.keys(faultsOf(() => readDomainForm({ ...form, ...more })))).toEqual([field]);
  });
});
