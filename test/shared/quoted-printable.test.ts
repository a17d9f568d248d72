// Quoted-printable as its own rules have it, and as another program reads it.
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { quotedPrintable } from '../../src/shared/quoted-printable.ts';
import { awkwardText, random } from '../delivery/compose-fixtures.ts';

describe('the encoding', () => {
  it.each([
    ['plain words', 'plain words'],
    ['a=b', 'a=3Db'],
    ['Grüße', 'Gr=C3=BC=C3=9Fe'],
    ['one\ntwo\r\nthree\rfour', 'one\r\ntwo\r\nthree\r\nfour'],
    ['space at the end \nof a line\t', 'space at the end=20\r\nof a line=09'],
    ['.', '=2E'],
    ['a\n.\nb', 'a\r\n=2E\r\nb'],
    ['From me\nFrom you', '=46rom me\r\n=46rom you'],
    ['Fromage, a From inside', 'Fromage, a From inside'],
    ['nul \0 and bell \u0007', 'nul =00 and bell =07'],
    ['', ''],
    ['x'.repeat(75), 'x'.repeat(75)],
    ['x'.repeat(76), `${'x'.repeat(75)}=\r\nx`],
    [`${'x'.repeat(75)}.y`, `${'x'.repeat(75)}=\r\n=2Ey`],
    [`${'x'.repeat(74)}ü`, `${'x'.repeat(74)}=\r\n=C3=BC`],
    [`${'x'.repeat(75)}\ny`, `${'x'.repeat(75)}\r\ny`],
    ['a lone \ud800 half', 'a lone =EF=BF=BD half'],
  ])('of %j', (text, encoded) => expect(quotedPrintable(text)).toBe(encoded));
});

it('keeps its rules for any text, and is read back to the letter', async () => {
  const next = random(7);
  for (let run = 0; run < 400; run += 1) {
    const text = awkwardText(next);
    const encoded = quotedPrintable(text);
    const lines = encoded.split('\r\n');
    expect(encoded).toMatch(/^[\t\r\n -~]*$/);
    expect(lines.join('')).not.toMatch(/[\r\n]/);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(76);
    expect(lines.filter((line) => /[ \t]$|^\.|^From /.test(line))).toEqual([]);
    const head =
      'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable';
    const parsed = await PostalMime.parse(`${head}\r\n\r\n${encoded}`);
    expect(settle(parsed.text ?? '')).toBe(settle(text));
  }
});

/** The parser ends a text with a newline of its own. */
const settle = (text: string) => text.replaceAll(/\r\n?/g, '\n').replace(/\n*$/, '');
