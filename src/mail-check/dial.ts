// The connection to a relay that somebody typed. Private addresses are fine, a relay is often one; addresses
// that no relay has, where machines keep their own secrets, are not.
import { lookup } from 'node:dns';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Thrown for an address that is never connected to. */
export class ForbiddenAddress extends Error {
  constructor() {
    super('This address is never connected to.');
    this.name = 'ForbiddenAddress';
  }
}

const forbiddenRanges = new Set(['linkLocal', 'unspecified', 'multicast', 'broadcast']);
/** Where a cloud tells its machines their secrets, beside link-local. */
const metadata = new Set(['fd00:ec2::254', 'fd20:ce::254', '100.100.100.200', '168.63.129.16']);

function isForbidden(address: string): boolean {
  if (!ipaddr.isValid(address)) return true;
  const ip = carriedBy(ipaddr.process(address));
  return forbiddenRanges.has(ip.range()) || metadata.has(ip.toString());
}

/** NAT64 (RFC 6052) leads to the IPv4 address in its last four bytes (T20). */
const carriedBy = (ip: ipaddr.IPv4 | ipaddr.IPv6) =>
  ip.range() === 'rfc6052' ? new ipaddr.IPv4(ip.toByteArray().slice(12)) : ip;

/** Looks up as the machine does, so that names from its hosts file count; refuses what is forbidden. */
const allowedOnly: LookupFunction = (host, options, callback) => {
  lookup(host, { ...options, all: true }, (error, found) => {
    const refused = error ?? (found.some(isTaboo) ? new ForbiddenAddress() : null);
    const [first] = found ?? [];
    if (refused || !first) callback(refused ?? new Error('No address.'), '');
    else if (options.all === true) callback(null, found);
    else callback(null, first.address, first.family);
  });
};

const isTaboo = ({ address }: { address: string }) => isForbidden(address);

/** An open connection, or the error it failed with. */
export function dial(host: string, port: number, timeout: number): Promise<Socket> {
  if (isIP(host) > 0 && isForbidden(host)) return Promise.reject(new ForbiddenAddress());
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, lookup: allowedOnly, autoSelectFamily: true });
    const tooLate = Object.assign(new Error('No connection in time.'), { code: 'ETIMEDOUT' });
    const timer = setTimeout(() => socket.destroy(tooLate), timeout);
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}
