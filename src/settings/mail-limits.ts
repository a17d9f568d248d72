// What an admin decides about a relay's limits, over what SMTP_URL says of them.
import { z } from 'zod';
import { mostConnections, type RelayLimits } from '../config/relays.ts';
import type { Kernel } from '../db/kernel.ts';
import type { Reader } from '../db/tx.ts';
import { append } from '../events/service.ts';
import type { Actor } from '../events/types.ts';
import { wholeNumber } from '../shared/form.ts';
import { readValue, storeValue } from './value-store.ts';

/** What is not in it is as SMTP_URL has it; null takes a limit away. */
export type MailLimits = Partial<RelayLimits> & { connections?: number };

const rowName = 'mail_limits';

/** Empty: as SMTP_URL has it. */
const asConfigured = z.literal('').transform(() => undefined);
const none = z.literal('none').transform(() => null);
const limit = (most: number) =>
  z.preprocess(
    (raw) => (typeof raw === 'string' ? raw.trim().toLowerCase() : (raw ?? '')),
    z.union([asConfigured, none, wholeNumber(1, most)], {
      error: `Please enter a number from 1 to ${most}, “none”, or nothing.`,
    }),
  );

export const mailLimitsForm = z
  .object({
    connections: z.preprocess(
      (raw) => (typeof raw === 'string' ? raw.trim() : (raw ?? '')),
      z.union([asConfigured, wholeNumber(1, mostConnections)], {
        error: `Please enter a number from 1 to ${mostConnections}, or nothing.`,
      }),
    ),
    perSecond: limit(100_000),
    perHour: limit(1e9),
    perDay: limit(1e9),
    perConnection: limit(1e6),
    perDomainPerMinute: limit(1e6),
  })
  .transform(
    (form) =>
      Object.fromEntries(
        Object.entries(form).filter(([, value]) => value !== undefined),
      ) as MailLimits,
  );

/** What is decided so far, by the relay's name. */
export async function readMailLimits(reader: Reader): Promise<Record<string, MailLimits>> {
  return ((await readValue(reader, rowName)) ?? {}) as Record<string, MailLimits>;
}

/** Saves one relay's; the sender follows within moments. */
export async function saveMailLimits(
  kernel: Kernel,
  actor: Actor,
  relay: string,
  form: z.output<typeof mailLimitsForm>,
): Promise<void> {
  await kernel.db.write(async (tx) => {
    const known = await readMailLimits(tx);
    const { [relay]: before = {}, ...others } = known;
    const changed = Object.keys(form).length > 0 ? { ...others, [relay]: form } : others;
    await storeValue(tx, rowName, changed, kernel.clock.now());
    await append(tx, kernel.clock, actor, {
      kind: 'mail_limits.changed',
      subject: 'settings',
      data: { relay, before, after: form },
    });
  });
}

interface Limited {
  limits: RelayLimits;
  connections: number;
}

/** The limits that hold for a relay: the admin's where there are any, else SMTP_URL's. */
export function limitsInForce({ limits, connections }: Limited, decided: MailLimits = {}): Limited {
  const { connections: more = connections, ...rest } = decided;
  return { limits: { ...limits, ...rest }, connections: more };
}
