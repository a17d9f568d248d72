// Reading an SPF record (RFC 7208, 4.6 and 5). Pure.
import ipaddr from 'ipaddr.js';

export type Qualifier = '+' | '-' | '~' | '?';

export interface Mechanism {
  qualifier: Qualifier;
  name: 'all' | 'include' | 'a' | 'mx' | 'ptr' | 'ip4' | 'ip6' | 'exists';
  /** Domain or network; empty where the record's own domain is meant. */
  value: string;
  /** Prefix lengths for `a` and `mx`. */
  bits4: number;
  bits6: number;
}

export interface SpfRecord {
  mechanisms: Mechanism[];
  redirect: string | undefined;
}

/** True for what is meant as an SPF record, well made or not. */
export const isSpf = (text: string) => /^v=spf1( |$)/i.test(text);

/** The record, or what is wrong with it. */
export function parseSpf(text: string): SpfRecord | { fault: string } {
  const record: SpfRecord = { mechanisms: [], redirect: undefined };
  const modifiers = new Set<string>();
  for (const term of text.split(/ +/).slice(1).filter(Boolean)) {
    const modifier = /^([a-z][a-z0-9._-]*)=(.*)$/i.exec(term);
    if (modifier) {
      const [, name = '', value = ''] = modifier;
      const key = name.toLowerCase();
      if (!['redirect', 'exp'].includes(key)) continue;
      if (modifiers.has(key)) return { fault: `“${key}=” stands in it twice` };
      if (!isDomainSpec(value)) return { fault: `“${term}” names no domain` };
      modifiers.add(key);
      if (key === 'redirect') record.redirect = value;
      continue;
    }
    const mechanism = readMechanism(term);
    if (!mechanism) return { fault: `“${term}” is no SPF` };
    record.mechanisms.push(mechanism);
  }
  return record;
}

function readMechanism(term: string): Mechanism | undefined {
  const [, sign = '', rawName = '', colon, rest = '', slash = ''] =
    /^([+?~-]?)([a-z0-9]+)(?:(:)([^/]*))?((?:\/.*)?)$/i.exec(term) ?? [];
  const qualifier = (sign || '+') as Qualifier;
  const name = rawName.toLowerCase();
  const plain = { qualifier, bits4: 32, bits6: 128 };
  switch (name) {
    case 'all':
      return colon || slash ? undefined : { ...plain, name, value: '' };
    case 'include':
    case 'exists':
      return isDomainSpec(rest) && !slash ? { ...plain, name, value: rest } : undefined;
    case 'ip4':
    case 'ip6':
      return isNetwork(name, rest + slash) ? { ...plain, name, value: rest + slash } : undefined;
    case 'ptr':
      if (slash || (colon && !isDomainSpec(rest))) return undefined;
      return { ...plain, name, value: rest };
    case 'a':
    case 'mx': {
      if (colon && !isDomainSpec(rest)) return undefined;
      const bits = readBits(slash);
      return bits && { qualifier, name, value: rest, ...bits };
    }
    default:
      return undefined;
  }
}

/** `/24`, `//64` or `/24//64`. */
function readBits(text: string): { bits4: number; bits6: number } | undefined {
  const match = /^(?:\/(\d{1,2}))?(?:\/\/(\d{1,3}))?$/.exec(text);
  if (!match) return undefined;
  const [bits4, bits6] = [Number(match[1] ?? 32), Number(match[2] ?? 128)];
  return bits4 <= 32 && bits6 <= 128 ? { bits4, bits6 } : undefined;
}

function isNetwork(name: 'ip4' | 'ip6', text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const isRight =
    name === 'ip4' ? ipaddr.IPv4.isValidFourPartDecimal(address) : ipaddr.IPv6.isValid(address);
  if (!isRight || more.length > 0) return false;
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (name === 'ip4' ? 32 : 128))
  );
}

/** Macros included: whether they can be followed is another question. */
const isDomainSpec = (text: string) => /^[\x21-\x7e]{1,255}$/.test(text) && !/[/:]$/.test(text);

/** A domain made from the message itself: nothing to look up beforehand. */
export const hasMacro = (text: string) => text.includes('%');

/** The network of `ip4:` or `ip6:` contains the address. */
export function isWithin(address: string, network: string, bits: number): boolean {
  const [ip, base] = [ipaddr.process(address), ipaddr.parse(network.split('/')[0] ?? '')];
  if (ip.kind() !== base.kind()) return false;
  const length = network.includes('/') ? Number(network.split('/')[1]) : bits;
  return ip.match(base, length);
}
