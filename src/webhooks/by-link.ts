// What the holder of a link can do with a webhook: confirm, see and change it, bring it back, end it.
import type { Kernel } from '../db/kernel.ts';
import type { Reader, Tx } from '../db/tx.ts';
import { AppError } from '../shared/errors.ts';
import { readChoices, showChoices } from './choices.ts';
import { record, visitor } from './record.ts';
import { hostOf, isSigned, mostPerUrl } from './rules.ts';
import { findByPublicId, liveTwins, saveWebhook, type StoredWebhook } from './store.ts';
import {
  isGenuine,
  manageToken,
  mayUnsubscribe,
  readToken,
  signingSecret,
  unsubscribeToken,
} from './tokens.ts';
import type { Visit, WebhookChoices, WebhookView } from './types.ts';

/** A webhook with its signing secret: shown now and never again. Undefined for formats that are not signed. */
export interface WithSecret {
  webhook: WebhookView;
  secret: string | undefined;
}

/** The page behind a confirm link. Throws `gone` when it leads nowhere. Changes nothing. */
export async function readConfirmWebhook(kernel: Kernel, token: string): Promise<WebhookView> {
  const webhook = await findByToken(kernel, kernel.db.read, 'confirm', token);
  return toView(kernel, kernel.db.read, webhook);
}

/** Makes a webhook count. The link is used up by it; an older one of the same endpoint and address makes room. */
export async function confirmWebhook(
  kernel: Kernel,
  token: string,
  visit: Visit,
): Promise<WithSecret> {
  return kernel.db.write(async (tx) => {
    const webhook = await findByToken(kernel, tx, 'confirm', token);
    await makeRoom(tx, kernel, webhook, visit);
    const confirmed = await goLive(tx, kernel, webhook, visit, 'webhook.confirmed');
    return withSecret(kernel, tx, confirmed);
  });
}

/** Repeated requests replace each other; a stranger's many addresses must not flood one endpoint. */
async function makeRoom(tx: Tx, kernel: Kernel, webhook: StoredWebhook, visit: Visit) {
  const twins = await liveTwins(tx, webhook);
  const former = twins.filter((twin) => twin.email !== null && twin.email === webhook.email);
  for (const twin of former) await end(tx, kernel, twin, visit, 'webhook.replaced');
  if (twins.length - former.length >= mostPerUrl) {
    throw new AppError('gone', 'This address is told of what happens by several others already.');
  }
}

/** Owed everything from now on, and nothing older. */
async function goLive(
  tx: Tx,
  kernel: Kernel,
  webhook: StoredWebhook,
  visit: Visit,
  kind: string,
): Promise<StoredWebhook> {
  const confirmedSeq = await record(tx, kernel, visitor(visit), kind, webhook.id);
  return saveWebhook(tx, webhook, {
    state: 'confirmed',
    confirmedSeq,
    leftSeq: null,
    failures: 0,
    failingSince: null,
    updatedAt: kernel.clock.now(),
    ...(webhook.state === 'pending' && { nonce: kernel.ids.secret() }),
  });
}

/** For the holder of a manage link. Throws `gone` when it leads nowhere. */
export async function readManageWebhook(kernel: Kernel, token: string): Promise<WebhookView> {
  const webhook = await findByToken(kernel, kernel.db.read, 'manage', token);
  return toView(kernel, kernel.db.read, webhook);
}

/** Replaces what it hears. Throws `invalid` as `requestWebhook` does. */
export async function changeByLink(
  kernel: Kernel,
  token: string,
  choices: WebhookChoices,
  visit: Visit,
): Promise<WebhookView> {
  return kernel.db.write(async (tx) => {
    const webhook = await findByToken(kernel, tx, 'manage', token);
    const chosen = await readChoices(tx, choices);
    const updatedAt = kernel.clock.now();
    const changed = await saveWebhook(tx, webhook, { ...chosen, updatedAt });
    await record(tx, kernel, visitor(visit), 'webhook.choices_changed', webhook.id, { chosen });
    return toView(kernel, tx, changed);
  });
}

