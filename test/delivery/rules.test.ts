import { describe, expect, it } from 'vitest';
import { redacted } from '../../src/shared/redact.ts';
import {
  classify,
  enhancedCode,
  relayDelay,
  rowDelay,
  settlementAfter,
} from '../../src/delivery/rules.ts';
import type { Failure } from '../../src/delivery/types.ts';
import type { Claimed } from '../../src/notifications/types.ts';
import { hours, minutes, plus } from '../../src/shared/clock.ts';

const failure = (code: string, command: string, reply = '', bodyStarted = false): Failure => {
  const digits = Number.parseInt(reply, 10);
  return {
    code,
    command,
    bodyStarted,
    reply,
    responseCode: Number.isNaN(digits) ? null : digits,
  };
};

describe('reading a refusal', () => {
  it.each<[string, Failure, string]>([
    ['no such mailbox', failure('EENVELOPE', 'RCPT TO', '550 5.1.1 unknown'), 'failed charged'],
    ['bad mailbox, no enhanced code', failure('EENVELOPE', 'RCPT TO', '550 no'), 'failed charged'],
    ['mailbox disabled', failure('EENVELOPE', 'RCPT TO', '550 5.2.1 off'), 'failed charged'],
    ['mailbox full', failure('EENVELOPE', 'RCPT TO', '552 5.2.2 full'), 'failed charged'],
    ['moved away', failure('EENVELOPE', 'RCPT TO', '551 5.1.6 moved'), 'failed charged'],
    ['no route', failure('EENVELOPE', 'RCPT TO', '550 5.4.1 access denied'), 'failed charged'],
    ['greylisted', failure('EENVELOPE', 'RCPT TO', '451 4.7.1 Greylisted'), 'retry charged'],
    ['greylisted', failure('EENVELOPE', 'RCPT TO', '450 4.2.0 later'), 'retry charged'],
    ['policy', failure('EENVELOPE', 'RCPT TO', '450 4.7.28 rate'), 'retry charged slower'],
    ['busy mailbox', failure('EENVELOPE', 'RCPT TO', '450 4.2.1 busy'), 'retry charged'],
    ['bad sequence', failure('EENVELOPE', 'RCPT TO', '503 5.5.1 order'), 'retry charged'],
    ['SPF at RCPT', failure('EENVELOPE', 'RCPT TO', '550 5.7.26 SPF'), 'content_refused'],
    ['DMARC, Outlook', failure('EENVELOPE', 'RCPT TO', '550 5.7.515 no'), 'content_refused'],
    ['our domain', failure('EENVELOPE', 'RCPT TO', '550 5.1.8 <x>: not found'), 'content_refused'],
    ['size at RCPT', failure('EENVELOPE', 'RCPT TO', '552 5.3.4 too big'), 'content_refused'],
    ['relaying', failure('EENVELOPE', 'RCPT TO', '550 relay not permitted'), 'content_refused'],
    ['a list', failure('EENVELOPE', 'RCPT TO', '554 blocked using DNSBL'), 'content_refused'],
    ['DMARC in words', failure('EENVELOPE', 'RCPT TO', '550 5.0.0 DMARC'), 'content_refused'],
    ['words with a code', failure('EENVELOPE', 'RCPT TO', '550 5.1.1 spam trap'), 'failed charged'],
    ['421 in a conversation', failure('ECONNECTION', 'CONN', '421 busy'), 'relay_busy slower'],
    ['421 at RCPT', failure('EENVELOPE', 'RCPT TO', '421 4.7.28 slow'), 'relay_busy slower'],
    ['421 after the dot', failure('EMESSAGE', 'DATA', '421 4.3.2', true), 'relay_busy slower'],
    ['421 as greeting', failure('EPROTOCOL', 'CONN', '421 later'), 'relay_down slower'],
    ['421 at EHLO', failure('ECONNECTION', 'EHLO', '421 later'), 'relay_down slower'],
    ['421 at sign-in', failure('EAUTH', 'AUTH PLAIN', '421 later'), 'relay_down slower'],
    ['full', failure('EPROTOCOL', 'CONN', '421 too many SMTP connections'), 'relay_down'],
    ['SES throttle', failure('EMESSAGE', 'DATA', '454 Throttling', true), 'relay_busy slower'],
    ['content later', failure('EMESSAGE', 'DATA', '451 4.3.0 later', true), 'retry charged'],
    ['policy, told late', failure('EMESSAGE', 'DATA', '451 4.7.1', true), 'retry charged slower'],
    ['spam', failure('EMESSAGE', 'DATA', '554 5.7.1 spam', true), 'content_refused'],
    ['rejected after data', failure('EMESSAGE', 'DATA', '554 no', true), 'content_refused'],
    ['mailbox, told late', failure('EMESSAGE', 'DATA', '550 5.1.1 no', true), 'failed charged'],
    ['sender, told late', failure('EMESSAGE', 'DATA', '550 5.1.8 no', true), 'content_refused'],
    ['sender refused', failure('EENVELOPE', 'MAIL FROM', '550 5.1.8 no'), 'content_refused'],
    ['sender later', failure('EENVELOPE', 'MAIL FROM', '451 4.7.0 wait'), 'relay_busy slower'],
    ['sign-in wanted', failure('EENVELOPE', 'MAIL FROM', '530 5.7.0 auth'), 'relay_down'],
    ['wrong password', failure('EAUTH', 'AUTH PLAIN', '535 5.7.8 no'), 'relay_down'],
    ['no TLS', failure('ETLS', 'STARTTLS'), 'relay_down'],
    ['bad greeting', failure('EPROTOCOL', 'CONN', '554 go away'), 'relay_down'],
    ['refused connection', failure('ESOCKET', 'CONN'), 'relay_down'],
    ['no such host', failure('EDNS', 'CONN'), 'relay_down'],
    ['timeout before the body', failure('ETIMEDOUT', 'CONN'), 'relay_down'],
    ['cut after the dot', failure('ECONNECTION', 'CONN', '', true), 'retry charged ambiguous'],
    ['silence after the dot', failure('ETIMEDOUT', 'CONN', '', true), 'retry charged ambiguous'],
    ['nonsense at RCPT', failure('EENVELOPE', 'RCPT TO', 'hello'), 'relay_down'],
    ['no such number', failure('EENVELOPE', 'RCPT TO', '999 no'), 'relay_down'],
    ['nonsense after the dot', failure('EMESSAGE', 'DATA', 'ok', true), 'retry charged ambiguous'],
    ['out of step', failure('EMESSAGE', 'DATA', '354 go', true), 'retry charged ambiguous'],
    ['too large', failure('EMESSAGE', 'MAIL FROM', ''), 'content_refused'],
    ['an address we cannot say', failure('EENVELOPE', 'API'), 'failed charged'],
    ['something unheard of', failure('EWHAT', 'API'), 'retry charged'],
  ])('%s', (_, given, expected) => {
    const { outcome, chargeRow, ambiguous, slowDown } = classify(given);
    const told = [outcome, chargeRow && 'charged', ambiguous && 'ambiguous', slowDown && 'slower'];
    expect(told.filter(Boolean).join(' ')).toBe(expected);
  });

  it.each([
    ['550 5.1.1 unknown', '5.1.1'],
    ['550-5.7.26 many\n550 5.7.26 lines', '5.7.26'],
    ['550 no code', undefined],
    ['see 5.1.1 of the manual', undefined],
  ])('finds the enhanced code in %j', (reply, code) => {
    expect(enhancedCode(reply)).toBe(code);
  });

  it('keeps addresses, links and ids out of what is stored', () => {
    const reply = `550 5.1.1 <jane.doe@example.com>: see https://mail.test/x?y=z ref ${'Ab1'.repeat(12)}\r\n again`;
    expect(redacted(reply)).toBe('550 5.1.1 <<address>>: see <link> ref <id> again');
    expect(redacted('x '.repeat(1000)).length).toBeLessThanOrEqual(300);
  });
});

