import { describe, expect, it } from 'vitest';
import { assertAcceptable, hash, isOutdated, verify } from '../../src/accounts/passwords.ts';
import { commonPasswords } from '../../src/accounts/common-passwords.ts';
import { AppError } from '../../src/shared/errors.ts';
import { lightCost } from '../support/web.ts';

describe('which passwords are accepted (S-02)', () => {
  const refused = [
    ['shorter than 12 characters', 'Short-pass1'],
    ['11 characters of two units each', '😀'.repeat(11)],
    ['longer than 1,024 characters', 'ab1'.repeat(342)],
    ['longer than the sign-in form takes, once encoded', '€'.repeat(600)],
    ['a common one', 'qwerty123456'],
    ['a common one in capitals', 'PASSWORDPASSWORD'],
    ['a common one in full-width letters', 'ｑｗｅｒｔｙ１２３４５６'],
  ] as const;
  it.each(refused)('not %s', (_, password) => {
    expect(() => assertAcceptable('password', password)).toThrow(
      expect.objectContaining({
        code: 'invalid',
        fields: { password: expect.any(String) as string },
      }),
    );
  });

  const accepted = [
    ['12 letters of one kind', 'xkvbqpzmrtwl'],
    ['words with spaces', 'correct horse battery staple'],
    ['1,024 characters', 'k3'.repeat(512)],
    ['no Latin letter', 'пароль-для-людей'],
  ] as const;
  it.each(accepted)('%s', (_, password) => {
    expect(() => assertAcceptable('password', password)).not.toThrow();
  });

  it('knows 3,000 common ones, all of a length that would pass', () => {
    const list = commonPasswords.trim().split(/\s+/);
    expect(new Set(list).size).toBe(3000);
    expect(list.filter((word) => word.length < 12 || word !== word.toLowerCase())).toEqual([]);
  });
});

describe('how they are kept (S-01)', () => {
  it('as scrypt with N = 2^17, r = 8, p = 1 and 16 random bytes of salt', async () => {
    const stored = await hash('correct horse battery staple');
    expect(stored).toMatch(/^\$scrypt\$ln=17,r=8,p=1\$[\w-]{22}\$[\w-]{43}$/);
    expect(await verify('correct horse battery staple', stored)).toBe(true);
    expect(await verify('correct horse battery stable', stored)).toBe(false);
    expect(isOutdated(stored)).toBe(false);
  });

  it('differently each time', async () => {
    const [one, other] = [
      await hash('the same words', lightCost),
      await hash('the same words', lightCost),
    ];
    expect(one).not.toBe(other);
    expect(isOutdated(one)).toBe(true);
    expect(await verify('the same words', one)).toBe(true);
  });

  it('nobody has no password: the work is done, the answer is no', async () => {
    expect(await verify('anything at all', undefined, lightCost)).toBe(false);
  });
});

it('two hashes at once, 20 waiting, the rest is refused at once (T13, S-05)', async () => {
  const cost = { ln: 13, r: 8 };
  const results = await Promise.allSettled(
    Array.from({ length: 30 }, () => hash('a password of many', cost)),
  );
  const failed = results.filter((result) => result.status === 'rejected');
  expect(failed).toHaveLength(8);
  for (const { reason } of failed) {
    expect(reason).toBeInstanceOf(AppError);
    expect(reason).toMatchObject({ code: 'too_many', retryAfter: 5 });
  }
  expect(await hash('a password of many', lightCost)).toBeTruthy();
});
