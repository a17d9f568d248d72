// Every row of the error table, played by a relay to the letter: what the line tells, and what is made of it.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import dns from 'node:dns';
import { SMTPServer } from 'smtp-server';
import { describe, expect, it, vi } from 'vitest';
import type { Relay } from '../../src/config/relays.ts';
import { classify } from '../../src/delivery/rules.ts';
import { createSmtpMailer } from '../../src/delivery/smtp.ts';
import { type Failure, type Line, SendError } from '../../src/delivery/types.ts';
import { onEnd } from '../support/kernel.ts';
import {
  type Part,
  type ScriptedRelay,
  scriptedRelay,
  type Step,
} from '../support/scripted-relay.ts';
import { smtpReceiver } from '../support/smtp.ts';
import { mailTo } from './messages.ts';

function lineTo(relay: Relay): Line {
  const line = createSmtpMailer(relay).openLine();
  onEnd(() => line.close());
  return line;
}

const mail = mailTo('a@example.com');

async function failureOf(line: Line, message = mail): Promise<Failure> {
  try {
    await line.send(message);
  } catch (error) {
    if (error instanceof SendError) return error.failure;
    throw error;
  }
  throw new Error('It was accepted.');
}

/** The verdict in one line: `retry charged ambiguous slower`. */
function verdictOn(failure: Failure): string {
  const { outcome, chargeRow, ambiguous, slowDown } = classify(failure);
  const words = [outcome, chargeRow && 'charged', ambiguous && 'ambiguous', slowDown && 'slower'];
  return words.filter(Boolean).join(' ');
}

interface Row {
  told: Partial<Failure>;
  verdict: string;
  /** Whether the relay took the message all the same. */
  taken?: boolean;
}

const before = { bodyStarted: false };
const after = { bodyStarted: true };

