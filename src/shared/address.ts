// One grammar for email addresses, stricter than RFC 5321 where parsers disagree (SECURITY T6, S-68).
import { domainToASCII } from 'node:url';
import { isSingleLine } from './text.ts';

export interface Address {
  /** As mailed: NFKC, trimmed, ASCII domain. */
  email: string;
  /** One key a person: the same, lower case. Plus-tags stay apart. */
  key: string;
}

const localPart = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const domainPart = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** The address in `text`, or undefined when it is not exactly one plain address. */
export function parseAddress(text: string): Address | undefined {
  if (text.length > 400 || !isSingleLine(text)) return undefined;
  const folded = text.normalize('NFKC').trim();
  if (folded.length > 254) return undefined;
  const [local, domain, ...rest] = folded.split('@');
  if (local === undefined || domain === undefined || rest.length > 0) return undefined;
  const ascii = domainToASCII(domain).toLowerCase();
  if (local.length > 64 || !localPart.test(local) || !domainPart.test(ascii)) return undefined;
  const email = `${local}@${ascii}`;
  return email.length > 254 ? undefined : { email, key: email.toLowerCase() };
}
