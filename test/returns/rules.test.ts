// What a return means, as tables.
import { describe, expect, it } from 'vitest';
import { fieldGroups } from '../../src/returns/fields.ts';
import {
  classifyReturn,
  codeOf,
  countingSofts,
  decidesToPause,
  guessReturn,
  isOurFault,
} from '../../src/returns/rules.ts';
import type { ReturnFacts } from '../../src/returns/types.ts';
import { redacted } from '../../src/shared/redact.ts';

describe('classifyReturn', () => {
  it.each(['5.1.1', '5.1.2', '5.1.3', '5.1.6', '5.1.10', '5.2.1'])('%s is hard', (code) => {
    expect(classifyReturn({ action: 'failed', code })).toBe('hard');
  });

  it.each(['5.2.2', '5.0.0', '5.1.0', '5.1.100', '5.3.4', '5.4.4', '4.2.2', '4.4.7', '5.99.1'])(
    '%s is soft',
    (code) => expect(classifyReturn({ action: 'failed', code })).toBe('soft'),
  );

  it.each(['5.7.0', '5.7.1', '5.7.26', '5.7.515', '5.7.133', '4.7.28'])(
    '%s is policy, whatever is said',
    (code) => {
      const diagnostic = '550 5.1.1 user unknown';
      expect(classifyReturn({ action: 'failed', code })).toBe('policy');
      expect(classifyReturn({ action: 'failed', code, diagnostic })).toBe('policy');
    },
  );

  const rows: [string, ReturnFacts, string][] = [
    [
      'a complaint before all',
      { isComplaint: true, code: '5.1.1', action: 'delayed' },
      'complaint',
    ],
    ['delayed is no bounce', { action: 'delayed', code: '5.1.1' }, 'delayed'],
    ['in any case', { action: 'Delayed', code: '4.4.1' }, 'delayed'],
    ['relayed', { action: 'relayed', code: '5.1.1' }, 'other'],
    ['expanded', { action: 'expanded' }, 'other'],
    ['delivered', { action: 'delivered', code: '2.0.0' }, 'other'],
    ['a good code', { action: 'failed', code: '2.1.5' }, 'other'],
    ['a good reply', { smtpCode: 250 }, 'other'],
    ['5xx without a code', { smtpCode: 550, diagnostic: 'No such user here' }, 'soft'],
    ['4xx without a code', { smtpCode: 452 }, 'soft'],
    ['5xx that says spam', { smtpCode: 554, diagnostic: 'Message refused as SPAM' }, 'policy'],
    ['failed, and no more', { action: 'failed' }, 'soft'],
    ['nothing at all', {}, 'unreadable'],
    ['a code among words', { diagnostic: '550 5.1.1 <a@b.test> unknown' }, 'hard'],
    ['one reply of several lines', { diagnostic: '550-5.1.1 no\n550 5.1.1 no' }, 'hard'],
    ['no code in an address', { diagnostic: '550 host 5.1.1.9 said no' }, 'soft'],
  ];
  it.each(rows)('%s', (_, facts, kind) => expect(classifyReturn(facts)).toBe(kind));
});

describe('codeOf', () => {
  it.each<[ReturnFacts, string | null]>([
    [{ code: '5.1.1' }, '5.1.1'],
    [{ code: ' 5.1.1 (bad destination)' }, '5.1.1'],
    [{ code: '550' }, null],
    [{ code: '5.1.1.1' }, null],
    [{ code: '5.0.0', diagnostic: 'x 550 5.2.2 full' }, '5.2.2'],
    [{ code: '5.4.1', diagnostic: '550 5.1.1 unknown' }, '5.4.1'],
    [{ code: '5.1.1', diagnostic: '550 5.7.1 spf' }, '5.7.1'],
    [{ code: '5.7.0', diagnostic: '550 5.7.26 dmarc' }, '5.7.26'],
    [{ code: '5.7.1', diagnostic: '550 5.1.1 unknown' }, '5.7.1'],
    [{ diagnostic: 'Sorry, no mailbox here. (#5.1.1)' }, '5.1.1'],
  ])('%j is %s', (facts, code) => expect(codeOf(facts)).toBe(code));
});