const rows: [string, Step, Part | string, Row][] = [
  [
    'no such mailbox',
    'RCPT',
    '550 5.1.1 unknown',
    { told: { ...before, responseCode: 550, command: 'RCPT TO' }, verdict: 'failed charged' },
  ],
  [
    'greylisting',
    'RCPT',
    '451 4.7.1 Greylisted, come back',
    { told: { ...before, responseCode: 451 }, verdict: 'retry charged' },
  ],
  [
    'too much mail for one mailbox',
    'RCPT',
    '450 4.2.1 receiving too fast',
    { told: { ...before, responseCode: 450 }, verdict: 'retry charged' },
  ],
  [
    'policy for now at the recipient',
    'RCPT',
    '450 4.7.28 unusual rate',
    { told: { ...before, responseCode: 450 }, verdict: 'retry charged slower' },
  ],
  [
    'authentication of the message at the recipient',
    'RCPT',
    '550 5.7.26 unauthenticated',
    { told: before, verdict: 'content_refused' },
  ],
  ...(['connect', 'EHLO'] as const).map((step): [string, Step, Part, Row] => [
    `421 at ${step}`,
    step,
    { say: '421 4.7.0 come back later', cut: true },
    { told: { ...before, responseCode: 421 }, verdict: 'relay_down slower' },
  ]),
  [
    'more connections than the relay wants',
    'connect',
    { say: '421 4.7.0 Error: too many connections from 192.0.2.1', cut: true },
    { told: { ...before, responseCode: 421 }, verdict: 'relay_down' },
  ],
  ...(['MAIL', 'RCPT', 'DATA'] as const).map((step): [string, Step, Part, Row] => [
    `421 at ${step}`,
    step,
    { say: '421 4.7.0 too many', cut: true },
    { told: { ...before, responseCode: 421 }, verdict: 'relay_busy slower' },
  ]),
  [
    '421 after the dot',
    'dot',
    { say: '421 4.3.2 closing', cut: true },
    { told: { responseCode: 421, ...after }, verdict: 'relay_busy slower' },
  ],
  [
    '421 within the message',
    'within',
    { say: '421 4.4.2 enough', cut: true },
    { told: { responseCode: 421, ...after }, verdict: 'relay_busy slower' },
  ],
  [
    'throttling after the dot',
    'dot',
    '454 4.3.0 Throttling failure: Maximum sending rate exceeded.',
    { told: { code: 'EMESSAGE', responseCode: 454, ...after }, verdict: 'relay_busy slower' },
  ],
  [
    'content refused',
    'dot',
    '554 5.7.1 spam',
    { told: { code: 'EMESSAGE', responseCode: 554, ...after }, verdict: 'content_refused' },
  ],
  [
    'content for later',
    'dot',
    '451 4.3.0 later',
    { told: { responseCode: 451, ...after }, verdict: 'retry charged' },
  ],
  [
    'mailbox told late',
    'dot',
    '550 5.1.1 unknown',
    { told: { responseCode: 550, ...after }, verdict: 'failed charged' },
  ],
  [
    'the sender refused',
    'MAIL',
    '550 5.1.8 no such domain',
    { told: { ...before, command: 'MAIL FROM' }, verdict: 'content_refused' },
  ],
  [
    'the sender for later',
    'MAIL',
    '451 4.3.0 try again',
    { told: { ...before, command: 'MAIL FROM' }, verdict: 'relay_busy slower' },
  ],
  [
    'a relay that wants a sign-in',
    'MAIL',
    '530 5.7.0 sign in first',
    { told: before, verdict: 'relay_down' },
  ],
  ['no service', 'connect', '554 5.3.2 no mail here', { told: before, verdict: 'relay_down' }],
  [
    'a cut at the greeting',
    'connect',
    { cut: true },
    { told: { ...before, responseCode: null }, verdict: 'relay_down' },
  ],
  [
    'a cut at the recipient',
    'RCPT',
    { cut: true },
    { told: { ...before, responseCode: null }, verdict: 'relay_down' },
  ],
  [
    'a cut within the message',
    'within',
    { cut: true },
    { told: { ...after, responseCode: null }, verdict: 'retry charged ambiguous', taken: false },
  ],
  [
    'a cut after the message was taken (T8)',
    'dot',
    { takes: true, cut: true },
    { told: { ...after, responseCode: null }, verdict: 'retry charged ambiguous', taken: true },
  ],
  [
    'a word without a number at the recipient',
    'RCPT',
    'hello',
    { told: { ...before, responseCode: null }, verdict: 'relay_down' },
  ],
  [
    'a number of no known kind at the recipient',
    'RCPT',
    '999 what',
    { told: before, verdict: 'relay_down' },
  ],
  [
    'an answer to another question after the dot',
    'dot',
    { say: '354 go on', takes: true },
    { told: after, verdict: 'retry charged ambiguous', taken: true },
  ],
  [
    'a word without a number after the dot',
    'dot',
    { say: 'well done', takes: true },
    { told: after, verdict: 'retry charged ambiguous', taken: true },
  ],
  ['encryption refused', 'STARTTLS', '454 4.7.0 not now', { told: before, verdict: 'relay_down' }],
  [
    'encryption that breaks',
    'STARTTLS',
    { say: '220 go on\r\n0123456789', cut: true },
    { told: before, verdict: 'relay_down' },
  ],
  [
    'a wrong password',
    'AUTH',
    '535 5.7.8 no',
    { told: { ...before, code: 'EAUTH' }, verdict: 'relay_down' },
  ],
  [
    'a sign-in that is cut',
    'AUTH',
    { cut: true },
    { told: { ...before, responseCode: null }, verdict: 'relay_down' },
  ],
];

