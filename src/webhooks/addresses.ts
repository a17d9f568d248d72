// Which addresses a webhook may have: reading the URL, and telling public IP addresses from all others.
// Pure; the same rules hold when a webhook is saved and each time something is sent to it (S-44).
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The one answer for every address that is not allowed, whatever the reason: it maps no network. */
export const refusal =
  'This address cannot be used. Please enter an https address that can be reached from the public internet.';

const longest = 2000;

/** What `WEBHOOK_ALLOW` names: hosts, and addresses or CIDRs. */
export interface Allowed {
  hosts: ReadonlySet<string>;
  ranges: readonly [ipaddr.IPv4 | ipaddr.IPv6, number][];
}

export function readAllowed(entries: readonly string[]): Allowed {
  const hosts = new Set<string>();
  const ranges: [ipaddr.IPv4 | ipaddr.IPv6, number][] = [];
  for (const entry of entries) {
    if (ipaddr.isValidCIDR(entry)) ranges.push(ipaddr.parseCIDR(entry));
    else if (isIP(entry) === 0) hosts.add(withoutDot(entry));
    else {
      const address = ipaddr.process(entry);
      ranges.push([address, address.kind() === 'ipv4' ? 32 : 128]);
    }
  }
  return { hosts, ranges };
}

/** A webhook's URL that may be asked to resolve. The host is lower case, without brackets or final dot. */
export interface Endpoint {
  url: URL;
  host: string;
  isSecure: boolean;
}

/** Reads a URL; undefined for anything that could never be allowed. */
export function readEndpoint(text: string): Endpoint | undefined {
  const trimmed = text.trim();
  if (trimmed.length > longest || !/^https?:\/\//i.test(trimmed)) return undefined;
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0020\u007f\\]/.test(trimmed)) return undefined;
  const url = URL.parse(trimmed);
  if (!url || url.username !== '' || url.password !== '' || url.port === '0') return undefined;
  url.hash = '';
  const host = withoutDot(url.hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase());
  return host === '' ? undefined : { url, host, isSecure: url.protocol === 'https:' };
}

const withoutDot = (host: string) => host.replace(/\.$/, '');

/** Names that mean this machine or this network by definition, however they resolve. */
const insideNames = /(^|\.)(localhost|local|internal|localdomain|home\.arpa)$/;

/** Whether a name may be looked up at all; IP literals are judged by `mayConnect` alone. */
export function mayResolve(endpoint: Endpoint, allowed: Allowed): boolean {
  if (allowed.hosts.has(endpoint.host)) return true;
  if (isIP(endpoint.host) !== 0) return true;
  return !insideNames.test(endpoint.host) && endpoint.host.includes('.');
}

/** Whether every one of these addresses of the endpoint may be connected to. One that may not refuses all. */
export function mayConnect(
  endpoint: Endpoint,
  addresses: readonly string[],
  allowed: Allowed,
): boolean {
  if (addresses.length === 0) return false;
  if (allowed.hosts.has(endpoint.host)) return true;
  return addresses.every((text) =>
    endpoint.isSecure ? isPublic(text) || isListed(text, allowed) : isListed(text, allowed),
  );
}

function isListed(text: string, { ranges }: Allowed): boolean {
  const address = parse(text);
  if (!address) return false;
  return [address, ...carriedIn(address)].some((one) =>
    ranges.some(([range, bits]) => one.kind() === range.kind() && one.match(range, bits)),
  );
}

/** True for an address of the public internet: neither private, nor reserved, nor carrying such a one. */
export function isPublic(text: string): boolean {
  const address = parse(text);
  if (!address) return false;
  const carried = carriedIn(address);
  if (carried.length > 0) return carried.every((one) => one.range() === 'unicast');
  if (address instanceof ipaddr.IPv4) return address.range() === 'unicast';
  // Only 2000::/3 has been given out; the table of special ranges knows the holes in it.
  return address.range() === 'unicast' && ((address.parts[0] ?? 0) & 0xe000) === 0x2000;
}

/** Undefined for anything but one plain address: zones and short spellings are none. */
function parse(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  return isIP(text) === 0 || text.includes('%') ? undefined : ipaddr.parse(text);
}

/** The IPv4 addresses that an IPv6 address leads to, in all the ways there are (T20). */
function carriedIn(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4[] {
  if (!(address instanceof ipaddr.IPv6)) return [];
  const bytes = address.toByteArray();
  const at = (start: number, mask = 0) =>
    new ipaddr.IPv4(bytes.slice(start, start + 4).map((byte) => byte ^ mask));
  const starts = (...prefix: number[]) => prefix.every((byte, index) => bytes[index] === byte);
  const zeros = (from: number, to: number) => bytes.slice(from, to).every((byte) => byte === 0);
  if (starts(0x20, 0x02)) return [at(2)]; // 6to4
  if (starts(0x20, 0x01, 0, 0)) return [at(4), at(12, 0xff)]; // Teredo: its server, its client
  if (starts(0, 0x64, 0xff, 0x9b)) return [at(12)]; // NAT64
  if (zeros(0, 8) && (zeros(8, 12) || isMapped(bytes))) return [at(12)]; // compatible, mapped
  if (bytes[10] === 0x5e && bytes[11] === 0xfe) return [at(12)]; // ISATAP
  return [];
}

/** `::ffff:a.b.c.d` and the translated `::ffff:0:a.b.c.d`. */
const isMapped = (bytes: number[]) => {
  const middle = bytes.slice(8, 12).join();
  return middle === '0,0,255,255' || middle === '255,255,0,0';
};
