// What the holder of a link from a mail can do: confirm, see and change their choices, leave.
import type { Kernel } from '../db/kernel.ts';
import type { Reader } from '../db/tx.ts';
import { AppError } from '../shared/errors.ts';
import { readChoices } from './choices.ts';
import { record, themself } from './record.ts';
import { consentText } from './rules.ts';
import {
  choicesOf,
  findByPublicId,
  replaceChoices,
  type StoredSubscriber,
  updateSubscriber,
} from './store.ts';
import { isGenuine, manageToken, mayUnsubscribe, readToken, unsubscribeToken } from './tokens.ts';
import type { Subscription, Visit } from './types.ts';

/** The page behind a confirm link: whose it is. Throws `gone` when it leads nowhere. Changes nothing. */
export async function readConfirm(kernel: Kernel, token: string): Promise<{ email: string }> {
  const { email } = await findByToken(kernel, kernel.db.read, 'confirm', token);
  return { email };
}

/** Makes a subscription count. The link is used up by it. Throws `gone` when it leads nowhere. */
export async function confirm(kernel: Kernel, token: string, visit: Visit): Promise<Subscription> {
  return kernel.db.write(async (tx) => {
    const subscriber = await findByToken(kernel, tx, 'confirm', token);
    const now = kernel.clock.now();
    const seq = await record(
      tx,
      kernel,
      themself(subscriber.id, visit),
      'subscriber.confirmed',
      subscriber.id,
    );
    await updateSubscriber(tx, subscriber.id, {
      state: 'confirmed',
      confirmedSeq: seq,
      leftSeq: null,
      confirmedAt: now,
      updatedAt: now,
      confirmNonce: kernel.ids.secret(),
      consent: {
        ip: visit.ip,
        userAgent: visit.userAgent.slice(0, 300),
        at: now.toISOString(),
        text: consentText,
      },
    });
    return toSubscription(kernel, tx, subscriber);
  });
}

/** A subscriber's choices, for the holder of a manage link. Throws `gone` when it leads nowhere. */
export async function readManage(kernel: Kernel, token: string): Promise<Subscription> {
  const subscriber = await findByToken(kernel, kernel.db.read, 'manage', token);
  return toSubscription(kernel, kernel.db.read, subscriber);
}

/** Replaces the choices; none means all. Answers the subscription as it is then. */
export async function saveManage(
  kernel: Kernel,
  token: string,
  componentIds: readonly string[],
  visit: Visit,
): Promise<Subscription> {
  const chosen = await readChoices(kernel.db.read, componentIds);
  return kernel.db.write(async (tx) => {
    const subscriber = await findByToken(kernel, tx, 'manage', token);
    await replaceChoices(tx, subscriber.id, chosen);
    await updateSubscriber(tx, subscriber.id, { updatedAt: kernel.clock.now() });
    const actor = themself(subscriber.id, visit);
    await record(tx, kernel, actor, 'subscriber.choices_changed', subscriber.id, { chosen });
    return toSubscription(kernel, tx, subscriber);
  });
}

/** The page behind an unsubscribe link. Throws `gone` for a token that is not ours. Changes nothing. */
export async function readUnsubscribe(
  kernel: Kernel,
  token: string,
): Promise<{ email: string | undefined; subscribed: boolean }> {
  const subscriber = await findByPublicId(kernel.db.read, publicIdToLeave(kernel, token));
  return { email: subscriber?.email, subscribed: subscriber?.state === 'confirmed' };
}

/** Ends all incident mail to a subscriber; doing it again, or after their erasure, is fine. */
export async function unsubscribe(kernel: Kernel, token: string, visit: Visit): Promise<void> {
  const publicId = publicIdToLeave(kernel, token);
  await kernel.db.write(async (tx) => {
    const subscriber = await findByPublicId(tx, publicId);
    if (!subscriber || subscriber.state === 'unsubscribed') return;
    const actor = themself(subscriber.id, visit);
    const seq = await record(tx, kernel, actor, 'subscriber.unsubscribed', subscriber.id);
    await replaceChoices(tx, subscriber.id, []);
    await updateSubscriber(tx, subscriber.id, {
      state: 'unsubscribed',
      leftSeq: seq,
      updatedAt: kernel.clock.now(),
      confirmNonce: kernel.ids.secret(),
    });
  });
}

function publicIdToLeave(kernel: Kernel, token: string): string {
  const claim = readToken(token);
  if (claim && mayUnsubscribe(kernel.secretKey, claim)) return claim.publicId;
  throw deadLink();
}

/** Who may use a confirm link: whoever has not confirmed. A manage link: whoever has. */
const usableBy = {
  confirm: ['pending', 'unsubscribed'],
  manage: ['confirmed'],
} as const satisfies Record<string, readonly StoredSubscriber['state'][]>;

async function findByToken(
  kernel: Kernel,
  reader: Reader,
  purpose: 'confirm' | 'manage',
  token: string,
): Promise<StoredSubscriber> {
  const claim = readToken(token);
  const subscriber = claim && (await findByPublicId(reader, claim.publicId));
  if (!claim || !subscriber) throw deadLink();
  const states: readonly string[] = usableBy[purpose];
  if (!states.includes(subscriber.state)) throw deadLink();
  if (!isGenuine(kernel.secretKey, purpose, claim, subscriber, kernel.clock)) throw deadLink();
  return subscriber;
}

/** Unknown, used and expired look alike (S-62). */
const deadLink = () =>
  new AppError(
    'gone',
    'This link has been used already, or it has expired. You can ask for a new one.',
  );

async function toSubscription(
  kernel: Kernel,
  reader: Reader,
  subscriber: StoredSubscriber,
): Promise<Subscription> {
  const choices = await choicesOf(reader, [subscriber.id]);
  return {
    email: subscriber.email,
    componentIds: choices.map((choice) => choice.publicId),
    token: manageToken(kernel.secretKey, subscriber, kernel.clock.now()),
    unsubscribeToken: unsubscribeToken(kernel.secretKey, subscriber),
  };
}
