// Asking the DNS, and only the DNS: no hosts file, no search domains, no waiting for long.
import { Resolver } from 'node:dns/promises';
import ipaddr from 'ipaddr.js';
import { seconds } from '../shared/clock.ts';

export interface Exchange {
  exchange: string;
  priority: number;
}

/** What the checks ask. No such name or record is an empty answer; no answer is `LookupFailed`. */
export interface DnsReader {
  /** Each record as one text. */
  txt: (name: string) => Promise<string[]>;
  mx: (name: string) => Promise<Exchange[]>;
  a: (name: string) => Promise<string[]>;
  aaaa: (name: string) => Promise<string[]>;
  /** Names that an address points to. */
  pointers: (address: string) => Promise<string[]>;
}

/** The DNS did not answer, so nothing is known. */
export class LookupFailed extends Error {
  constructor(name: string) {
    super(`The DNS gave no answer about ${name}.`);
    this.name = 'LookupFailed';
  }
}

const oneTry = seconds(4);

/** The machine's name servers. `stop` makes every lookup that is still under way fail. */
export function createDnsReader(): DnsReader & { stop(): void } {
  const resolver = new Resolver({ timeout: oneTry, tries: 2 });
  return {
    txt: (name) =>
      ask(name, async () => (await resolver.resolveTxt(name)).map((parts) => parts.join(''))),
    mx: (name) => ask(name, () => resolver.resolveMx(name)),
    a: (name) => ask(name, () => resolver.resolve4(name)),
    aaaa: (name) => ask(name, () => resolver.resolve6(name)),
    pointers: (address) => ask(address, () => resolver.resolvePtr(pointerName(address))),
    stop: () => resolver.cancel(),
  };
}

const nothingThere = new Set(['ENOTFOUND', 'ENODATA']);

async function ask<T>(name: string, look: () => Promise<T[]>): Promise<T[]> {
  try {
    return await look();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (nothingThere.has(code)) return [];
    throw new LookupFailed(name);
  }
}

/** Asks each question once. */
export const remembering = (reader: DnsReader): DnsReader => ({
  txt: once(reader.txt),
  mx: once(reader.mx),
  a: once(reader.a),
  aaaa: once(reader.aaaa),
  pointers: once(reader.pointers),
});

function once<T>(look: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (name) => {
    const key = name.toLowerCase().replace(/\.$/, '');
    const answer = known.get(key) ?? look(key);
    known.set(key, answer);
    return answer;
  };
}

/** Both families' addresses of a name. */
export async function addressesOf(dns: DnsReader, name: string): Promise<string[]> {
  return (await Promise.all([dns.a(name), dns.aaaa(name)])).flat();
}

/** `192.0.2.1` → `1.2.0.192.in-addr.arpa`, and the like for IPv6. */
export function pointerName(address: string): string {
  const ip = ipaddr.process(address);
  if (ip.kind() === 'ipv4') return `${[...ip.toByteArray()].toReversed().join('.')}.in-addr.arpa`;
  const bytes = ip.toByteArray().toReversed();
  return `${bytes.map((byte) => `${(byte & 15).toString(16)}.${(byte >> 4).toString(16)}`).join('.')}.ip6.arpa`;
}

/** True for an address that mail on the internet can come from. */
export const isPublicAddress = (address: string) =>
  ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast';
