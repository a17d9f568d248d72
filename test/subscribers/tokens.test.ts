import { describe, expect, it } from 'vitest';
import { days, hours } from '../../src/shared/clock.ts';
import {
  confirmToken,
  isGenuine,
  manageToken,
  mayUnsubscribe,
  readToken,
  unsubscribeToken,
} from '../../src/subscribers/tokens.ts';
import { testClock } from '../support/kernel.ts';

const key = 'a-secret-key-for-tests-only-0123456789';
const subscriber = { publicId: 'bcdfghjklmnp', confirmNonce: 'one' };
const issued = new Date('2026-11-22T14:00:00Z');

/** What a token opens after some time: `confirm`, `manage`, `unsubscribe`. */
function opens(token: string, after = 0, who = subscriber, secret = key): string[] {
  const clock = testClock(issued.toISOString());
  clock.advance(after);
  const claim = readToken(token);
  if (!claim) return [];
  const purposes = ['confirm', 'manage'] as const;
  const found: string[] = purposes.filter((p) => isGenuine(secret, p, claim, who, clock));
  return mayUnsubscribe(secret, claim) ? [...found, 'unsubscribe'] : found;
}

describe('tokens', () => {
  const confirm = confirmToken(key, subscriber, issued);
  const manage = manageToken(key, subscriber, issued);
  const leave = unsubscribeToken(key, subscriber);

  it.each([
    ['a confirm link', confirm, hours(48) - 1, ['confirm']],
    ['a confirm link after 48 hours', confirm, hours(48), []],
    ['a manage link', manage, days(30) - 1, ['manage']],
    ['a manage link after 30 days', manage, days(30), []],
    ['an unsubscribe link, for ever', leave, days(5000), ['unsubscribe']],
  ])('%s', (_, token, after, expected) => {
    expect(opens(token, after)).toEqual(expected);
  });

  it('dies with the nonce, if it confirms; outlives it, if it manages', () => {
    const renewed = { ...subscriber, confirmNonce: 'two' };
    expect(opens(confirm, 0, renewed)).toEqual([]);
    expect(opens(manage, 0, renewed)).toEqual(['manage']);
  });

  it('is no good for anybody else, nor under another key', () => {
    const other = { ...subscriber, publicId: 'zzzzzzzzzzzz' };
    expect(opens(confirm, 0, other)).toEqual([]);
    expect(opens(confirm.replace('bcdfghjklmnp', 'zzzzzzzzzzzz'), 0, other)).toEqual([]);
    for (const token of [confirm, manage, leave]) {
      expect(opens(token, 0, subscriber, `${key}x`)).toEqual([]);
    }
  });

  it('cannot be given a longer life', () => {
    const [id, expires, signature] = confirm.split('.');
    const later = (Number.parseInt(expires ?? '', 36) + 1).toString(36);
    expect(opens([id, later, signature].join('.'))).toEqual([]);
  });

  it.each([
    '',
    '.',
    '..',
    'bcdfghjklmnp',
    'bcdfghjklmnp.',
    'bcdfghjklmnp..x',
    'aeiou.x',
    'bcdfghjklmnp.zz!.x',
    'bcdfghjklmnp.a.b.c',
    `bcdfghjklmnp.${'x'.repeat(200)}`,
    '../../etc/passwd',
  ])('makes nothing of %j', (token) => {
    expect(opens(token)).toEqual([]);
  });

  it('carries at least 128 bits and fits on a line', () => {
    for (const token of [confirm, manage, leave]) {
      expect(token.split('.').at(-1)).toMatch(/^[\w-]{32}$/);
      expect(token.length).toBeLessThan(60);
    }
  });
});
