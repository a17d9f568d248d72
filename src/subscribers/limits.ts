// The brakes on mail that strangers can cause (S-66), counted in the database so that a restart forgives nothing.
import type { Kernel } from '../db/kernel.ts';
import type { Tx } from '../db/tx.ts';
import { hit, peek } from '../db/windows.ts';
import { append } from '../events/service.ts';
import { systemActor } from '../events/types.ts';
import { AppError } from '../shared/errors.ts';
import { sha256 } from '../shared/ids.ts';
import { networkOf } from '../shared/network.ts';
import { type Limit, networkLimit, totalLimit } from './rules.ts';

/** Counts a request from `ip`, or throws `too_many`. The same for every address, so it tells nothing. */
export async function admit(kernel: Kernel, ip: string): Promise<void> {
  const refusal = await kernel.db.write(async (tx) => {
    const network = `subscribe:${networkLimit.name}:${sha256(networkOf(ip))}`;
    if (await isOver(tx, kernel, networkLimit, network)) return networkLimit;
    const total = `subscribe:${totalLimit.name}`;
    if (await isOver(tx, kernel, totalLimit, total)) return totalLimit;
    return undefined;
  });
  if (!refusal) return;
  throw new AppError(
    'too_many',
    'There have been many requests just now. Please try again in a few minutes.',
    { retryAfter: Math.ceil(refusal.within / 1000) },
  );
}

async function isOver(tx: Tx, kernel: Kernel, limit: Limit, key: string): Promise<boolean> {
  const hits = await hit(tx, key, kernel.clock.now(), limit.within);
  if (limit === totalLimit && hits === limit.most + 1) {
    kernel.log.error({ perMinute: limit.most }, 'Subscribe requests are flooding in.');
    await append(tx, kernel.clock, systemActor, {
      kind: 'subscribers.flooded',
      subject: 'subscriber',
      data: { perMinute: limit.most },
    });
  }
  return hits > limit.most;
}

/** Counts a mail to an address against `limits` if all of them still allow it; answers whether they do. */
export async function mayMail(
  tx: Tx,
  kernel: Kernel,
  addressKey: string,
  limits: readonly Limit[],
): Promise<boolean> {
  const now = kernel.clock.now();
  const keyed = limits.map((limit) => ({
    limit,
    key: `mail:${limit.name}:${sha256(addressKey)}`,
  }));
  for (const { limit, key } of keyed) {
    const window = await peek(tx, key, now);
    if ((window?.hits ?? 0) >= limit.most) return false;
  }
  for (const { limit, key } of keyed) await hit(tx, key, now, limit.within);
  return true;
}
