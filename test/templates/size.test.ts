// The size of a mail is what arrives: encoded, with the recipient's links in it.
import { expect, it } from 'vitest';
import { htmlSize } from '../../src/templates/size.ts';

it('tells what is read from what travels', () => {
  expect(htmlSize('a'.repeat(150))).toEqual({ decoded: 150, encoded: 153 });
  expect(htmlSize('ü=')).toEqual({ decoded: 3, encoded: 9 });
});

it('counts a slot as the link that will stand there', () => {
  const { decoded, encoded } = htmlSize('{{unsubscribe_url}}{{manage_url}}');
  expect(decoded).toBe(440);
  expect(encoded).toBe(440);
});