describe.each([
  ['all commands at once', ['PIPELINING']],
  ['one command at a time', []],
])('a relay that takes %s', (_, extensions) => {
  it.each(rows)('%s', async (name, step, part, { told, verdict, taken = false }) => {
    const script = await scriptedRelay();
    const more = { STARTTLS: ['STARTTLS'], AUTH: ['AUTH PLAIN'] }[step as string] ?? [];
    script.offer('SIZE 10000000', ...extensions, ...more);
    script.play(step, part, 1);
    const line = lineTo({ ...script.relay, user: 'jane', password: 'secret' });
    const failure = await failureOf(line);
    expect(failure).toMatchObject(told);
    expect(verdictOn(failure)).toBe(verdict);
    expect(script.taken).toHaveLength(taken ? 1 : 0);
    // Whatever it was, the next message goes as if nothing had been.
    script.offer('SIZE 10000000', ...extensions);
    const isTurnedAway = failure.responseCode === 421 && verdict.startsWith('relay_down');
    const next = isTurnedAway ? lineTo(script.relay) : line;
    expect(await next.send(mailTo('b@example.com', 2)), name).toEqual({ code: 250 });
    expect(script.taken.at(-1)?.to).toBe('b@example.com');
  });
});

describe('a relay that cannot be reached', () => {
  it('refuses the connection', async () => {
    const script = await scriptedRelay();
    await script.goAway();
    const failure = await failureOf(lineTo(script.relay));
    expect(failure).toMatchObject({ code: 'ESOCKET', bodyStarted: false });
    expect(verdictOn(failure)).toBe('relay_down');
  });

  it('is not known by that name', async () => {
    const relay = { ...(await scriptedRelay()).relay, host: 'relay.invalid' };
    const failure = await failureOf(lineTo(relay));
    expect(failure).toMatchObject({ code: 'EDNS', bodyStarted: false });
    expect(verdictOn(failure)).toBe('relay_down');
  });

  it('is looked up without the threads that passwords take (T13)', async () => {
    const script = await scriptedRelay();
    const asked: string[] = [];
    const known = dns.Resolver;
    type Answer = (error: null, found: string[]) => void;
    class Resolver {
      resolve4(name: string, answer: Answer): void {
        asked.push(name);
        answer(null, ['127.0.0.1']);
      }
      resolve6(_name: string, answer: Answer): void {
        answer(null, []);
      }
    }
    dns.Resolver = Resolver as unknown as typeof known;
    onEnd(() => (dns.Resolver = known));
    const lookup = vi.spyOn(dns, 'lookup');
    onEnd(() => lookup.mockRestore());
    await lineTo({ ...script.relay, host: 'smtp.relay.test' }).send(mail);
    expect(asked).toEqual(['smtp.relay.test']);
    expect(lookup).not.toHaveBeenCalled();
  });
});

async function encryptedRelay(): Promise<Relay> {
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    logger: false,
  });
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  onEnd(() => server.close());
  const address = server.server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { ...(await scriptedRelay()).relay, port };
}

describe('encryption', () => {
  it('is used where it is offered, and its certificate checked', async () => {
    const relay = await encryptedRelay();
    const failure = await failureOf(lineTo(relay));
    expect(failure.reply).toMatch(/certificate/i);
    expect(verdictOn(failure)).toBe('relay_down');
    const trusting = lineTo({ ...relay, startTls: 'required', checksCertificate: false });
    expect(await trusting.send(mail)).toEqual({ code: 250 });
  });

  it('is not gone without where it is required', async () => {
    const script = await scriptedRelay();
    script.play('STARTTLS', '502 5.5.1 what');
    const failure = await failureOf(lineTo({ ...script.relay, startTls: 'required' }));
    expect(verdictOn(failure)).toBe('relay_down');
    expect(script.said.some((line) => line.startsWith('MAIL'))).toBe(false);
  });

  it('is left out where it is not wanted', async () => {
    const script = await scriptedRelay();
    script.offer('STARTTLS');
    await lineTo({ ...script.relay, startTls: 'never' }).send(mail);
    expect(script.said).not.toContain('STARTTLS');
  });
});

