// Where a request comes from, as limits count it: one IPv4 address, or one IPv6 /64.
import ipaddr from 'ipaddr.js';

/** The key that limits count by: IPv4 (also when carried in IPv6) as it is, IPv6 by its /64 (S-67). */
export function networkOf(ip: string): string {
  if (!ipaddr.isValid(ip)) return ip;
  const address = ipaddr.process(ip);
  if (address.kind() === 'ipv4') return address.toString();
  const groups = address.toNormalizedString().split(':').slice(0, 4);
  return `${groups.join(':')}::/64`;
}