describe('isOurFault', () => {
  it.each([
    ['5.7.26', ''],
    ['5.7.23', ''],
    ['5.7.515', ''],
    ['5.7.606', ''],
    ['5.7.1', 'Message rejected as spam'],
    ['5.7.1', 'blocked using zen.spamhaus.org'],
    ['5.7.1', 'DMARC policy of example.com'],
    ['5.0.0', 'on our block list'],
  ])('%s %s', (code, text) => expect(isOurFault(code, text)).toBe(true));

  it.each([
    ['5.7.1', 'Message rejected due to local policy'],
    ['5.7.1', 'Relay access denied'],
    ['5.7.133', 'authentication required'],
    ['5.7.124', 'sender not in allowed list'],
    ['4.7.28', 'unsolicited mail'],
    ['5.7.1', 'mailbox of Mr. Spamer refuses strangers'],
  ])('not %s %s', (code, text) => expect(isOurFault(code, text)).toBe(false));
});

describe('guesses', () => {
  it.each([
    ['550 5.1.1 User unknown', 'soft'],
    ['Sorry, no mailbox here by that name. (#5.1.1)', 'soft'],
    ['552 mailbox full', 'soft'],
    ['554 rejected: spam', 'policy'],
    ['550 5.7.1 go away', 'policy'],
    ['Your message will be retried until Friday', 'delayed'],
    ['No action is required on your part.', 'delayed'],
    ['We will keep trying for 4 days', 'delayed'],
  ])('%s: %s', (text, kind) => expect(guessReturn(text)).toBe(kind));
});

describe('soft returns', () => {
  it.each<[number[], number | undefined, number]>([
    [[5, 4, 3, 2, 1], undefined, 5],
    [[5, 4, 3, 2, 1], 3, 2],
    [[5, 5, 5, 5, 5], undefined, 1],
    [[], undefined, 0],
  ])('%j after %s count %i', (softs, kept, n) => expect(countingSofts(softs, kept)).toBe(n));
});

const box = (recipientId: number) => ({ source: 'mailbox' as const, recipientId });
const relay = (recipientId: number) => ({ source: 'smtp' as const, recipientId });

describe('decidesToPause', () => {
  it.each([
    ['a small audience: the first', [], box(1), 5, true],
    ['and only the first', [box(1)], box(2), 5, false],
    ['a large one: not one', [], box(1), 1000, false],
    ['nor one person three times', [box(1), box(1)], box(1), 1000, false],
    ['but three people', [box(1), box(2)], box(3), 1000, true],
    ['not again with a fourth', [box(1), box(2), box(3)], box(4), 1000, false],
    ['the relay is believed at once', [], relay(1), 1000, true],
    ['also after a report that was not', [box(1)], relay(2), 1000, true],
    ['and once', [relay(1)], relay(2), 1000, false],
  ])('%s', (_, earlier, latest, audience, pauses) =>
    expect(decidesToPause(earlier, latest, audience)).toBe(pauses),
  );
});

describe('fieldGroups', () => {
  it('parts groups at blank lines, unfolds, and ignores case and rubbish', () => {
    const groups = fieldGroups(
      '\r\nA: 1\r\nrubbish\r\n b: no\r\n \t\r\nC : x\r\n\ty\r\nc: 2\r\n\r\n\r\n',
    );
    expect(groups.map((group) => Object.fromEntries(group))).toEqual([
      { a: ['1'] },
      { c: ['x y', '2'] },
    ]);
  });

  it('is quick with hostile input', () => {
    const hostile = `${'\n \t'.repeat(60_000)}${'a'.repeat(60_000)}`;
    expect(fieldGroups(hostile).length).toBeLessThan(60);
  });
});

describe('redacted', () => {
  it.each([
    ['<jane@x.test> unknown', '<<address>> unknown'],
    ['rfc822;jane@x.test', 'rfc822;<address>'],
    ['"jane d"@x.test no', '<address> no'],
    ['jané@exämple.test no', '<address> no'],
    ['jane%40x.test no', '<address> no'],
    ['see https://x.test/?a=jane&b=1 now', 'see <link> now'],
    ['a\r\nb\u0000c', 'a b c'],
  ])('%s', (text, kept) => expect(redacted(text)).toBe(kept));

  it('keeps the beginning', () => expect(redacted('x '.repeat(500))).toHaveLength(300));

  it('is soon done with a report of one endless word', () => {
    // Minutes of work, were all of it searched for addresses: the test would run out of time.
    expect(redacted(`550 ${'a;'.repeat(10)}${'a'.repeat(1_000_000)}`)).toMatch(/^550 /);
  });
});
