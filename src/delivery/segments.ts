// A content made ready for its recipients: both parts encoded once, cut at the slots. Encoding first and
// looking for the slots later would lose those that a soft line break runs through.
import { createHash } from 'node:crypto';
import type { MailContent } from '../notifications/types.ts';
import { sha256 } from '../shared/ids.ts';
import { quotedPrintable } from '../shared/quoted-printable.ts';
import { escapeHtml } from '../shared/text.ts';
import { splitSlots } from '../templates/slots.ts';
import { recipientSlots, type RecipientSlot } from '../templates/types.ts';

type Part = 'html' | 'plain';

/** One more literal than slots: `slots[i]` stands between `literals[i]` and `literals[i + 1]`. */
export interface EncodedPart {
  literals: string[];
  slots: RecipientSlot[];
}

const softBreak = '=\r\n';

/**
 * A frozen part as quoted-printable around its slots. Each slot has lines of its own, so that what is
 * around it is the same for everybody, and a value needs no more than its own encoding.
 */
export function encodePart(part: Part, text: string): EncodedPart {
  const sources = [''];
  const slots: RecipientSlot[] = [];
  for (const segment of splitSlots(part, text)) {
    if (typeof segment === 'string') {
      sources.push((sources.pop() ?? '') + segment);
    } else {
      slots.push(segment.slot);
      sources.push('');
    }
  }
  const last = sources.length - 1;
  const literals = sources.map((source, at) => {
    const encoded = quotedPrintable(source);
    const endsLine = encoded.startsWith('\r\n') || (encoded === '' && at === last);
    const startsLine = encoded === '' || encoded.endsWith('\r\n');
    return [
      at > 0 && !endsLine ? softBreak : '',
      encoded,
      at < last && !startsLine ? softBreak : '',
    ].join('');
  });
  return { literals, slots };
}

/** Everything between the head and the end of a message, but for the values of its slots. */
export interface EncodedBody {
  /** Of the multipart's `Content-Type`. */
  boundary: string;
  /** One more than slots, as in `EncodedPart`. */
  literals: Buffer[];
  /** The same in DKIM's relaxed form (RFC 6376, section 3.4.4). */
  relaxed: Buffer[];
  slots: { slot: RecipientSlot; part: Part }[];
  /** Bytes of all literals. */
  size: number;
  /** Whether its literals can stand on the wire as they are. */
  isWireReady: boolean;
}

/** Text first, then HTML: programs show the last part that they understand. */
export function encodeBody({ html, plain }: Omit<MailContent, 'subject'>): EncodedBody {
  const parts = [
    { part: 'plain' as const, type: 'text/plain', ...encodePart('plain', plain) },
    { part: 'html' as const, type: 'text/html', ...encodePart('html', html) },
  ];
  // "=_" is nothing that quoted-printable can hold.
  const boundary = `=_${sha256(JSON.stringify([plain, html])).slice(0, 24)}`;
  const literals = [''];
  for (const { type, literals: own } of parts) {
    const head = `--${boundary}\r\nContent-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n`;
    const [first = '', ...others] = own;
    literals.push((literals.pop() ?? '') + head + first, ...others);
    literals.push(`${literals.pop()}\r\n`);
  }
  literals.push(`${literals.pop()}--${boundary}--\r\n`);
  const slots = parts.flatMap(({ part, slots: own }) => own.map((slot) => ({ part, slot })));
  if (
    slots.length !== literals.length - 1 ||
    slots.length !== countMarks(plain) + countMarks(html)
  ) {
    throw new Error('A slot was lost while a mail was encoded.');
  }
  return {
    boundary,
    slots,
    literals: literals.map(toBytes),
    relaxed: literals.map((text) => toBytes(relax(text))),
    size: literals.reduce((size, { length }) => size + length, 0),
    isWireReady: literals.every(isWireReady),
  };
}

/**
 * Whether a piece that begins at the start of a line has only whole CRLFs and no line with a leading dot. It
 * is looked for once in what all recipients share: nodemailer looks at each byte of each message, which is
 * half of what sending one costs.
 */
export const isWireReady = (piece: string) => !/(^|\n)\.|\r(?!\n)|(^|[^\r])\n/.test(piece);

/** SMTP's end of a message, behind the CRLF of its last line. */
const endOfMessage = '.\r\n';

const mark = new RegExp(`\\{\\{(?:${recipientSlots.join('|')})\\}\\}`, 'g');
const countMarks = (text: string) => text.match(mark)?.length ?? 0;

const toBytes = (text: string) => Buffer.from(text, 'latin1');

/** Quoted-printable lines never end in white space, nor a body in empty lines: only runs are left to fold. */
const relax = (encoded: string) => encoded.replaceAll(/[ \t]+/g, ' ');

/** The encoded values of a recipient, in the order of the body's slots. Throws when one is missing. */
export function encodeValues(
  body: EncodedBody,
  values: Partial<Record<RecipientSlot, string>>,
): string[] {
  const encoded = new Map<string, string>();
  return body.slots.map(({ slot, part }) => {
    const value = values[slot];
    if (value === undefined) throw new Error(`No value for the slot ${slot}.`);
    const written = part === 'html' ? escapeHtml(value) : value;
    const known = encoded.get(written) ?? quotedPrintable(written);
    encoded.set(written, known);
    return known;
  });
}

/**
 * One message: the head (ASCII, with its empty line), the literals and the values, copied once, and behind
 * them SMTP's end of a message.
 */
export function splice(head: string, body: EncodedBody, values: readonly string[]): Buffer {
  const size = values.reduce((sum, { length }) => sum + length, head.length + body.size);
  const wire = Buffer.allocUnsafe(size + endOfMessage.length);
  let at = wire.write(head, 0, 'latin1');
  body.literals.forEach((literal, i) => {
    at += literal.copy(wire, at);
    const value = values[i];
    if (value !== undefined) at += wire.write(value, at, 'latin1');
  });
  if (at !== size) throw new Error('A message came out in another size than it should have.');
  wire.write(endOfMessage, at, 'latin1');
  return wire;
}

/** A message without its end on the wire. */
export const withoutEnd = (wire: Buffer) => wire.subarray(0, wire.length - endOfMessage.length);

/** DKIM's `bh=` of a message's body, relaxed, SHA-256 in base64. */
export function bodyHash(body: EncodedBody, values: readonly string[]): string {
  const hash = createHash('sha256');
  body.relaxed.forEach((literal, i) => {
    hash.update(literal);
    const value = values[i];
    if (value !== undefined) hash.update(relax(value), 'latin1');
  });
  return hash.digest('base64');
}
