import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../src/config.ts';

const faultsOf = (environment: Record<string, string>) => {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    return error instanceof ConfigError
      ? error.faults.map((fault) => fault.split(':')[0])
      : [error];
  }
};

describe('the configuration', () => {
  it('needs nothing', () => {
    expect(readConfig({})).toMatchObject({
      port: 3000,
      host: '0.0.0.0',
      publicUrl: 'http://localhost:3000',
      relays: [],
      mailFrom: { name: 'Status', address: 'status@localhost' },
      firstAdmin: undefined,
      trustProxy: [],
      secretKey: undefined,
      logLevel: 'info',
    });
  });

  it('takes empty for unset, and drops a trailing slash', () => {
    const config = readConfig({
      PORT: '',
      SMTP_URL: ' ',
      PUBLIC_URL: 'https://Status.Example.com/',
    });
    expect(config).toMatchObject({
      port: 3000,
      relays: [],
      publicUrl: 'https://status.example.com',
    });
  });

  it('follows the port in its default address', () => {
    expect(readConfig({ PORT: '8080' }).publicUrl).toBe('http://localhost:8080');
  });

  it.each([
    [{ PORT: 'http' }, ['PORT']],
    [{ PORT: '70000' }, ['PORT']],
    [{ PUBLIC_URL: 'status.example.com' }, ['PUBLIC_URL']],
    [{ PUBLIC_URL: 'https://example.com/status' }, ['PUBLIC_URL']],
    [{ PUBLIC_URL: 'ftp://example.com' }, ['PUBLIC_URL']],
    [{ DATABASE_URL: 'postgres://db/x' }, ['DATABASE_URL']],
    [{ SMTP_URL: 'mail.example.com:25' }, ['SMTP_URL']],
    [{ SMTP_URL: 'http://mail.example.com' }, ['SMTP_URL']],
    [{ MAIL_FROM: 'nobody' }, ['MAIL_FROM']],
    [{ MAIL_FROM: 'A <a@b.test>\nBcc: x@y.test' }, ['MAIL_FROM']],
    [{ MAIL_FROM: 'a@b.test, c@d.test' }, ['MAIL_FROM']],
    [{ ADMIN_EMAIL: 'a@b.test' }, ['ADMIN_EMAIL and ADMIN_PASSWORD']],
    [{ ADMIN_EMAIL: 'a@b.test', ADMIN_PASSWORD: 'short' }, ['ADMIN_PASSWORD']],
    [{ TRUST_PROXY: '10.0.0.0/8, loadbalancer' }, ['TRUST_PROXY']],
    [{ SECRET_KEY: 'short' }, ['SECRET_KEY']],
    [{ LOG_LEVEL: 'loud' }, ['LOG_LEVEL']],
    [{ PORT: 'x', LOG_LEVEL: 'y', SECRET_KEY: 'z' }, ['PORT', 'SECRET_KEY', 'LOG_LEVEL']],
  ])('lists every fault of %j', (environment, faults) => {
    expect(faultsOf(environment)).toEqual(faults);
  });

  it('never repeats a secret in a fault', () => {
    const environment = {
      SECRET_KEY: 'hush-hush',
      ADMIN_EMAIL: 'a@b.test',
      ADMIN_PASSWORD: 'pss-wrd',
    };
    expect(() => readConfig(environment)).toThrow(
      expect.objectContaining({ message: expect.not.stringMatching(/hush-hush|pss-wrd/) }),
    );
  });
});

const relaysOf = (text: string) => readConfig({ SMTP_URL: text }).relays;

