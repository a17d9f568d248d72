// What a person at the desk, or a program of theirs, does with single subscribers.
import type { SubscriberWish } from '../db/schema.ts';
import type { Kernel } from '../db/kernel.ts';
import type { Reader, Tx } from '../db/tx.ts';
import type { Actor } from '../events/types.ts';
import { suppressionHash } from '../notifications/rules.ts';
import { releaseToOne } from '../notifications/service.ts';
import { isSuppressed } from '../notifications/suppression-store.ts';
import type { MailContent } from '../notifications/types.ts';
import { readSettings } from '../settings/service.ts';
import { parseAddress } from '../shared/address.ts';
import { AppError, invalid, notFound } from '../shared/errors.ts';
import { choicesNow, readComponents, readWish, saveChoices } from './choices.ts';
import { leaving } from './leaving.ts';
import { mayMail } from './limits.ts';
import { record } from './record.ts';
import { addressLimits, type Choices } from './rules.ts';
import {
  findByKey,
  findByPublicId,
  insertSubscriber,
  type StoredSubscriber,
  updateSubscriber,
} from './store.ts';
import type { Asked, SubscriberMails } from './types.ts';

interface NewSubscriberRequest extends Asked {
  email: string;
  /** Consent was given elsewhere: no mail asks for it. */
  isConfirmed: boolean;
}

/**
 * Adds one address, confirmed elsewhere or to be asked. Answers its public id. Throws `invalid` at
 * `email` for one that is subscribed already, that has left by itself, or that must not be mailed.
 */
export async function addByHand(
  kernel: Kernel,
  actor: Actor,
  request: NewSubscriberRequest,
  mails: Pick<SubscriberMails, 'confirmationMail'>,
): Promise<string> {
  const address = parseAddress(request.email);
  if (!address) {
    throw invalid('email', 'Please enter one email address, like name@example.com.');
  }
  const wish = await readWish(kernel.db.read, request);
  const mail = request.isConfirmed ? undefined : await confirmationMail(kernel, mails);
  return kernel.db.write(async (tx) => {
    const hash = suppressionHash(kernel.secretKey, address.key);
    if (await isSuppressed(tx, hash)) throw refused('This address must not be mailed.');
    const known = await findByKey(tx, address.key);
    if (known) refuseKnown(known, request.isConfirmed);
    const subscriber = known ?? (await insert(tx, kernel, address));
    if (mail) await ask(tx, kernel, actor, { subscriber, wish, mail });
    else await admitConfirmed(tx, kernel, actor, subscriber.id, wish);
    return subscriber.publicId;
  });
}

function refuseKnown({ state }: StoredSubscriber, isConfirmed: boolean): void {
  if (state === 'confirmed') throw refused('This address is subscribed already.');
  if (state === 'quarantined')
    throw refused('This address is in quarantine. Reactivate it instead.');
  if (state === 'unsubscribed' && isConfirmed) {
    throw refused(
      'This address has unsubscribed. Only its owner can bring it back: let it be asked.',
    );
  }
}

const refused = (message: string) => invalid('email', message);

const insert = (tx: Tx, kernel: Kernel, address: { email: string; key: string }) =>
  insertSubscriber(tx, {
    publicId: kernel.ids.publicId(),
    email: address.email,
    emailKey: address.key,
    state: 'pending',
    confirmNonce: kernel.ids.secret(),
    createdAt: kernel.clock.now(),
    updatedAt: kernel.clock.now(),
  });

async function admitConfirmed(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  id: number,
  wish: SubscriberWish,
): Promise<void> {
  const now = kernel.clock.now();
  const { incidentId, ...choices } = wish;
  await saveChoices(tx, id, { ...choices, incidentIds: incidentId === null ? [] : [incidentId] });
  const confirmedSeq = await record(tx, kernel, actor, 'subscriber.added', id);
  await updateSubscriber(tx, id, {
    state: 'confirmed',
    confirmedSeq,
    confirmedAt: now,
    wish: null,
    // A link that was sent to confirm leads nowhere any more.
    confirmNonce: kernel.ids.secret(),
    updatedAt: now,
  });
}

interface Question {
  subscriber: StoredSubscriber;
  wish: SubscriberWish | null;
  mail: MailContent;
}

/** Sends the confirm mail, unless the address has had enough of them (S-66); answers whether it did. */
async function ask(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  { subscriber, wish, mail }: Question,
): Promise<boolean> {
  const { id, emailKey } = subscriber;
  if (!(await mayMail(tx, kernel, emailKey, addressLimits))) return false;
  await updateSubscriber(tx, id, { wish, confirmSentAt: kernel.clock.now() });
  await releaseToOne(tx, kernel, actor, {
    kind: 'confirmation',
    recipientKind: 'subscriber',
    recipientId: id,
    mail,
  });
  return true;
}

async function confirmationMail(
  kernel: Kernel,
  mails: Pick<SubscriberMails, 'confirmationMail'>,
): Promise<MailContent> {
  const { name, timeZone, supportContact } = await readSettings(kernel.db.read);
  return mails.confirmationMail({ name, url: kernel.publicUrl, timeZone, supportContact });
}

/** Sends the confirm mail once more to someone who waits for it. Throws `too_many` past the address's limits. */
export async function askAgain(
  kernel: Kernel,
  actor: Actor,
  publicId: string,
  mails: Pick<SubscriberMails, 'confirmationMail'>,
): Promise<void> {
  const mail = await confirmationMail(kernel, mails);
  await kernel.db.write(async (tx) => {
    const subscriber = await mustFind(tx, publicId);
    if (subscriber.state !== 'pending') {
      throw new AppError('conflict', 'Only someone who has not confirmed can be asked again.');
    }
    if (await ask(tx, kernel, actor, { subscriber, wish: subscriber.wish, mail })) return;
    throw new AppError('too_many', 'This address has been asked often enough for now.', {
      retryAfter: 3600,
    });
  });
}

/** Replaces the chosen components; none means all. */
export async function changeChosen(
  kernel: Kernel,
  actor: Actor,
  publicId: string,
  componentIds: readonly string[],
): Promise<void> {
  const chosen = await readComponents(kernel.db.read, componentIds);
  await kernel.db.write(async (tx) => {
    const subscriber = await mustFind(tx, publicId);
    const { wish } = subscriber;
    if (subscriber.state === 'pending' && wish) {
      await updateSubscriber(tx, subscriber.id, { wish: { ...wish, componentIds: chosen } });
    }
    const before = await choicesNow(tx, subscriber);
    const after: Choices = { ...before, componentIds: chosen };
    await saveChoices(tx, subscriber.id, after);
    await updateSubscriber(tx, subscriber.id, { updatedAt: kernel.clock.now() });
    const changed = { componentIds: chosen };
    await record(tx, kernel, actor, 'subscriber.choices_changed', subscriber.id, changed);
  });
}

/** Unsubscribes somebody, in any state; again is fine. */
export async function end(kernel: Kernel, actor: Actor, publicId: string): Promise<void> {
  await kernel.db.write(async (tx) => {
    const { id, state } = await mustFind(tx, publicId);
    if (state !== 'unsubscribed') await leaving(tx, kernel, actor, id);
  });
}

async function mustFind(reader: Reader, publicId: string): Promise<StoredSubscriber> {
  const subscriber = await findByPublicId(reader, publicId);
  if (!subscriber) throw notFound('subscriber');
  return subscriber;
}