describe('a line', () => {
  it('says what it is, signs in, and sends the message to one recipient to the byte', async () => {
    const script = await scriptedRelay();
    script.offer('PIPELINING', 'AUTH PLAIN LOGIN', 'SIZE 5000');
    const relay = { ...script.relay, ehlo: 'status.acme.test', user: 'jane', password: 'pw' };
    await lineTo(relay).send(mail);
    expect(script.said).toEqual([
      'EHLO status.acme.test',
      `AUTH PLAIN ${Buffer.from('\0jane\0pw').toString('base64')}`,
      `MAIL FROM:<bounce@acme.test> SIZE=${mail.raw.length}`,
      'RCPT TO:<a@example.com>',
      'DATA',
    ]);
    const unstuffed = script.taken[0]?.raw.replaceAll('\r\n..', '\r\n.');
    expect(unstuffed).toBe(mail.raw.toString('latin1'));
  });

  it('keeps its connection, also after a refusal', async () => {
    const script = await scriptedRelay();
    const line = lineTo(script.relay);
    await line.send(mail);
    script.play('RCPT', '550 5.1.1 unknown', 2);
    await failureOf(line);
    await failureOf(line);
    await line.send(mail);
    expect(script.connections()).toBe(1);
    expect(script.said.filter((one) => one === 'RSET')).toHaveLength(2);
    expect(script.taken).toHaveLength(2);
  });

  it('opens its connection anew after so many messages', async () => {
    const script = await scriptedRelay('?maxMessages=2');
    const line = lineTo(script.relay);
    for (const n of [1, 2, 3, 4, 5]) await line.send(mailTo('a@example.com', n));
    expect(script.connections()).toBe(3);
    expect(script.said.filter((one) => one === 'QUIT')).toHaveLength(2);
  });

  it.each<[string, (script: ScriptedRelay) => void]>([
    ['cut', (script) => script.cutAll()],
    ['ended', (script) => script.endAll()],
  ])('replaces a connection that was %s while idle', async (_, end) => {
    const script = await scriptedRelay();
    const line = lineTo(script.relay);
    await line.send(mail);
    end(script);
    await line.send(mail);
    await line.send(mail);
    expect([script.connections(), script.taken.length]).toEqual([2, 3]);
  });

  it('replaces a connection that ends just as the next message begins, once', async () => {
    const script = await scriptedRelay();
    const line = lineTo(script.relay);
    await line.send(mail);
    script.play('MAIL', { say: '421 4.4.2 timeout', cut: true }, 1);
    await line.send(mail);
    script.play('MAIL', { cut: true }, 1);
    await line.send(mail);
    expect([script.connections(), script.taken.length]).toEqual([3, 3]);
    script.play('MAIL', { cut: true });
    expect(await failureOf(line)).toMatchObject({ bodyStarted: false, responseCode: null });
    expect(script.connections()).toBe(4);
  });

  it('never repeats by itself what may have arrived', async () => {
    const script = await scriptedRelay();
    const line = lineTo(script.relay);
    await line.send(mail);
    script.play('dot', { takes: true, cut: true }, 1);
    expect(await failureOf(line)).toMatchObject({ bodyStarted: true });
    expect(script.taken).toHaveLength(2);
  });

  it('does not go on where a relay answered before the message was over', async () => {
    const script = await scriptedRelay();
    const line = lineTo(script.relay);
    script.play('within', '552 5.3.4 too much already', 1);
    const raw = Buffer.concat([mail.raw, Buffer.from('x\r\n'.repeat(500_000))]);
    expect(await failureOf(line, { ...mail, raw })).toMatchObject({ responseCode: 552 });
    await line.send(mail);
    expect(script.connections()).toBe(2);
  });

  it('does not give what is too large for the relay', async () => {
    const script = await scriptedRelay();
    script.offer('SIZE 100');
    const failure = await failureOf(lineTo(script.relay));
    expect(verdictOn(failure)).toBe('content_refused');
    expect(script.taken).toEqual([]);
  });

  it.each(['a@example.com>\r\nRCPT TO:<b@example.com', 'a@example.com> NOTIFY=NEVER', ''])(
    'says nothing for the address %j',
    async (to) => {
      const script = await scriptedRelay();
      const line = lineTo(script.relay);
      const failure = await failureOf(line, { ...mail, envelope: { ...mail.envelope, to } });
      expect(verdictOn(failure)).toBe('failed charged');
      expect(script.said.filter((one) => /^(MAIL|RCPT)/.test(one))).toEqual([]);
    },
  );

  it('waits for a slow relay', async () => {
    const script = await scriptedRelay();
    for (const step of ['connect', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'dot'] as const) {
      script.play(step, { ...sayings[step], after: 60 });
    }
    expect(await lineTo(script.relay).send(mail)).toEqual({ code: 250 });
  });

  it.each<[Step, boolean]>([
    ['connect', false],
    ['AUTH', false],
    ['RCPT', false],
    ['dot', true],
  ])('ends what hangs at %s when it is closed', async (step, bodyStarted) => {
    const script = await scriptedRelay();
    script.offer('AUTH PLAIN');
    script.play(step, {});
    const line = lineTo({ ...script.relay, user: 'jane', password: 'pw' });
    const failed = failureOf(line);
    await sleep(100);
    line.close();
    expect(await failed).toMatchObject({ bodyStarted, responseCode: null });
  });

  it('says goodbye when it is closed', async () => {
    const script = await scriptedRelay();
    const line = lineTo(script.relay);
    await line.send(mail);
    line.close();
    await vi.waitFor(() => expect(script.open()).toBe(0));
    expect(script.said.at(-1)).toBe('QUIT');
    expect(await failureOf(line)).toMatchObject({ bodyStarted: false });
  });
});