describe('relays', () => {
  it('need no more than a host', () => {
    expect(relaysOf('smtp://Mail.Example.com')).toEqual([
      {
        name: 'mail.example.com:587',
        host: 'mail.example.com',
        port: 587,
        ehlo: undefined,
        isSecure: false,
        startTls: 'offered',
        checksCertificate: true,
        user: undefined,
        password: undefined,
        weight: 1,
        connections: 20,
        limits: {
          perSecond: null,
          perHour: null,
          perDay: null,
          perConnection: null,
          perDomainPerMinute: null,
        },
      },
    ]);
  });

  it('have their logins, weights and limits each', () => {
    const [first, second] = relaysOf(
      'smtps://jane%40acme.test:p%2Cw%25@one.test?weight=3&perSecond=14&perDay=50000&maxMessages=100' +
        ', smtp://[::1]:2525/?label=Second one&maxConnections=50&requireTLS=true&name=out.acme.test' +
        '&tls.rejectUnauthorized=false&perDomainPerMinute=60&perHour=1000&pool=true',
    );
    expect(first).toMatchObject({
      name: 'one.test:465',
      port: 465,
      isSecure: true,
      user: 'jane@acme.test',
      password: 'p,w%',
      weight: 3,
      limits: { perSecond: 14, perDay: 50_000, perConnection: 100, perHour: null },
    });
    expect(second).toMatchObject({
      name: 'Second one',
      host: '::1',
      port: 2525,
      ehlo: 'out.acme.test',
      startTls: 'required',
      checksCertificate: false,
      connections: 50,
      limits: { perDomainPerMinute: 60, perHour: 1000 },
    });
  });

  it('may have a comma in a password: only a scheme begins another one', () => {
    expect(relaysOf('smtp://a:b,c@one.test,smtp://two.test').map(({ host }) => host)).toEqual([
      'one.test',
      'two.test',
    ]);
  });

  it.each([
    ['smtp://one.test?rate=3', 'there is no such option "rate"'],
    ['smtp://one.test?perSecond=0', 'perSecond is a whole number'],
    ['smtp://one.test?maxConnections=51', 'maxConnections is a whole number from 1 to 50'],
    ['smtp://one.test?perSecond=1&perSecond=9', 'perSecond is given twice'],
    ['smtp://one.test?requireTLS=maybe', 'requireTLS is true or false'],
    ['smtp://one.test?requireTLS=true&ignoreTLS=true', 'one of them'],
    ['smtp://one.test?name=a%0d%0aQUIT', 'name is made of'],
    ['smtp://one.test?label=<b>', 'label is made of'],
    ['smtp://one.test:0', 'a port is'],
    ['smtp://one.test:70000', 'smtp://user:password'],
    ['smtp://one_%20.test', 'a host is'],
    ['smtp://jane@one.test', 'both, or neither'],
    ['smtp://jane:50%25off%@one.test', 'percent-encoded'],
    ['smtp://jane:a%0d%0aRSET@one.test', 'percent-encoded'],
    ['smtp://jane:12/34@one.test', 'percent-encoded'],
    ['smtp://jane:12#34@one.test', 'percent-encoded'],
    ['smtp://one.test, smtp://one.test', 'two relays are called one.test:587'],
  ])('refuse %s', (text, fault) => {
    expect(() => relaysOf(text)).toThrow(
      expect.objectContaining({ faults: expect.arrayContaining([expect.stringContaining(fault)]) }),
    );
  });

  it.each([
    'smtp://jane:12?hush-hush@one.test',
    'smtp://jane:12/hush-hush@one.test',
    'smtp://jane:hush-hush%@one.test',
    'smtp://jane:hush-hush@one.test:0',
    'smtp://jane:hush-hush@one.test?x=y',
  ])('never repeat a password: %s', (text) => {
    expect(() => relaysOf(text)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hush') }),
    );
  });
});

const sendgridKey = (namedCurve: string) =>
  generateKeyPairSync('ec', { namedCurve })
    .publicKey.export({ type: 'spki', format: 'der' })
    .toString('base64');