describe('waiting', () => {
  it.each([
    [1, 1],
    [2, 5],
    [3, 15],
    [4, 30],
    [5, 60],
    [6, 60],
    [40, 60],
  ])('after %i attempts that count: %i minutes, ±20 %', (attempts, expected) => {
    expect(rowDelay(attempts, 0.5)).toBe(minutes(expected));
    expect(rowDelay(attempts, 0)).toBe(minutes(expected) * 0.8);
    expect(rowDelay(attempts, 1)).toBe(minutes(expected) * 1.2);
  });

  it('tries a relay that is down after 10 seconds, then every 30', () => {
    expect([1, 2, 3, 50].map(relayDelay)).toEqual([10_000, 30_000, 30_000, 30_000]);
  });
});

describe('what becomes of a delivery', () => {
  const now = new Date('2026-11-22T14:00:00Z');
  const claimed = (attempts = 0, code: number | null = null, lane = 'bulk'): Claimed => ({
    notification: {
      id: 1,
      kind: 'incident',
      lane: lane as 'bulk',
      stage: 'identified',
      incidentPublicId: 'abc',
      maintenancePublicId: null,
      contentSha256: '',
      createdAt: now,
      expiresAt: plus(now, hours(24)),
    },
    recipient: { kind: 'account', id: 1, email: 'a@example.com' },
    attempts,
    code,
  });
  const spam = failure('EMESSAGE', 'DATA', '554 5.7.1 spam', true);
  const later = failure('EENVELOPE', 'RCPT TO', '451 later');
  const cut = failure('ECONNECTION', 'CONN', '', true);

  it('charges a recipient’s own refusal and waits longer each time', () => {
    const third = settlementAfter(later, claimed(2), now, 0.5);
    expect(third).toMatchObject({ state: 'queued', charge: true, code: 451 });
    expect(third.nextAt).toEqual(plus(now, minutes(15)));
  });

  it.each([
    ['is down', failure('ESOCKET', 'CONN'), 'relay_down'],
    ['asks for less', failure('EMESSAGE', 'DATA', '454 Throttling', true), 'relay_busy'],
  ])('charges nobody for a relay that %s', (_, given, outcome) => {
    const settlement = settlementAfter(given, claimed(3, 451), now, 0.5);
    expect(settlement).toMatchObject({
      charge: false,
      state: 'queued',
      code: 451,
      note: { outcome },
    });
    expect(settlement.nextAt).toEqual(plus(now, 30_000));
  });

  it('ends when the next try would come too late', () => {
    const late = plus(now, hours(23.5));
    expect(settlementAfter(later, claimed(9), late, 0.5)).toMatchObject({ state: 'failed' });
  });

  it('repeats what may have arrived eight times at most (F-11)', () => {
    const seventh = settlementAfter(cut, claimed(6), now, 0.5);
    expect(seventh).toMatchObject({ state: 'queued', note: { outcome: 'ambiguous' } });
    const eighth = settlementAfter(cut, claimed(7), now, 0.5);
    expect(eighth).toMatchObject({ state: 'failed', note: { outcome: 'ambiguous' } });
  });

  it('stops the notification for refused content, without blaming the address', () => {
    expect(settlementAfter(spam, claimed(), now, 0.5)).toMatchObject({
      state: 'queued',
      charge: false,
      pauseBecause: 'content_refused',
      code: 554,
    });
  });

  it('ends one that is refused again after a person let it go on', () => {
    const again = settlementAfter(spam, claimed(0, 554), now, 0.5);
    expect(again).toMatchObject({ state: 'failed' });
    expect(again.pauseBecause).toBeUndefined();
  });

  it('ends refused direct mail: nobody would resume it', () => {
    expect(settlementAfter(spam, claimed(0, null, 'direct'), now, 0.5).state).toBe('failed');
  });
});
