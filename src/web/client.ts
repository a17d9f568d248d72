// Who is asking, and for which host: what can be believed of a request's address, Host and path.
import ipaddr from 'ipaddr.js';
import type { Context } from './types.ts';

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** A function that finds the client's address behind the proxies that are trusted, and no further (S-67). */
export function createClientIp(trustProxy: readonly string[]): (c: Context) => string {
  const trusted = trustProxy.map(readRange);
  const isTrusted = (address: ipaddr.IPv4 | ipaddr.IPv6) =>
    trusted.some((range) => range[0].kind() === address.kind() && address.match(range));
  return (c) => {
    const peer = readAddress(c.env?.incoming?.socket.remoteAddress ?? '');
    if (!peer) return 'unknown';
    let client = peer;
    const hops = (c.req.header('x-forwarded-for') ?? '').split(',').slice(-20).toReversed();
    for (const hop of hops) {
      const next = isTrusted(client) ? readAddress(hop.trim()) : undefined;
      if (!next) break;
      client = next;
    }
    return client.toString();
  };
}

function readRange(text: string): Range {
  if (text.includes('/')) return ipaddr.parseCIDR(text);
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

const readAddress = (text: string) => (ipaddr.isValid(text) ? ipaddr.process(text) : undefined);

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** True for a name that can only mean this machine. */
export const isLoopback = (hostname: string) => loopback.test(hostname);

const healthPaths = new Set(['/healthz', '/readyz']);

/** True when the request is for our host, a loopback name, or the health checks (S-53). */
export function isForUs(c: Context, publicUrl: string): boolean {
  if (healthPaths.has(c.req.path)) return true;
  const ours = new URL(publicUrl).host;
  const url = new URL(c.req.url);
  // An absolute-form target can name another host than the Host header does (T4).
  return isOurs(url.host, ours) && isOurs(c.req.header('host') ?? url.host, ours);
}

/** True for a Host header that is ours (`ours` as in `URL.host`) or can only mean this machine. */
export function isOurs(host: string, ours: string): boolean {
  // Parsed under our scheme's rules: case and a default port make no difference.
  const url = URL.parse(`https://${host}`) ?? undefined;
  if (!url || url.pathname !== '/' || url.username || url.search || url.hash) return false;
  return host.toLowerCase() === ours || isLoopback(url.hostname) || url.host === ours;
}

/** True when a path tries to be another one: encoded slashes, dot segments, hidden files (S-48). */
export function isCrooked(c: Context): boolean {
  const target = c.env?.incoming?.url ?? new URL(c.req.url).pathname;
  const path = (target.split('?')[0] ?? '').replace(/^https?:\/\/[^/]*/, '');
  if (/%2f|%5c|%00|\\/i.test(path)) return true;
  try {
    return path.split('/').some((segment) => decodeURIComponent(segment).startsWith('.'));
  } catch {
    return true;
  }
}

/**
 * Whether a write comes from our own pages (S-15, S-16). Browsers send `Origin` with every write; where
 * neither it nor `Referer` is there, no browser is asking, and the CSRF token alone decides.
 */
export function isFromUs(c: Context, publicUrl: string): boolean {
  const origin = c.req.header('origin');
  if (origin !== undefined) return isOurOrigin(c, publicUrl, origin);
  const referer = c.req.header('referer');
  return referer === undefined || isOurOrigin(c, publicUrl, URL.parse(referer)?.origin ?? '');
}

function isOurOrigin(c: Context, publicUrl: string, origin: string): boolean {
  if (origin === new URL(publicUrl).origin) return true;
  // Opened through a loopback name: the same origin as the one asked.
  const url = URL.parse(origin);
  return url !== null && isLoopback(url.hostname) && url.host === c.req.header('host');
}

/** A path to return to after signing in: ours, or the desk's home (S-47). */
export function safeNext(publicUrl: string, next: string | undefined): string {
  const url = next === undefined ? null : URL.parse(next, publicUrl);
  if (url?.origin !== new URL(publicUrl).origin) return '/admin';
  // A path such as //example.com would be another site again once it stands in a Location header.
  if (/^\/[/\\]/.test(url.pathname)) return '/admin';
  return url.pathname + url.search;
}
