// One line of a message's head: how words become ASCII, where lines fold, and DKIM's view of it.
import { encodeWord, quoteString } from 'nodemailer/lib/mime-funcs';

export interface Field {
  /** In lower case. */
  name: string;
  /** As it travels, with its CRLF. */
  raw: string;
  /** In DKIM's relaxed form (RFC 6376, section 3.4.2), without CRLF. */
  relaxed: string;
}

/** Lines of a head stay within this where they can. */
const lineLength = 76;

/**
 * `value` is ASCII already, and one line: anything else is a fault, so that nothing can begin a header of
 * its own. `isFolded: false` keeps a long one whole, for headers that relays would fold back differently.
 */
export function field(name: string, value: string, { isFolded = true } = {}): Field {
  if (!/^[\x20-\x7e]+$/.test(value)) throw new Error(`The header ${name} must be one ASCII line.`);
  const line = `${name}: ${value}`;
  const lower = name.toLowerCase();
  return {
    name: lower,
    raw: `${isFolded ? fold(line) : line}\r\n`,
    relaxed: `${lower}:${value.replaceAll(/ +/g, ' ').trim()}`,
  };
}

/** Breaks a line at single spaces, which come back as they were when it is unfolded. */
export function fold(line: string): string {
  const lines = [];
  let rest = line;
  let first = line.indexOf(': ') + 2;
  while (rest.length > lineLength) {
    const at = foldPoint(rest, first);
    if (at === undefined) break;
    lines.push(rest.slice(0, at));
    rest = rest.slice(at);
    first = 1;
  }
  return [...lines, rest].join('\r\n');
}

/** The last single space within the line's length, else the next one after it. */
function foldPoint(line: string, first: number): number | undefined {
  let found: number | undefined;
  for (const { index } of line.matchAll(/(?<=[^ ]) (?=[^ ])/g)) {
    if (index < first) continue;
    if (index > lineLength) return found ?? index;
    found = index;
  }
  return found;
}

const isPlain = (text: string) => /^[!-~]+( +[!-~]+)*$/.test(text) && !text.includes('=?');

/** Free text, such as a subject (RFC 2047): left alone where it can be read as it stands. */
export const encodeText = (text: string) =>
  isPlain(text) && !/\S{68}/.test(text) ? text : encodeWord(text, 'Q', 64);

/** A display name and an address, or a name and a list's id. */
export const encodeNamed = (name: string, inBrackets: string) =>
  name === '' ? inBrackets : `${encodePhrase(name)} <${inBrackets}>`;

function encodePhrase(name: string): string {
  if (!isPlain(name) || name.length > 60) return encodeWord(name, 'Q', 64);
  return /^[\w!#$%&'*+/=?^`{|}~ -]+$/.test(name) ? name : quoteString(name);
}