/** Signs with a new secret from now on; the former one is worth nothing any more. */
export async function rotateByLink(
  kernel: Kernel,
  token: string,
  visit: Visit,
): Promise<WithSecret> {
  return kernel.db.write(async (tx) => {
    const webhook = await findByToken(kernel, tx, 'manage', token);
    const change = { nonce: kernel.ids.secret(), updatedAt: kernel.clock.now() };
    const changed = await saveWebhook(tx, webhook, change);
    await record(tx, kernel, visitor(visit), 'webhook.secret_rotated', webhook.id);
    return withSecret(kernel, tx, changed);
  });
}

/** Brings a quarantined webhook back; one that is live stays as it is. */
export async function reactivateByLink(
  kernel: Kernel,
  token: string,
  visit: Visit,
): Promise<WebhookView> {
  return kernel.db.write(async (tx) => {
    const webhook = await findByToken(kernel, tx, 'manage', token);
    if (webhook.state === 'confirmed') return toView(kernel, tx, webhook);
    return toView(kernel, tx, await goLive(tx, kernel, webhook, visit, 'webhook.reactivated'));
  });
}

/** The page behind an unsubscribe link. Throws `gone` for a token that is not ours. */
export async function readUnsubscribeWebhook(
  kernel: Kernel,
  token: string,
): Promise<{ host: string | undefined; live: boolean }> {
  const webhook = await findByPublicId(kernel.db.read, publicIdToLeave(kernel, token));
  const live = webhook?.state === 'confirmed' || webhook?.state === 'quarantined';
  return { host: webhook && hostOf(webhook.url), live };
}

/** Ends all messages to a webhook; doing it again, or after it was removed, is fine. */
export async function unsubscribeWebhook(
  kernel: Kernel,
  token: string,
  visit: Visit,
): Promise<void> {
  const publicId = publicIdToLeave(kernel, token);
  await kernel.db.write(async (tx) => {
    const webhook = await findByPublicId(tx, publicId);
    if (!webhook || webhook.state === 'unsubscribed') return;
    await end(tx, kernel, webhook, visit, 'webhook.unsubscribed');
  });
}

async function end(tx: Tx, kernel: Kernel, webhook: StoredWebhook, visit: Visit, kind: string) {
  const leftSeq = await record(tx, kernel, visitor(visit), kind, webhook.id);
  const left = { state: 'unsubscribed' as const, leftSeq, nonce: kernel.ids.secret() };
  await saveWebhook(tx, webhook, { ...left, updatedAt: kernel.clock.now() });
}

// Links

function publicIdToLeave(kernel: Kernel, token: string): string {
  const claim = readToken(token);
  if (claim && mayUnsubscribe(kernel.secretKey, claim)) return claim.publicId;
  throw deadLink();
}

const usableBy = {
  confirm: ['pending'],
  manage: ['confirmed', 'quarantined'],
} as const satisfies Record<string, readonly StoredWebhook['state'][]>;

async function findByToken(
  kernel: Kernel,
  reader: Reader,
  purpose: 'confirm' | 'manage',
  token: string,
): Promise<StoredWebhook> {
  const claim = readToken(token);
  const webhook = claim && (await findByPublicId(reader, claim.publicId));
  if (!claim || !webhook) throw deadLink();
  const states: readonly string[] = usableBy[purpose];
  if (!states.includes(webhook.state)) throw deadLink();
  if (!isGenuine(kernel.secretKey, purpose, claim, webhook, kernel.clock)) throw deadLink();
  return webhook;
}

/** Unknown, used and expired look alike (S-62). */
const deadLink = () =>
  new AppError(
    'gone',
    'This link has been used already, or it has expired. You can ask for a new one.',
  );

async function withSecret(kernel: Kernel, reader: Reader, row: StoredWebhook): Promise<WithSecret> {
  return {
    webhook: await toView(kernel, reader, row),
    secret: isSigned(row.format) ? signingSecret(kernel.secretKey, row) : undefined,
  };
}

async function toView(kernel: Kernel, reader: Reader, row: StoredWebhook): Promise<WebhookView> {
  const shown = (await showChoices(reader, [row])).get(row.id);
  if (!shown) throw new Error('A webhook has lost its choices.');
  const { format, state, url } = row;
  return {
    ...shown,
    format,
    state,
    host: hostOf(url),
    token: manageToken(kernel.secretKey, row, kernel.clock.now()),
    unsubscribeToken: unsubscribeToken(kernel.secretKey, row),
  };
}
