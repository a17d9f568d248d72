// Where a webhook leads: its name resolved once, every address checked, the checked ones handed on.
import { lookup, Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { invalid } from '../shared/errors.ts';
import {
  type Endpoint,
  mayConnect,
  mayResolve,
  readAllowed,
  readEndpoint,
  refusal,
} from './addresses.ts';
import type { Reach, Resolve } from './types.ts';

/** An endpoint with the addresses that may be connected to, and no others (S-44). */
export interface Checked extends Endpoint {
  addresses: string[];
}

/** Checks an address; undefined when nothing may be sent there. Resolves its name once. */
export async function check(text: string, { allow, resolve }: Reach): Promise<Checked | undefined> {
  const endpoint = readEndpoint(text);
  const allowed = readAllowed(allow);
  if (!endpoint || !mayResolve(endpoint, allowed)) return undefined;
  // The system's own look-up knows names of the house; it shares its threads with passwords (T13).
  const ask = resolve ?? (allowed.hosts.has(endpoint.host) ? askSystem : askNameServers);
  const addresses = isIP(endpoint.host) === 0 ? await ask(endpoint.host) : [endpoint.host];
  return mayConnect(endpoint, addresses, allowed) ? { ...endpoint, addresses } : undefined;
}

/** Refuses, as `readReachable` does, what needs no look-up to be refused. */
export function assertMayReach(text: string, { allow }: Reach): void {
  const endpoint = readEndpoint(text);
  const allowed = readAllowed(allow);
  const mayDo =
    endpoint &&
    mayResolve(endpoint, allowed) &&
    (isIP(endpoint.host) === 0 || mayConnect(endpoint, [endpoint.host], allowed));
  if (!mayDo) throw invalid('endpoint', refusal);
}

/** The address as it is kept, or `invalid` at the form's field. */
export async function readReachable(text: string, reach: Reach): Promise<string> {
  const checked = await check(text, reach).catch(() => undefined);
  if (!checked) throw invalid('endpoint', refusal);
  return checked.url.href;
}

const askSystem: Resolve = async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address);

/** A and AAAA. A name without either rejects. */
const askNameServers: Resolve = async (host) => {
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (found.length > 0) return found;
  throw new Error('The name has no address.');
};
