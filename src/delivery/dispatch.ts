// One claimed delivery on its way: composed, handed to the mailer, and what came of it as a settlement.
import type { Config } from '../config.ts';
import type { Kernel } from '../db/kernel.ts';
import { readContent } from '../notifications/outbox.ts';
import type { Claimed, MailContent, Settlement } from '../notifications/types.ts';
import type { Breaker } from './breaker.ts';
import { compose } from './compose.ts';
import { classify, settlementAfter } from './rules.ts';
import {
  type Failure,
  type Mailer,
  type OutgoingMail,
  type RelayHealth,
  SendError,
} from './types.ts';

interface Parts {
  kernel: Kernel;
  config: Pick<Config, 'mailFrom' | 'mailReplyTo'>;
  mailer: Mailer;
  breaker: Breaker;
  random: () => number;
}

export interface Dispatch {
  (claimed: Claimed): Promise<Settlement>;
  relay(): RelayHealth;
}

export function createDispatch({ kernel, config, mailer, breaker, random }: Parts): Dispatch {
  const { publicUrl, secretKey, log, clock } = kernel;
  const sender = { from: config.mailFrom, replyTo: config.mailReplyTo, publicUrl, secretKey };
  const contentOf = createContentCache(kernel);
  let downSince: Date | undefined;

  async function dispatch(claimed: Claimed): Promise<Settlement> {
    const mail = await prepare(claimed);
    if (!mail) return cannotCompose;
    try {
      const { code } = await mailer.send(mail, laneOf(claimed));
      relayIsUp();
      return { state: 'sent', charge: true, code, note: null };
    } catch (error) {
      if (!(error instanceof SendError)) throw error;
      return fail(claimed, error.failure);
    }
  }

  async function prepare(claimed: Claimed): Promise<OutgoingMail | undefined> {
    const content = await contentOf(claimed.notification.contentSha256);
    try {
      return await compose(sender, claimed, content);
    } catch (error) {
      log.error({ ...factsOf(claimed), err: error }, 'A message could not be composed.');
      return undefined;
    }
  }

  function fail(claimed: Claimed, failure: Failure): Settlement {
    const { outcome, ambiguous } = classify(failure);
    const settlement = settlementAfter(failure, claimed, clock.now(), random());
    if (outcome === 'relay_down') relayIsDown(settlement);
    else if (!ambiguous) relayIsUp();
    const facts = { ...factsOf(claimed), outcome, ambiguous, code: failure.responseCode };
    if (settlement.pauseBecause) log.error(facts, 'The relay refused a message: paused.');
    else if (settlement.state === 'failed') log.warn(facts, 'A delivery failed.');
    else log.debug(facts, 'A delivery will be tried again.');
    return settlement;
  }

  function relayIsDown({ note, code }: Settlement): void {
    if (!breaker.failed()) return;
    downSince = clock.now();
    log.error({ reply: note?.reply, code }, 'The mail relay is down: mail waits.');
  }

  function relayIsUp(): void {
    if (!breaker.succeeded()) return;
    log.info({ since: downSince }, 'The mail relay is back.');
    downSince = undefined;
  }

  return Object.assign(dispatch, {
    relay: (): RelayHealth => (downSince ? { up: false, since: downSince } : { up: true }),
  });
}

const cannotCompose: Settlement = {
  state: 'failed',
  charge: true,
  code: null,
  note: { outcome: 'failed', reply: 'The message could not be composed.' },
};

const laneOf = ({ notification }: Claimed) => (notification.lane === 'direct' ? 'direct' : 'bulk');

const factsOf = ({ notification, recipient }: Claimed) => ({
  notification: notification.id,
  recipient: recipient.id,
});

/** Contents are frozen, so one that was read stays true; a few are all that a sender needs at once. */
function createContentCache(kernel: Kernel): (hash: string) => Promise<MailContent> {
  const kept = new Map<string, MailContent>();
  return async (hash) => {
    const known = kept.get(hash);
    if (known) return known;
    const content = await readContent(kernel.db.read, hash);
    if (kept.size >= 8) kept.clear();
    kept.set(hash, content);
    return content;
  };
}
