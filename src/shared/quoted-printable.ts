// Quoted-printable (RFC 2045, section 6.7): text as lines that every relay leaves alone.

/** What stands on a line before its soft break; with the `=` that makes 76. */
const most = 75;
const [tab, lf, cr, space, dot, equals] = [0x09, 0x0a, 0x0d, 0x20, 0x2e, 0x3d];
const hex = Buffer.from('0123456789ABCDEF', 'latin1');
/** Nothing to escape and nowhere to end in white space, such as a link. */
const unspaced = /^[!-<>-~]+$/;

/**
 * The encoding of `text`, in ASCII, beginning at the start of a line. Every newline becomes CRLF. No line
 * is longer than 76 characters, begins with a dot or with "From " (which relays alter), ends in white
 * space, or is cut inside a character.
 */
export function quotedPrintable(text: string): string {
  const asItIs = unspaced.test(text) ? wrap(text) : undefined;
  if (asItIs !== undefined) return asItIs;
  const bytes = Buffer.from(text.replaceAll(/\r\n?|\n/g, '\r\n'));
  const encoded = Buffer.allocUnsafe(Math.ceil(bytes.length * 3.3) + 4);
  let end = 0;
  let column = 0;
  for (let at = 0; at < bytes.length;) {
    const byte = bytes[at] ?? 0;
    if (byte === cr) {
      encoded[end++] = cr;
      encoded[end++] = lf;
      column = 0;
      at += 2;
      continue;
    }
    const isLiteral = staysAsItIs(bytes, at, column);
    const length = isLiteral ? 1 : lengthOf(byte);
    const width = isLiteral ? 1 : 3 * length;
    if (column + width > most) {
      end += encoded.write('=\r\n', end, 'latin1');
      column = 0;
      continue;
    }
    if (isLiteral) encoded[end++] = byte;
    else end = escape(bytes.subarray(at, at + length), encoded, end);
    column += width;
    at += length;
  }
  return encoded.toString('latin1', 0, end);
}

/** The short way for most values; undefined where a line would begin with a dot. */
function wrap(text: string): string | undefined {
  let wrapped = text.slice(0, most);
  if (text[0] === '.') return undefined;
  for (let at = most; at < text.length; at += most) {
    if (text[at] === '.') return undefined;
    wrapped += `=\r\n${text.slice(at, at + most)}`;
  }
  return wrapped;
}

function staysAsItIs(bytes: Buffer, at: number, column: number): boolean {
  const byte = bytes[at] ?? 0;
  if (byte === space || byte === tab) return at + 1 < bytes.length && bytes[at + 1] !== cr;
  if (byte < space || byte > 0x7e || byte === equals) return false;
  return column > 0 || (byte !== dot && bytes.toString('latin1', at, at + 5) !== 'From ');
}

/** Bytes of the character that begins with this one. */
function lengthOf(byte: number): number {
  if (byte < 0x80) return 1;
  if (byte < 0xe0) return 2;
  return byte < 0xf0 ? 3 : 4;
}

function escape(bytes: Buffer, target: Buffer, start: number): number {
  let end = start;
  for (const byte of bytes) {
    target[end++] = equals;
    target[end++] = hex[byte >> 4] ?? 0;
    target[end++] = hex[byte & 15] ?? 0;
  }
  return end;
}
