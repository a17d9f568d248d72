// One claimed mail on its way: looked at once more, composed, handed to a relay's line, and what came of it as a mark.
import type { Kernel } from '../db/kernel.ts';
import { lastLook, type Mark, readContent } from '../notifications/outbox.ts';
import type { Claimed, MailContent, Settlement } from '../notifications/types.ts';
import { noteReturn, returnFromSmtp } from '../returns/service.ts';
import type { Composer } from './compose.ts';
import { createRefusals } from './refusals.ts';
import type { Relay } from './relays.ts';
import { redacted } from '../shared/redact.ts';
import { classify, enhancedCode, settlementAfter } from './rules.ts';
import { type Failure, type Line, type OutgoingMail, SendError } from './types.ts';

interface Parts {
  kernel: Kernel;
  composer: Composer;
  /** From 0 to 1, for the jitter of retries. */
  random: () => number;
}

/** Sends over a line of a relay; the place taken in the relay's limits is given back. */
export type Dispatch = (relay: Relay, line: Line, claimed: Claimed) => Promise<Mark>;

export function createDispatch({ kernel, composer, random }: Parts): Dispatch {
  const { log, clock } = kernel;
  const contentOf = createContentCache(kernel);
  const refusals = createRefusals();

  return async (relay, line, claimed) => {
    const domain = domainOf(claimed);
    const instead = lastLook(kernel, claimed);
    const mail = instead ? undefined : await prepare(claimed);
    if (!mail) {
      relay.limiter.ended(domain);
      return { claimed, settlement: instead ?? cannotCompose };
    }
    try {
      const { code } = await line.send(mail);
      relay.limiter.accepted(domain);
      relayIsUp(relay);
      refusals.note(claimed.notification.id, false);
      return { claimed, settlement: { state: 'sent', charge: true, code, note: null } };
    } catch (error) {
      if (!(error instanceof SendError)) throw error;
      return fail(relay, domain, claimed, error.failure);
    }
  };

  async function prepare(claimed: Claimed): Promise<OutgoingMail | undefined> {
    const content = await contentOf(claimed.notification.contentSha256);
    try {
      return await composer.compose(claimed, content);
    } catch (error) {
      log.error({ ...factsOf(claimed), err: error }, 'A message could not be composed.');
      return undefined;
    }
  }

  function fail(relay: Relay, domain: string, claimed: Claimed, failure: Failure): Mark {
    const verdict = classify(failure);
    if (verdict.ambiguous) relay.limiter.accepted(domain);
    else relay.limiter.ended(domain);
    if (verdict.slowDown) relay.limiter.slowDown();
    const settlement = settlementAfter(failure, claimed, clock.now(), random());
    if (verdict.outcome === 'relay_down') relayIsDown(relay, failure);
    else if (!verdict.ambiguous) relayIsUp(relay);
    const isRefused = settlement.state === 'failed';
    if (refusals.note(claimed.notification.id, isRefused)) {
      settlement.pauseBecause ??= 'too_many_refusals';
    }
    logIt(claimed, failure, settlement);
    return { claimed, settlement, also: whatFollows(claimed, failure, settlement) };
  }

  /** What a refusal says about an address goes where bounces go (F-10). */
  function whatFollows(claimed: Claimed, failure: Failure, settlement: Settlement): Mark['also'] {
    const { notification, recipient } = claimed;
    if (settlement.state !== 'failed') return undefined;
    const report = returnFromSmtp(
      { notificationId: notification.id, recipientKind: recipient.kind, recipientId: recipient.id },
      {
        smtpCode: failure.responseCode,
        code: enhancedCode(failure.reply) ?? null,
        reply: failure.reply,
      },
    );
    return report && (async (tx) => void (await noteReturn(tx, kernel, report)));
  }

  function logIt(claimed: Claimed, failure: Failure, settlement: Settlement): void {
    const { outcome, ambiguous } = classify(failure);
    const facts = { ...factsOf(claimed), outcome, ambiguous, code: failure.responseCode };
    if (settlement.pauseBecause) log.error(facts, 'The relay refused a message: paused.');
    else if (settlement.state === 'failed') log.warn(facts, 'A delivery failed.');
    else log.debug(facts, 'A delivery will be tried again.');
  }

  function relayIsDown(relay: Relay, failure: Failure): void {
    const { name } = relay.mailer;
    relay.fault = redacted(failure.reply);
    if (!relay.breaker.failed()) return;
    relay.isUp = false;
    relay.since = clock.now();
    log.error(
      { relay: name, reply: relay.fault, code: failure.responseCode },
      'The mail relay is down: mail waits.',
    );
  }

  function relayIsUp(relay: Relay): void {
    if (!relay.breaker.succeeded()) return;
    log.info({ relay: relay.mailer.name, since: relay.since }, 'The mail relay is back.');
    relay.isUp = true;
    relay.since = clock.now();
    relay.fault = '';
  }
}

const cannotCompose: Settlement = {
  state: 'failed',
  charge: true,
  code: null,
  note: { outcome: 'failed', reply: 'The message could not be composed.' },
};

export const domainOf = ({ recipient }: Claimed) => {
  const email = recipient.email ?? '';
  return email.slice(email.lastIndexOf('@') + 1);
};

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
