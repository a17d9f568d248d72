// Talks with real and with scripted relays: what is said, what is hidden, and where each goes wrong.
import { describe, expect, it } from 'vitest';
import { converse } from '../../src/mail-check/converse.ts';
import { diagnose } from '../../src/mail-check/diagnosis.ts';
import type { Trial } from '../../src/mail-check/types.ts';
import { cert } from './certificate.ts';
import { freePort } from '../support/process.ts';
import { realRelay, scriptedRelay, trial } from './fixtures.ts';

const monotonic = () => performance.now();
const talk = (wanted: Trial, timeout = 2000) => converse(wanted, { monotonic, timeout });
const said = (lines: { side: string; text: string }[]) =>
  lines.map(({ side, text }) => `${side}: ${text}`).join('\n');

const secret = 'correct horse & battery';

describe('with a real relay', () => {
  it('sends the test message whole, each command beside its answer', async () => {
    const { port, received } = await realRelay({ disabledCommands: ['AUTH', 'STARTTLS'] });
    const wanted = trial({ port });
    const outcome = await talk(wanted);
    expect(outcome.trouble).toBeNull();
    expect(outcome.address).toBe('127.0.0.1');
    expect(received).toEqual([
      {
        from: 'status@example.com',
        to: ['me@example.org'],
        text: 'Subject: Test\r\n\r\nHello\r\n.a dot\r\n',
      },
    ]);
    const commands = outcome.lines
      .filter(({ side }) => side === 'us')
      .map(({ text }) => text.split(/[ :]/)[0]);
    expect(commands).toEqual(['EHLO', 'MAIL', 'RCPT', 'DATA', '(the', 'QUIT']);
    expect(said(outcome.lines)).toMatch(/us: RCPT TO:<me@example.org>\nrelay: 250/);
    expect(said(outcome.lines)).toMatch(/us: QUIT\nrelay: 221/);
    const times = outcome.lines.map(({ at }) => at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(diagnose(wanted, outcome)).toMatchObject({
      verdict: 'good',
      headline: 'The relay took the test message.',
    });
  });

  it('stops before the message when it is only to say hello', async () => {
    const { port, received } = await realRelay({ disabledCommands: ['AUTH', 'STARTTLS'] });
    const outcome = await talk(trial({ port }, { upTo: 'recipient' }));
    expect(outcome.trouble).toBeNull();
    expect(said(outcome.lines)).toContain('us: RCPT TO');
    expect(said(outcome.lines)).not.toContain('DATA');
    expect(received).toEqual([]);
  });

  it('names nobody when it only looks', async () => {
    const { port } = await realRelay();
    const outcome = await talk(
      trial({ port, user: 'u', password: 'secret' }, { upTo: 'capabilities' }),
    );
    expect(outcome.trouble).toMatchObject({ kind: 'certificate' });
    expect(outcome.encryption).toMatchObject({
      version: 'TLSv1.3',
      certificate: { name: 'localhost' },
    });
    expect(said(outcome.lines)).not.toMatch(/^us: (AUTH|MAIL|RCPT)/m);
  });

  it.each(['PLAIN', 'LOGIN', 'CRAM-MD5'])('signs in by %s, and shows no secret', async (method) => {
    const seen: unknown[] = [];
    const { port, received } = await realRelay({
      authOptional: false,
      authMethods: [method],
      onAuth(auth, _session, done) {
        seen.push(auth.username, auth.validatePassword?.(secret) ?? auth.password === secret);
        done(null, { user: auth.username });
      },
    });
    const outcome = await talk(
      trial({
        port,
        startTls: 'required',
        checksCertificate: false,
        user: 'ann',
        password: secret,
      }),
    );
    expect(outcome.trouble).toBeNull();
    expect(seen[0]).toBe('ann');
    expect(seen[1]).toBe(true);
    expect(received).toHaveLength(1);
    const text = said(outcome.lines);
    expect(text).toMatch(/us: STARTTLS\nrelay: 220.*\nnote: Encrypted from here: TLSv1\.3/);
    expect(text).toContain(`us: AUTH ${method}`);
    for (const form of [
      secret,
      Buffer.from(secret).toString('base64'),
      Buffer.from(`\0ann\0${secret}`).toString('base64'),
    ]) {
      expect(text).not.toContain(form);
    }
    expect(text).not.toContain('/* secret */');
  });

  it('tells a wrong password', async () => {
    const { port } = await realRelay({
      onAuth: (_auth, _session, done) =>
        done(Object.assign(new Error(`Nobody has ${secret} here`), { responseCode: 535 })),
    });
    const wanted = trial({ port, checksCertificate: false, user: 'ann', password: secret });
    const outcome = await talk(wanted);
    expect(outcome.trouble).toMatchObject({ kind: 'reply', step: 'sign_in', code: '535' });
    expect(diagnose(wanted, outcome).headline).toBe(
      'The relay does not know this user and password.',
    );
    expect(said(outcome.lines)).toContain('Nobody has (not shown) here');
    expect(said(outcome.lines)).not.toContain('MAIL FROM');
  });

  it('says nothing secret to a relay whose certificate does not hold', async () => {
    const tried: unknown[] = [];
    const { port } = await realRelay({
      onAuth: (auth, _session, done) => {
        tried.push(auth);
        done(null, { user: 'x' });
      },
    });
    const wanted = trial({ port, startTls: 'required', user: 'ann', password: secret });
    const outcome = await talk(wanted);
    expect(outcome.trouble).toMatchObject({ kind: 'certificate', step: 'encryption' });
    expect(outcome.encryption?.fault).not.toBe('');
    expect(diagnose(wanted, outcome).advice.join(' ')).toContain('Nothing secret was said.');
    expect(tried).toEqual([]);
  });

  it.each([
    ['localhost', ''],
    ['127.0.0.1', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('checks that the certificate is for %s', async (host, fault) => {
    const { port, received } = await realRelay();
    const wanted = trial({ host, port, startTls: 'required' });
    const outcome = await converse(wanted, { monotonic, timeout: 2000, ca: cert });
    expect(outcome.encryption?.fault).toBe(fault);
    expect(received).toHaveLength(fault === '' ? 1 : 0);
    expect(diagnose(wanted, outcome).headline).toBe(
      fault === ''
        ? 'The relay took the test message.'
        : 'The relay’s certificate is for another name than 127.0.0.1.',
    );
  });

  it('encrypts from the first byte', async () => {
    const { port, received } = await realRelay({ secure: true });
    const outcome = await talk(trial({ port, isSecure: true, checksCertificate: false }));
    expect(outcome.trouble).toBeNull();
    expect(received).toHaveLength(1);
    expect(said(outcome.lines)).toMatch(/note: Encrypted from here: .*\nrelay: 220/);
    expect(said(outcome.lines)).not.toContain('STARTTLS');
  });
});

const greets = (answers: Record<string, string | undefined>) => (line: string) => {
  const [verb = ''] = line.split(' ');
  if (line === '') return '' in answers ? answers[''] : '220 relay';
  if (verb in answers) return answers[verb];
  return verb === 'QUIT' ? '221 bye' : verb === 'DATA' ? '354 go' : '250 ok';
};

/** What is said at each stage → where it was, what it was, and the beginning of the diagnosis. */
const faults: [string, Record<string, string | undefined>, string, string, RegExp][] = [
  ['silence', { '': undefined }, 'greeting', 'timeout', /says nothing/],
  ['hanging up at once', { '': 'cut' }, 'greeting', 'cut', /hung up before/],
  ['a busy greeting', { '': '421 too busy' }, 'greeting', 'reply', /no time for us/],
  ['a blocked address', { '': '554 listed by a dnsbl' }, 'greeting', 'reply', /block list/],
  ['silence after EHLO', { EHLO: undefined }, 'hello', 'timeout', /stopped answering/],
  [
    'a refused name',
    { EHLO: '550 who?', HELO: '550 who?' },
    'hello',
    'reply',
    /introduce ourselves/,
  ],
  ['a refused sender', { MAIL: '550 5.7.60 SendAsDenied' }, 'sender', 'reply', /may not send from/],
  [
    'a sender before sign-in',
    { MAIL: '530 5.7.0 Authentication required' },
    'sender',
    'reply',
    /wants us to sign in/,
  ],
  [
    'relaying denied',
    { RCPT: '554 5.7.1 <me@example.org>: Relay access denied' },
    'recipient',
    'reply',
    /to the outside/,
  ],
  [
    'an unknown recipient',
    { RCPT: '550 5.1.1 no such user' },
    'recipient',
    'reply',
    /no such recipient/,
  ],
  ['greylisting', { RCPT: '450 4.7.1 Greylisted' }, 'recipient', 'reply', /greylisting/],
  ['hanging up on RCPT', { RCPT: 'cut' }, 'recipient', 'cut', /in the middle/],
  ['no data', { DATA: '452 4.3.1 no room' }, 'data', 'reply', /no room/],
  [
    'authentication wanting',
    { '.': '550 5.7.26 unauthenticated' },
    'message',
    'reply',
    /want of authentication/,
  ],
  ['spam', { '.': '554 5.7.1 looks like spam' }, 'message', 'reply', /as unwanted/],
];

describe('with a relay that', () => {
  it.each(faults)('answers with %s', async (_name, answers, step, kind, headline) => {
    let isBody = false;
    const answerTo = greets(answers);
    const { port } = await scriptedRelay((line) => {
      if (!isBody) {
        const answer = answerTo(line);
        isBody = answer === '354 go';
        return answer;
      }
      if (line !== '.') return undefined;
      isBody = false;
      return answerTo('.');
    });
    const wanted = trial({ port });
    const outcome = await talk(wanted, 300);
    expect(outcome.trouble).toMatchObject({ step, kind });
    expect(diagnose(wanted, outcome).headline).toMatch(headline);
    expect(diagnose(wanted, outcome).verdict).toBe('broken');
  });

  it('offers no STARTTLS although it has to', async () => {
    const { port } = await scriptedRelay(greets({ STARTTLS: '502 what?' }));
    const wanted = trial({ port, startTls: 'required' });
    const outcome = await talk(wanted);
    expect(outcome.trouble).toMatchObject({ step: 'encryption', kind: 'reply', code: '502' });
    expect(diagnose(wanted, outcome).headline).toBe('The relay does not offer STARTTLS.');
  });

  it('begins in the clear where TLS was chosen', async () => {
    const { port } = await scriptedRelay(greets({}));
    const wanted = trial({ port, isSecure: true });
    const outcome = await talk(wanted);
    expect(outcome.trouble).toMatchObject({ step: 'encryption', kind: 'encryption' });
    expect(diagnose(wanted, outcome).headline).toBe('This port does not begin with encryption.');
  });

  it('offers no sign-in', async () => {
    const { port, heard } = await scriptedRelay(greets({}));
    const wanted = trial({ port, user: 'ann', password: secret });
    const outcome = await talk(wanted);
    expect(outcome.trouble).toMatchObject({ step: 'sign_in', kind: 'no_sign_in' });
    expect(heard.join('\n')).not.toContain('AUTH');
  });

  it('never comes to an end is left', async () => {
    const { port } = await scriptedRelay((line) => (line === '' ? '220 relay' : '250-more'));
    const outcome = await talk(trial({ port }), 200);
    expect(outcome.trouble).toMatchObject({ kind: 'timeout' });
  });

  it('says too much is cut short', async () => {
    const { port } = await scriptedRelay(
      greets({
        EHLO: `${Array.from({ length: 300 }, (_, i) => `250-${'x'.repeat(150)}${i}`).join('\r\n')}\r\n250 ok`,
      }),
    );
    const outcome = await talk(trial({ port }));
    expect(outcome.lines.length).toBeLessThanOrEqual(200);
  });
});

describe('without a relay', () => {
  it('tells a port where nobody listens', async () => {
    const wanted = trial({ port: await freePort() });
    const outcome = await talk(wanted);
    expect(outcome.trouble).toMatchObject({ step: 'connect', kind: 'refused' });
    expect(diagnose(wanted, outcome).headline).toMatch(/refuses connections on port/);
  });

  it.each([
    '169.254.169.254',
    'fe80::1',
    '::ffff:169.254.169.254',
    '64:ff9b::169.254.169.254',
    '0.0.0.0',
    '224.0.0.1',
    'fd00:ec2::254',
  ])('never connects to %s', async (host) => {
    const outcome = await talk(trial({ host, port: 80 }));
    expect(outcome.trouble).toMatchObject({ kind: 'forbidden_address' });
    expect(outcome.address).toBe('');
  });
});