describe('mail that is signed and mail that comes back', () => {
  const dkim = {
    DKIM_DOMAIN: 'Acme.Test',
    DKIM_SELECTOR: '2026a',
    DKIM_KEY_FILE: '/keys/dkim.pem',
  };

  it('is neither by default', () => {
    expect(readConfig({})).toMatchObject({
      dkim: undefined,
      bounceDomain: undefined,
      bounceMailbox: undefined,
      mailEvents: { generic: undefined, sesTopic: undefined, mailgunKey: undefined },
    });
  });

  it('reads them', () => {
    const key = sendgridKey('P-256');
    const environment = {
      ...dkim,
      BOUNCE_DOMAIN: 'Bounce.Acme.Test',
      BOUNCE_URL: 'imaps://bounce%40acme.test:p%2Fw@mail.acme.test/Bounces%20new?certificate=any',
      MAIL_EVENTS_SECRET: `whsec_${'A'.repeat(32)}`,
      MAIL_EVENTS_SES_TOPIC: 'arn:aws:sns:eu-west-1:123456789012:bounces',
      MAIL_EVENTS_MAILGUN_KEY: 'k'.repeat(32),
      MAIL_EVENTS_POSTMARK_LOGIN: 'postmark:a-long-password',
      MAIL_EVENTS_SENDGRID_KEY: key,
    };
    expect(readConfig(environment)).toMatchObject({
      dkim: { domain: 'acme.test', selector: '2026a', keyFile: '/keys/dkim.pem' },
      bounceDomain: 'bounce.acme.test',
      bounceMailbox: {
        protocol: 'imap',
        host: 'mail.acme.test',
        port: 993,
        isSecure: true,
        checksCertificate: false,
        user: 'bounce@acme.test',
        password: 'p/w',
        folder: 'Bounces new',
      },
      mailEvents: { postmarkLogin: 'postmark:a-long-password', sendgridKey: key },
    });
  });

  it.each([
    ['imap://a:b@h.test', { protocol: 'imap', port: 143, isSecure: false, folder: 'INBOX' }],
    ['pop3://a:b@h.test', { protocol: 'pop3', port: 110, isSecure: false }],
    ['pop3s://a:b@[::1]:1995', { protocol: 'pop3', host: '::1', port: 1995, isSecure: true }],
  ])('knows the ways to a mailbox: %s', (BOUNCE_URL, mailbox) => {
    expect(readConfig({ BOUNCE_URL }).bounceMailbox).toMatchObject(mailbox);
  });

  it.each([
    [{ DKIM_DOMAIN: 'acme.test' }, 'DKIM_DOMAIN, DKIM_SELECTOR and DKIM_KEY_FILE'],
    [{ ...dkim, DKIM_DOMAIN: 'acme test' }, 'DKIM_DOMAIN'],
    [{ ...dkim, DKIM_SELECTOR: 'a;b=c' }, 'DKIM_SELECTOR'],
    [{ ...dkim, DKIM_SELECTOR: 'a..b' }, 'DKIM_SELECTOR'],
    [{ BOUNCE_DOMAIN: 'bounce@acme.test' }, 'BOUNCE_DOMAIN'],
    [{ BOUNCE_URL: 'mail.acme.test' }, 'BOUNCE_URL'],
    [{ BOUNCE_URL: 'https://a:b@h.test' }, 'BOUNCE_URL'],
    [{ BOUNCE_URL: 'imaps://h.test' }, 'BOUNCE_URL'],
    [{ BOUNCE_URL: 'imaps://a@h.test' }, 'BOUNCE_URL'],
    [{ BOUNCE_URL: 'imaps://a:100%@h.test' }, 'BOUNCE_URL'],
    [{ BOUNCE_URL: 'imaps://a:b@h.test?certificate=none' }, 'BOUNCE_URL'],
    [{ BOUNCE_URL: 'imaps://a:b@h.test/IN%0aBOX' }, 'BOUNCE_URL'],
    [{ MAIL_EVENTS_SECRET: 'whsec_short' }, 'MAIL_EVENTS_SECRET'],
    [{ MAIL_EVENTS_SES_TOPIC: 'bounces' }, 'MAIL_EVENTS_SES_TOPIC'],
    [{ MAIL_EVENTS_MAILGUN_KEY: 'short' }, 'MAIL_EVENTS_MAILGUN_KEY'],
    [{ MAIL_EVENTS_POSTMARK_LOGIN: 'a:short' }, 'MAIL_EVENTS_POSTMARK_LOGIN'],
    [{ MAIL_EVENTS_SENDGRID_KEY: 'bm8gZGVy' }, 'MAIL_EVENTS_SENDGRID_KEY'],
  ])('lists every fault of %j', (environment, fault) => {
    expect(faultsOf(environment)).toEqual([fault]);
  });

  it('never repeats a secret in a fault', () => {
    const environment = {
      BOUNCE_URL: 'imaps://a:hush-hush%@h.test:0/?x=y',
      MAIL_EVENTS_SECRET: 'hush-hush',
      MAIL_EVENTS_MAILGUN_KEY: 'hush-hush',
      MAIL_EVENTS_POSTMARK_LOGIN: 'a:hush-hush',
      MAIL_EVENTS_SENDGRID_KEY: 'hush-hush',
    };
    expect(() => readConfig(environment)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hush') }),
    );
  });
});
