// A delivery's mark comes back as the delivery, and nothing else does.
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type DeliveryKey, deliveryMarks } from '../../src/notifications/delivery-mark.ts';
import { recipientKinds } from '../../src/shared/words.ts';

const marks = deliveryMarks('a-secret-key-for-tests-only-0123456789');
const jane: DeliveryKey = { notificationId: 42, recipientKind: 'subscriber', recipientId: 7 };

describe('a mark', () => {
  it.each([0, 1, 255, 65_536, 2 ** 31, 2 ** 32 - 1])('keeps the number %i', (id) => {
    for (const recipientKind of recipientKinds) {
      const key = { notificationId: id, recipientKind, recipientId: 2 ** 32 - 1 - id };
      expect(marks.read(marks.write(key))).toEqual(key);
    }
  });

  it('is 26 letters and digits that any mail system leaves alone, whatever it does to case', () => {
    const mark = marks.write(jane);
    expect(mark).toMatch(/^[a-z2-7]{26}$/);
    expect(marks.read(mark.toUpperCase())).toEqual(jane);
  });

  it('is the same each time, and in the next version too: bounces come days later', () => {
    const again = deliveryMarks('a-secret-key-for-tests-only-0123456789');
    expect(again.write(jane)).toBe(marks.write(jane));
    expect(marks.write(jane)).toBe('ofvpx6jhp3wxhmbsoube67hy5i');
  });

  it('tells nothing: neighbours have nothing in common', () => {
    const all = Array.from({ length: 500 }, (_, n) => marks.write({ ...jane, recipientId: n }));
    expect(new Set(all).size).toBe(500);
    expect(new Set(all.map((mark) => mark.slice(0, 6))).size).toBe(500);
  });

  it.each([-1, 2 ** 32])('is not made for a number that does not fit: %i', (recipientId) => {
    expect(() => marks.write({ ...jane, recipientId })).toThrow(RangeError);
  });
});

describe('what is no mark of ours', () => {
  it('another key’s', () => {
    expect(deliveryMarks('another-secret-key-0123456789abcdef').read(marks.write(jane))).toBe(
      undefined,
    );
  });

  it('one with any letter changed', () => {
    const mark = marks.write(jane);
    for (let at = 0; at < mark.length; at += 1) {
      for (const letter of 'abcdefghijklmnopqrstuvwxyz234567') {
        if (letter === mark[at]) continue;
        const forged = mark.slice(0, at) + letter + mark.slice(at + 1);
        expect(marks.read(forged)).toBeUndefined();
      }
    }
  });

  it.each([
    '',
    'a',
    'a'.repeat(25),
    'a'.repeat(26),
    'a'.repeat(27),
    '1'.repeat(26),
    'é'.repeat(26),
  ])('%j', (text) => expect(marks.read(text)).toBeUndefined());

  it('the same with something around it', () => {
    for (const text of [` ${marks.write(jane)}`, `${marks.write(jane)}\n`]) {
      expect(marks.read(text)).toBeUndefined();
    }
  });

  it('anything random', () => {
    const letters = 'abcdefghijklmnopqrstuvwxyz234567';
    for (let n = 0; n < 5000; n += 1) {
      const guess = [...randomBytes(26)].map((byte) => letters[byte & 31]).join('');
      expect(marks.read(guess)).toBeUndefined();
    }
  });
});
