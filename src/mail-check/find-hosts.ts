// What the hosts behind the names are good for: taking bounces, and being found backwards.
import { addressesOf, type DnsReader, isPublicAddress, pointerName } from './dns.ts';
import { type Judged, worst } from './judged.ts';
import type { Senders } from './senders.ts';
import type { DomainSubject, Finding } from './types.ts';

// Taking mail

/** Bounces go to the envelope's domain, answers to the From address's. */
export async function findBounces(dns: DnsReader, subject: DomainSubject): Promise<Finding> {
  const { domain, bounceDomain } = subject;
  const names = [...new Set([bounceDomain, domain])];
  const all = await Promise.all(names.map((name) => takesMail(dns, name)));
  const verdict = worst(all.map((one) => one.verdict));
  return {
    id: 'bounces',
    verdict,
    headline:
      verdict === 'good'
        ? 'Bounces and answers have somewhere to go.'
        : 'Bounces or answers may have nowhere to go.',
    found: all.flatMap((one) => one.found),
    advice: all.flatMap((one) => one.advice),
    records: [],
  };
}

async function takesMail(dns: DnsReader, name: string): Promise<Judged> {
  const exchanges = (await dns.mx(name)).toSorted((a, b) => a.priority - b.priority);
  if (exchanges.length === 0) {
    const own = await addressesOf(dns, name);
    if (own.length > 0) {
      return {
        verdict: 'look',
        found: [`${name} has no MX; mail goes to its own address ${own.join(', ')}.`],
        advice: [`Publish an MX for ${name}: some senders insist on one.`],
      };
    }
    return {
      verdict: 'broken',
      found: [`${name} has neither MX nor address.`],
      advice: [
        `Publish an MX for ${name}, to a host that takes its mail. Many receivers refuse mail from a domain that cannot be answered.`,
      ],
    };
  }
  if (exchanges.every(({ exchange }) => exchange === '' || exchange === '.')) {
    return {
      verdict: 'broken',
      found: [`${name} says that it takes no mail at all (null MX).`],
      advice: [`Give ${name} a real MX, or use another domain.`],
    };
  }
  const found: string[] = [];
  let reachable = 0;
  for (const { exchange, priority } of exchanges.slice(0, 10)) {
    const addresses = await addressesOf(dns, exchange);
    if (addresses.length > 0) reachable += 1;
    found.push(`${name} MX ${priority} ${exchange}: ${addresses.join(', ') || 'no address'}`);
  }
  if (reachable > 0) return { verdict: 'good', found, advice: [] };
  return {
    verdict: 'broken',
    found,
    advice: [`None of ${name}’s mail exchangers has an address.`],
  };
}

// Reverse DNS

export async function findReverse(dns: DnsReader, senders: Senders): Promise<Finding> {
  const plain = { id: 'reverse' as const, found: [], records: [] };
  if (senders.addresses.length === 0) {
    const advice = {
      provider:
        'It is the provider’s to keep, and the large ones do. With an address of your own there, type it below.',
      inside: 'Type below the public address that the relay’s mail leaves from, and check again.',
      nowhere: 'Set SMTP_URL, or type the address below.',
      typed: '',
      own: '',
    }[senders.kind];
    const headline = 'Which addresses send cannot be seen from here.';
    return { ...plain, verdict: 'unknown', headline, advice: [advice] };
  }
  const all = await Promise.all(senders.addresses.map((address) => backAndForth(dns, address)));
  const verdict = worst(all.map((one) => one.verdict));
  return {
    id: 'reverse',
    verdict,
    headline:
      verdict === 'good'
        ? 'Every sending address has a name that leads back to it.'
        : 'A sending address lacks a proper name.',
    found: all.flatMap((one) => one.found),
    advice: [...new Set(all.flatMap((one) => one.advice))],
    records: all.flatMap((one) => one.records ?? []),
  };
}

async function backAndForth(dns: DnsReader, address: string): Promise<Judged> {
  if (!isPublicAddress(address)) {
    return {
      verdict: 'look',
      found: [`${address} is a private address: receivers see another.`],
      advice: ['Type the public address that the mail leaves from.'],
    };
  }
  const names = (await dns.pointers(address)).slice(0, 10);
  const forward = await Promise.all(names.map((name) => addressesOf(dns, name)));
  const confirmed = names.filter((_name, i) => forward[i]?.includes(address));
  const [name] = confirmed;
  if (name === undefined) {
    return {
      verdict: 'broken',
      found: [
        names.length === 0
          ? `${address} points to no name.`
          : `${address} points to ${names.join(', ')}, which does not lead back.`,
      ],
      advice: [
        'Whoever gave you the address sets its PTR, mostly in their panel. The name’s A or AAAA record has to be this address.',
      ],
      records: [{ name: pointerName(address), type: 'PTR', value: 'the relay’s full host name' }],
    };
  }
  const found = [`${address} → ${name} → ${address}`];
  if (!looksGiven(name, address)) return { verdict: 'good', found, advice: [] };
  return {
    verdict: 'look',
    found,
    advice: [
      `${name} looks like the name of a dial-in or rented machine. A name of your own is trusted more.`,
    ],
  };
}

/** Names made from the address itself, as access providers do. */
function looksGiven(name: string, address: string): boolean {
  if (/(^|[.-])(dyn|dynamic|dhcp|pool|dsl|cable|ppp)([.-]|\d|$)/i.test(name)) return true;
  const parts = address.split('.');
  if (parts.length !== 4) return false;
  const numbers = name.split(/\D+/).filter(Boolean).map(Number);
  return parts.filter((part) => numbers.includes(Number(part))).length >= 3;
}
