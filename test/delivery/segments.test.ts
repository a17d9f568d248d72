// Encoded once and cut at the slots: whatever the text, each recipient gets it whole, and nobody's link is
// split by a line break.
import { describe, expect, it } from 'vitest';
import {
  bodyHash,
  encodeBody,
  encodePart,
  encodeValues,
  splice,
  withoutEnd,
} from '../../src/delivery/segments.ts';
import { sha256 } from '../../src/shared/ids.ts';
import { fillSlots } from '../../src/templates/slots.ts';
import { awkwardText, random } from './compose-fixtures.ts';

const links = {
  unsubscribe_url: `https://status.acme.test/unsubscribe/${'k'.repeat(45)}`,
  manage_url: `https://status.acme.test/subscriptions/manage/${'.'.repeat(30)}${'k'.repeat(55)}?a=b&c`,
};

/** As RFC 2045 has it, and nothing else. */
const decode = (encoded: string) =>
  Buffer.from(
    encoded
      .replaceAll('=\r\n', '')
      .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      ),
    'latin1',
  ).toString();

const crlf = (text: string) => text.replaceAll(/\r\n?|\n/g, '\r\n');

describe('a part', () => {
  it('has its slots on lines of their own', () => {
    expect(encodePart('plain', 'Leave: {{unsubscribe_url}} now')).toEqual({
      literals: ['Leave:=20=\r\n', '=\r\n now'],
      slots: ['unsubscribe_url'],
    });
  });

  it.each([
    ['{{manage_url}}', ['', '']],
    ['{{manage_url}}{{unsubscribe_url}}', ['', '=\r\n', '']],
    ['a\n{{manage_url}}\nb', ['a\r\n', '\r\nb']],
    ['a{{manage_url}}', ['a=\r\n', '']],
    ['{{manage_url}}a', ['', '=\r\na']],
  ])('needs no soft break where a line ends anyway: %j', (text, literals) => {
    expect(encodePart('plain', text).literals).toEqual(literals);
  });

  it('has a slot that a soft break would have run through', () => {
    for (let length = 40; length < 90; length += 1) {
      const { slots } = encodePart('plain', `${'x'.repeat(length)}{{unsubscribe_url}}`);
      expect(slots).toEqual(['unsubscribe_url']);
    }
  });

  it('leaves what values brought along as it is', () => {
    const { literals, slots } = encodePart('plain', '{{brace}}{unsubscribe_url}} {{secret_key}}');
    expect(slots).toEqual([]);
    expect(literals).toEqual(['{{unsubscribe_url}} {{secret_key}}']);
  });
});

/** Both parts, still encoded. */
const partsOf = (raw: string, boundary: string) =>
  raw
    .split(`--${boundary}`)
    .slice(1, 3)
    .map((part) => part.slice(part.indexOf('\r\n\r\n') + 4, -2));

describe('a body', () => {
  it('decodes to its source with the slots filled, for any text', () => {
    const next = random(11);
    for (let run = 0; run < 300; run += 1) {
      const mail = { subject: '', plain: awkwardText(next), html: awkwardText(next) };
      const body = encodeBody(mail);
      const values = encodeValues(body, links);
      const raw = withoutEnd(splice('', body, values)).toString('latin1');
      const filled = fillSlots(mail, links);
      expect(partsOf(raw, body.boundary).map(decode)).toEqual([
        crlf(filled.plain),
        crlf(filled.html),
      ]);
      const lines = raw.split('\r\n');
      expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(76);
      expect(lines.join('')).toMatch(/^[\t -~]*$/);
    }
  });

  it('has the hash that RFC 6376 asks for, worked out from the whole message', () => {
    const next = random(13);
    for (let run = 0; run < 100; run += 1) {
      const body = encodeBody({ plain: awkwardText(next), html: awkwardText(next) });
      const values = encodeValues(body, links);
      const relaxed = withoutEnd(splice('', body, values))
        .toString('latin1')
        .replaceAll(/[ \t]+(?=\r\n)/g, '')
        .replaceAll(/[ \t]+/g, ' ')
        .replace(/(\r\n)*$/, '\r\n');
      expect(bodyHash(body, values)).toBe(Buffer.from(sha256(relaxed), 'hex').toString('base64'));
    }
  });

  it('is another boundary for another content', () => {
    const [one, other] = ['a', 'b'].map((plain) => encodeBody({ plain, html: 'x' }).boundary);
    expect(one).not.toBe(other);
  });

  it('throws for a slot that nobody has a value for', () => {
    const body = encodeBody({ plain: '{{confirm_url}}', html: '' });
    expect(() => encodeValues(body, links)).toThrow('confirm_url');
  });
});
