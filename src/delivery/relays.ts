// The relays as the lanes see them: whether one may be given a message now, by its circuit, its limits and its share.
import type { Kernel } from '../db/kernel.ts';
import { limitsInForce, readMailLimits } from '../settings/mail-limits.ts';
import { days, minutes, plus, seconds } from '../shared/clock.ts';
import { type Breaker, createBreaker } from './breaker.ts';
import { createLimiter, type Limiter } from './limiter.ts';
import { type RelayState, saveRelayState } from './relay-store.ts';
import type { Mailer } from './types.ts';
import { forgetUsage, readUsage } from './usage-store.ts';

export interface Relay {
  mailer: Mailer;
  breaker: Breaker;
  limiter: Limiter;
  /** Direct mail waits for a place: the next one is not for bulk mail. */
  directWaits: boolean;
  /** Messages given to it since shares were last counted from nothing. */
  taken: number;
  /** What SMTP_URL says of its limits. */
  configured: Pick<Mailer, 'limits' | 'connections'>;
  isUp: boolean;
  since: Date;
  /** The last fault, redacted. */
  fault: string;
}

/** Opens the mailers with what they have accepted of late. `maybeSent` were on their way at a crash. */
export function openRelays(
  kernel: Kernel,
  mailers: readonly Mailer[],
  maybeSent: number,
): Promise<Relay[]> {
  const { clock, db } = kernel;
  return Promise.all(
    mailers.map(async (mailer) => ({
      mailer,
      breaker: createBreaker(clock),
      limiter: createLimiter({
        relay: mailer.name,
        limits: mailer.limits,
        clock,
        past: await readUsage(db.read, mailer.name, plus(clock.now(), -(days(1) + minutes(1)))),
        // Each line waits for its mark, so no more than one of each can be unmarked; one line is for direct mail.
        maybeSent: Math.min(maybeSent, mailer.connections + 1),
      }),
      directWaits: false,
      taken: 0,
      configured: { limits: mailer.limits, connections: mailer.connections },
      isUp: true,
      since: clock.now(),
      fault: '',
    })),
  );
}

/** How far ahead of its share a relay may be, in messages for each unit of weight. */
const slack = 4;

/** Milliseconds until a relay may be given a message of the bulk lane; 0: now. */
export function waitOf(relay: Relay, all: readonly Relay[]): number {
  const held = Math.max(relay.breaker.wait(), relay.limiter.wait());
  if (held > 0) return held;
  return isAhead(relay, all) ? 5 : 0;
}

/** Those that could take a message now have theirs by weight; who cannot holds nobody up. */
function isAhead(relay: Relay, all: readonly Relay[]): boolean {
  const share = ({ taken, mailer }: Relay) => taken / mailer.weight;
  return all.some(
    (other) =>
      other !== relay &&
      other.isUp &&
      other.limiter.wait() === 0 &&
      share(relay) > share(other) + slack,
  );
}

/** Counts shares from nothing: a relay that was away, or idle, has nothing to catch up. */
export function evenOut(relays: readonly Relay[]): void {
  for (const relay of relays) relay.taken = 0;
}

/** Takes over the limits that an admin has set. */
export async function applyLimits(kernel: Kernel, relays: readonly Relay[]): Promise<void> {
  const chosen = await readMailLimits(kernel.db.read);
  for (const { mailer, limiter, configured } of relays) {
    const inForce = limitsInForce(configured, chosen[mailer.name]);
    mailer.setLimits(inForce);
    limiter.setLimits(inForce.limits);
  }
}

/** How often the desk is told while there is nothing new: it takes silence for a sender that is gone. */
const sayAgain = seconds(30);

/** A function that writes how the relays are, where that has changed or was said long ago. */
export function createReport(kernel: Kernel): (relays: readonly Relay[]) => Promise<void> {
  const said = new Map<string, RelayState>();
  let forgottenAt = -Infinity;
  return async (relays) => {
    const now = kernel.clock.now();
    const news = relays.map((relay) => stateOf(relay, now)).filter((state) => isNews(state));
    const isTimeToForget = now.getTime() - forgottenAt > minutes(1);
    if (news.length === 0 && !isTimeToForget) return;
    await kernel.db.write(async (tx) => {
      for (const state of news) await saveRelayState(tx, state);
      if (isTimeToForget) await forgetUsage(tx, now);
    });
    for (const state of news) said.set(state.name, state);
    if (isTimeToForget) forgottenAt = now.getTime();
  };

  function isNews(state: RelayState): boolean {
    const before = said.get(state.name);
    if (!before) return true;
    const age = state.updatedAt.getTime() - before.updatedAt.getTime();
    if (before.isUp !== state.isUp || before.fault !== state.fault) return true;
    return age >= sayAgain || (age >= seconds(2) && before.perMinute !== state.perMinute);
  }
}

const stateOf = ({ mailer, isUp, since, fault, limiter }: Relay, now: Date): RelayState => ({
  name: mailer.name,
  isUp,
  since,
  fault,
  perMinute: limiter.perMinute(),
  updatedAt: now,
});