const sayings: Partial<Record<Step, { say: string }>> = {
  connect: { say: '220 hello' },
  EHLO: { say: '250 relay.test' },
  MAIL: { say: '250 ok' },
  RCPT: { say: '250 ok' },
  DATA: { say: '354 go on' },
  dot: { say: '250 queued' },
};

/** Runs `work` with timers that the test moves; sockets go on in real time. */
async function inOwnTime(work: () => Promise<void>): Promise<void> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    await work();
  } finally {
    vi.useRealTimers();
  }
}
const turns = async () => {
  for (let i = 0; i < 50; i += 1) await new Promise((go) => setImmediate(go));
};

describe('time', () => {
  it('hangs up after ten seconds without mail, and not before', async () => {
    const script = await scriptedRelay();
    await inOwnTime(async () => {
      const line = lineTo(script.relay);
      await line.send(mail);
      await vi.advanceTimersByTimeAsync(9000);
      await line.send(mail);
      await vi.advanceTimersByTimeAsync(9000);
      await turns();
      expect(script.said).not.toContain('QUIT');
      await vi.advanceTimersByTimeAsync(1500);
      await turns();
      expect(script.said.at(-1)).toBe('QUIT');
      await line.send(mail);
      expect(script.connections()).toBe(2);
    });
  });

  it('waits before it knocks again where it was turned away', async () => {
    const script = await scriptedRelay();
    script.play('connect', { say: '421 4.7.0 too many connections', cut: true }, 1);
    await inOwnTime(async () => {
      const line = lineTo(script.relay);
      await failureOf(line);
      const sent = line.send(mail);
      await vi.advanceTimersByTimeAsync(2900);
      await turns();
      expect(script.connections()).toBe(1);
      await vi.advanceTimersByTimeAsync(100);
      expect(await sent).toEqual({ code: 250 });
    });
  });

  it('gives up on a greeting after ten seconds', async () => {
    const script = await scriptedRelay();
    script.play('connect', {});
    await inOwnTime(async () => {
      const failed = failureOf(lineTo(script.relay));
      while (script.connections() === 0) await turns();
      await turns();
      await vi.advanceTimersByTimeAsync(10_100);
      const failure = await failed;
      expect(failure).toMatchObject({ code: 'ETIMEDOUT', bodyStarted: false });
      expect(verdictOn(failure)).toBe('relay_down');
    });
  });
});

it('mail to a real server arrives whole', async () => {
  const receiver = await smtpReceiver();
  const line = lineTo(receiver.relay);
  const raw = Buffer.concat([mail.raw, Buffer.from('.\r\n..\r\n'.repeat(20_000))]);
  await line.send({ ...mail, raw });
  expect(receiver.mails[0]?.raw).toBe(raw.toString('latin1'));
});
