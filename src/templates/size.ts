// How large a mail's HTML is where mail programs measure it: as it is read, and as it travels. Pure.
import { quotedPrintable } from '../shared/quoted-printable.ts';
import { splitSlots } from './slots.ts';

export interface HtmlSize {
  /** Bytes after decoding. */
  decoded: number;
  /** Bytes of the quoted-printable lines. */
  encoded: number;
}

/** What a link takes in a slot's place, with its soft breaks: long for a host name of 100 characters. */
const slotSize = 220;

/** The size of a frozen mail's HTML, its slots filled. */
export function htmlSize(html: string): HtmlSize {
  const size = { decoded: 0, encoded: 0 };
  for (const segment of splitSlots('html', html)) {
    const isText = typeof segment === 'string';
    size.decoded += isText ? Buffer.byteLength(segment) : slotSize;
    size.encoded += isText ? quotedPrintable(segment).length : slotSize;
  }
  return size;
}
