// How long a message is worth sending, and who may still get one at the last moment. Pure.
import { hours } from '../shared/clock.ts';
import { hmac } from '../shared/ids.ts';
import { isOneOf, type SubscriberState, type WebhookState } from '../shared/words.ts';
import { type NotificationKind, notificationKinds } from './types.ts';

/** A stored kind. One that this version does not know is held to the strictest rules. */
export const kindOf = (stored: string): NotificationKind =>
  isOneOf(notificationKinds, stored) ? stored : 'incident';

/** Told to everyone who had confirmed by its release, and to nobody else. */
export const isBulk = (kind: NotificationKind) => kind === 'incident' || kind === 'maintenance';

/** After this a message is old news: what is still queued is cancelled. */
export const lifetimes: Record<NotificationKind, number> = {
  incident: hours(24),
  maintenance: hours(24),
  webhook: hours(24),
  webhook_confirmation: hours(24),
  webhook_trouble: hours(24),
  confirmation: hours(24),
  already_subscribed: hours(24),
  manage_link: hours(24),
  clock: hours(1),
  test: hours(1),
  record_head: hours(24),
};

/** How long a lane may hold a row before another boot may take it. */
export const leaseLength = 60_000;

/** Rows made, or cancelled, in one transaction: about 10 ms, so that nobody waits behind a fan-out. */
export const chunkSize = 10_000;

/** A subscriber as they are at the claim, or undefined once erased. */
export type SubscriberNow =
  | {
      state: SubscriberState;
      confirmedSeq: number | null;
      suppressed: boolean;
      /** Whether they asked for something and have not confirmed it. */
      hasWish?: boolean;
    }
  | undefined;

/** Why a subscriber must not get this message now, or undefined when they may. */
export function reasonAgainst(
  kind: NotificationKind,
  cutSeq: number,
  subscriber: SubscriberNow,
): string | undefined {
  if (!subscriber) return 'erased';
  if (subscriber.suppressed) return 'on the suppression list';
  if (subscriber.state === 'quarantined') return 'quarantined';
  if (kind === 'confirmation') {
    const isAnswered = subscriber.state === 'confirmed' && !subscriber.hasWish;
    return isAnswered ? 'already confirmed' : undefined;
  }
  if (subscriber.state === 'unsubscribed') return 'unsubscribed';
  if (subscriber.state === 'pending') return 'not confirmed';
  if (isBulk(kind) && (subscriber.confirmedSeq ?? Infinity) > cutSeq) {
    return 'came back after it was released';
  }
  return undefined;
}

/** A webhook as it is at the claim. */
export interface WebhookNow {
  state: WebhookState;
  confirmedSeq: number | null;
  /** Whether its address is on the suppression list. */
  suppressed: boolean;
}

/** Why a webhook must not be told this now, or its holder not be mailed; undefined when they may. */
export function reasonAgainstWebhook(
  kind: NotificationKind,
  cutSeq: number,
  { state, confirmedSeq, suppressed }: WebhookNow,
): string | undefined {
  if (kind !== 'webhook' && suppressed) return 'on the suppression list';
  if (kind === 'webhook_confirmation') {
    return state === 'pending' ? undefined : 'already confirmed';
  }
  if (kind === 'webhook_trouble') return state === 'quarantined' ? undefined : 'works again';
  if (state !== 'confirmed') return state === 'pending' ? 'not confirmed' : state;
  return (confirmedSeq ?? Infinity) > cutSeq ? 'came back after it happened' : undefined;
}

/** How the suppression list knows an address: keyed, so that the list cannot be searched by guessing. */
export const suppressionHash = (secretKey: string, addressKey: string) =>
  hmac(secretKey, 'suppression', addressKey);

/** A follow-up reaches everyone an earlier message was meant for, so the components add up. Empty means everyone. */
export function widen(audiences: number[][]): number[] {
  if (audiences.some((ids) => ids.length === 0)) return [];
  return [...new Set(audiences.flat())].toSorted((a, b) => a - b);
}
