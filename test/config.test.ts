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
      smtpUrl: undefined,
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
      smtpUrl: undefined,
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
