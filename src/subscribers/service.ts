// Double opt-in, the asking side. The answer to a visitor never tells whether an address is known (S-61);
// the mails come compiled from the caller's templates, made outside the transaction.
import type { SubscriberWish } from '../db/schema.ts';
import type { Kernel } from '../db/kernel.ts';
import type { Tx } from '../db/tx.ts';
import { suppressionHash } from '../notifications/rules.ts';
import { releaseToOne } from '../notifications/service.ts';
import { isSuppressed } from '../notifications/suppression-store.ts';
import type { MailContent, ReleaseToOne } from '../notifications/types.ts';
import { readSettings } from '../settings/service.ts';
import { type Address, parseAddress } from '../shared/address.ts';
import { invalid } from '../shared/errors.ts';
import { choicesNow, readWish } from './choices.ts';
import { admit, mayMail } from './limits.ts';
import { record, visitor } from './record.ts';
import { addressLimits, alreadyLimit, covers } from './rules.ts';
import { findByKey, insertSubscriber, type StoredSubscriber, updateSubscriber } from './store.ts';
import type {
  ManageLinkRequest,
  ManageMails,
  SubscribeRequest,
  SubscriberMails,
  Visit,
} from './types.ts';

export {
  confirm,
  readConfirm,
  readManage,
  readUnsubscribe,
  saveManage,
  unsubscribe,
} from './by-link.ts';
export { addConfirmed, purgePending, removeSubscriber } from './keeping.ts';
export { addByHand, askAgain, changeChosen, end } from './by-hand.ts';
export { countQuarantined, listQuarantined, purgeQuarantined, reactivate } from './quarantine.ts';
export { counts, countSubscribers, findSubscriber, listNewest, listSubscribers } from './lists.ts';

/**
 * Asks an address to confirm. Answers nothing, whatever it knows of the address. Throws `invalid` for
 * input no address could make right, `too_many` for a network (or the world) that asks too often.
 */
export async function subscribe(
  kernel: Kernel,
  request: SubscribeRequest,
  mails: SubscriberMails,
): Promise<void> {
  if (request.website) return;
  const address = readAddress(request.email);
  const wish = await readWish(kernel.db.read, request);
  await admit(kernel, request.ip);
  const page = await mailPage(kernel);
  // Both, whichever is needed: the time it takes tells nothing either.
  const [confirmation, already] = await Promise.all([
    mails.confirmationMail(page),
    mails.alreadySubscribedMail(page),
  ]);
  await kernel.db.write(async (tx) => {
    const known = await findByKey(tx, address.key);
    if (known?.state === 'quarantined' || (await isListed(tx, kernel, address.key))) return;
    if (known?.state === 'confirmed' && covers(await choicesNow(tx, known), wish)) {
      await mailOnce(tx, kernel, request, known, 'already_subscribed', already);
    } else {
      await askToConfirm(tx, kernel, request, { known, address, wish }, confirmation);
    }
  });
}

/** Sends a confirmed address a link to its choices. Answers nothing, like `subscribe`. */
export async function requestManageLink(
  kernel: Kernel,
  request: ManageLinkRequest,
  mails: ManageMails,
): Promise<void> {
  if (request.website) return;
  const address = readAddress(request.email);
  await admit(kernel, request.ip);
  const mail = await mails.manageLinkMail(await mailPage(kernel));
  await kernel.db.write(async (tx) => {
    const known = await findByKey(tx, address.key);
    if (known?.state !== 'confirmed' || (await isListed(tx, kernel, address.key))) return;
    await mailOnce(tx, kernel, request, known, 'manage_link', mail);
  });
}

function readAddress(email: string): Address {
  const address = parseAddress(email);
  if (address) return address;
  throw invalid('email', 'Please enter one email address, like name@example.com.');
}

async function mailPage(kernel: Kernel) {
  const { name, timeZone, supportContact } = await readSettings(kernel.db.read);
  return { name, url: kernel.publicUrl, timeZone, supportContact };
}

const isListed = (tx: Tx, kernel: Kernel, addressKey: string) =>
  isSuppressed(tx, suppressionHash(kernel.secretKey, addressKey));

/** Nothing changes for someone who has confirmed: an address alone proves nothing. They get one mail a day at most. */
async function mailOnce(
  tx: Tx,
  kernel: Kernel,
  visit: Visit,
  subscriber: StoredSubscriber,
  kind: 'already_subscribed' | 'manage_link',
  mail: MailContent,
): Promise<void> {
  const limits = kind === 'already_subscribed' ? [alreadyLimit] : addressLimits;
  if (!(await mayMail(tx, kernel, subscriber.emailKey, limits))) return;
  await release(tx, kernel, visit, subscriber.id, kind, mail);
}

/** The wish waits beside what is in force: only the button behind the link makes it count. */
async function askToConfirm(
  tx: Tx,
  kernel: Kernel,
  visit: Visit,
  asked: { known: StoredSubscriber | undefined; address: Address; wish: SubscriberWish },
  mail: MailContent,
): Promise<void> {
  const mayAsk = await mayMail(tx, kernel, asked.address.key, addressLimits);
  if (!mayAsk) {
    // The page behind the link that was sent already says what it is for, so that it may say something newer.
    if (asked.known?.wish) await updateSubscriber(tx, asked.known.id, { wish: asked.wish });
    return;
  }
  const now = kernel.clock.now();
  const subscriber = asked.known ?? (await signUp(tx, kernel, visit, asked.address));
  await updateSubscriber(tx, subscriber.id, {
    wish: asked.wish,
    confirmSentAt: now,
    updatedAt: now,
  });
  await release(tx, kernel, visit, subscriber.id, 'confirmation', mail);
}

async function signUp(
  tx: Tx,
  kernel: Kernel,
  visit: Visit,
  address: Address,
): Promise<StoredSubscriber> {
  const now = kernel.clock.now();
  const subscriber = await insertSubscriber(tx, {
    publicId: kernel.ids.publicId(),
    email: address.email,
    emailKey: address.key,
    state: 'pending',
    confirmNonce: kernel.ids.secret(),
    createdAt: now,
    updatedAt: now,
  });
  await record(tx, kernel, visitor(visit), 'subscriber.signed_up', subscriber.id);
  return subscriber;
}

const release = (
  tx: Tx,
  kernel: Kernel,
  visit: Visit,
  recipientId: number,
  kind: ReleaseToOne['kind'],
  mail: MailContent,
) =>
  releaseToOne(tx, kernel, visitor(visit), {
    kind,
    recipientKind: 'subscriber' as const,
    recipientId,
    mail,
  });
