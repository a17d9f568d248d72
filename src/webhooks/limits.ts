// The brakes on mail that strangers can cause, in the database so that a restart forgives nothing (S-66).
// Requests count together with those of subscribers, under the same keys.
import type { Kernel } from '../db/kernel.ts';
import type { Tx } from '../db/tx.ts';
import { hit, peek } from '../db/windows.ts';
import { AppError } from '../shared/errors.ts';
import { sha256 } from '../shared/ids.ts';
import { networkOf } from '../shared/network.ts';
import { addressLimit, endpointLimit, networkLimit, totalLimit } from './rules.ts';

/** Counts a request from `ip`, or throws `too_many`. The same for every address, so it tells nothing. */
export async function admit(kernel: Kernel, ip: string): Promise<void> {
  const keyed = [
    { limit: networkLimit, key: `subscribe:${networkLimit.name}:${sha256(networkOf(ip))}` },
    { limit: totalLimit, key: `subscribe:${totalLimit.name}` },
  ];
  const refusal = await kernel.db.write(async (tx) => {
    for (const { limit, key } of keyed) {
      if ((await hit(tx, key, kernel.clock.now(), limit.within)) > limit.most) return limit;
    }
    return undefined;
  });
  if (!refusal) return;
  throw new AppError(
    'too_many',
    'There have been many requests just now. Please try again in a few minutes.',
    { retryAfter: Math.ceil(refusal.within / 1000) },
  );
}

/** Counts a mail to confirm `url`, if its endpoint and its address still allow one; answers whether they do. */
export async function mayMail(
  tx: Tx,
  kernel: Kernel,
  addressKey: string,
  url: string,
): Promise<boolean> {
  const now = kernel.clock.now();
  const keyed = [
    { limit: endpointLimit, key: `webhook:endpoint:${sha256(`${addressKey}\n${url}`)}` },
    { limit: addressLimit, key: `webhook:address:${sha256(addressKey)}` },
  ];
  for (const { limit, key } of keyed) {
    const window = await peek(tx, key, now);
    if ((window?.hits ?? 0) >= limit.most) return false;
  }
  for (const { limit, key } of keyed) await hit(tx, key, now, limit.within);
  return true;
}
