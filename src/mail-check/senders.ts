// Which addresses the mail leaves from, as far as that can be known from here.
import { isIP } from 'node:net';
import { addressesOf, type DnsReader, isPublicAddress } from './dns.ts';
import { isBelow } from './organisation.ts';
import type { DomainSubject } from './types.ts';

/**
 * `typed`: an admin said so. `own`: the relay is ours and public, so it sends from where it listens.
 * `inside`: the relay has a private address and leaves by one we do not see. `provider`: the relay hands the
 * mail to machines of its own. `nowhere`: there is no relay.
 */
type SendersKind = 'typed' | 'own' | 'inside' | 'provider' | 'nowhere';

export interface Senders {
  kind: SendersKind;
  addresses: string[];
  /** The relay hosts it was told from. */
  hosts: string[];
}

export async function sendersOf(dns: DnsReader, subject: DomainSubject): Promise<Senders> {
  const hosts = [...new Set(subject.relays.map(({ host }) => host.toLowerCase()))];
  if (subject.sendingAddresses.length > 0) {
    return { kind: 'typed', addresses: subject.sendingAddresses, hosts };
  }
  const relays = await Promise.all(
    hosts.map(async (host) => {
      const addresses = isIP(host) > 0 ? [host] : await addressesOf(dns, host);
      return { addresses, kind: kindOf(host, addresses, subject) };
    }),
  );
  const kinds = new Set(relays.map((one) => one.kind));
  const [first = 'nowhere'] = kinds;
  const kind = kinds.size > 1 ? 'provider' : first;
  return { kind, addresses: kind === 'own' ? relays.flatMap((one) => one.addresses) : [], hosts };
}

function kindOf(
  host: string,
  addresses: string[],
  { domain, bounceDomain }: DomainSubject,
): SendersKind {
  // A name that only the house knows has no address in the DNS.
  if (!addresses.some(isPublicAddress)) return 'inside';
  const isOurs = [domain, bounceDomain].some(
    (name) => host === name || isBelow(host, name) || isBelow(host, parentOf(name)),
  );
  return isOurs || isIP(host) > 0 ? 'own' : 'provider';
}

/** `status.example.com` → `example.com`; what has two labels stays. */
function parentOf(name: string): string {
  const labels = name.split('.');
  return labels.length > 2 ? labels.slice(1).join('.') : name;
}
