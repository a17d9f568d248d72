// What the desk and time do with webhooks: add, change, rotate, bring back, remove, list, forget.
import type { Kernel } from '../db/kernel.ts';
import type { Reader } from '../db/tx.ts';
import { append } from '../events/service.ts';
import { type Actor, systemActor } from '../events/types.ts';
import { parseAddress } from '../shared/address.ts';
import { plus } from '../shared/clock.ts';
import { AppError, invalid, notFound } from '../shared/errors.ts';
import { readChoices, readFormat, showChoices } from './choices.ts';
import { deliveriesOf, lastAttempts } from './log-store.ts';
import { readReachable } from './reach.ts';
import { record } from './record.ts';
import { confirmLifetime, hostOf, isSigned } from './rules.ts';
import {
  allWebhooks,
  anyPendingBefore,
  deletePendingBefore,
  deleteWebhook,
  findByPublicId,
  insertWebhook,
  saveWebhook,
  type StoredWebhook,
} from './store.ts';
import { signingSecret } from './tokens.ts';
import type { LoggedDelivery, NewWebhook, Reach, WebhookRow } from './types.ts';

export { countQuarantined } from './store.ts';

/** What is shown once: the public id it is found by, and the secret where its format is signed. */
export interface Shown {
  publicId: string;
  secret: string | undefined;
}

/** An admin's own webhook: nobody has to confirm it. Throws `invalid` at the field. */
export async function addWebhook(
  kernel: Kernel,
  actor: Actor,
  input: NewWebhook,
  reach: Reach,
): Promise<Shown> {
  const format = readFormat(input.format);
  const email = readEmail(input.email);
  const choices = await readChoices(kernel.db.read, input);
  const url = await readReachable(input.endpoint, reach);
  return kernel.db.write(async (tx) => {
    const now = kernel.clock.now();
    const webhook = await insertWebhook(tx, {
      ...choices,
      format,
      url,
      email,
      publicId: kernel.ids.publicId(),
      nonce: kernel.ids.secret(),
      state: 'confirmed',
      failures: 0,
      createdAt: now,
      updatedAt: now,
      version: 1,
    });
    const confirmedSeq = await record(tx, kernel, actor, 'webhook.added', webhook.id, { format });
    return shown(kernel, await saveWebhook(tx, webhook, { confirmedSeq, updatedAt: now }));
  });
}

/** Changes a webhook over version `version`. An empty `endpoint` keeps the address, which is shown nowhere. */
export async function changeWebhook(
  kernel: Kernel,
  actor: Actor,
  publicId: string,
  version: number,
  input: NewWebhook,
  reach: Reach,
): Promise<void> {
  const format = readFormat(input.format);
  const email = readEmail(input.email);
  const choices = await readChoices(kernel.db.read, input);
  const typed = input.endpoint.trim();
  const url = typed === '' ? undefined : await readReachable(typed, reach);
  await kernel.db.write(async (tx) => {
    const before = await mustFind(tx, publicId);
    if (before.version !== version) {
      throw new AppError('conflict', 'Someone else changed this webhook meanwhile.');
    }
    const change = { ...choices, format, email, ...(url !== undefined && { url }) };
    await saveWebhook(tx, before, { ...change, updatedAt: kernel.clock.now() });
    const data = { format, ...choices, ...(url !== undefined && { addressChanged: true }) };
    await record(tx, kernel, actor, 'webhook.changed', before.id, data);
  });
}

/** Signs with a new secret from now on, and shows it once. */
export async function rotateSecret(kernel: Kernel, actor: Actor, publicId: string): Promise<Shown> {
  return kernel.db.write(async (tx) => {
    const before = await mustFind(tx, publicId);
    await record(tx, kernel, actor, 'webhook.secret_rotated', before.id);
    const change = { nonce: kernel.ids.secret(), updatedAt: kernel.clock.now() };
    return shown(kernel, await saveWebhook(tx, before, change));
  });
}

/** Lets a quarantined webhook be told of what happens from now on. */
export async function reactivateWebhook(
  kernel: Kernel,
  actor: Actor,
  publicId: string,
): Promise<void> {
  await kernel.db.write(async (tx) => {
    const before = await mustFind(tx, publicId);
    if (before.state !== 'quarantined') {
      throw new AppError(
        'conflict',
        'Only a webhook that is switched off can be switched on again.',
      );
    }
    const confirmedSeq = await record(tx, kernel, actor, 'webhook.reactivated', before.id);
    await saveWebhook(tx, before, {
      state: 'confirmed',
      confirmedSeq,
      leftSeq: null,
      failures: 0,
      failingSince: null,
      updatedAt: kernel.clock.now(),
    });
  });
}

/** Removes a webhook with its address. What was sent stays as numbers. */
export async function removeWebhook(kernel: Kernel, actor: Actor, publicId: string): Promise<void> {
  await kernel.db.write(async (tx) => {
    const { id } = await mustFind(tx, publicId);
    await deleteWebhook(tx, id);
    await record(tx, kernel, actor, 'webhook.removed', id);
  });
}

/** Forgets requests whose confirm links have all expired; answers how many. */
export async function purgePendingWebhooks(kernel: Kernel): Promise<number> {
  const limit = plus(kernel.clock.now(), -confirmLifetime);
  if (!(await anyPendingBefore(kernel.db.read, limit))) return 0;
  return kernel.db.write(async (tx) => {
    const count = await deletePendingBefore(tx, limit);
    const data = { count };
    const purged = { kind: 'webhooks.purged', subject: 'webhook', data };
    if (count > 0) await append(tx, kernel.clock, systemActor, purged);
    return count;
  });
}

// Reading

/** All webhooks, newest first, each with its last try. */
export async function listWebhooks(reader: Reader): Promise<WebhookRow[]> {
  const rows = await allWebhooks(reader);
  const choices = await showChoices(reader, rows);
  const last = await lastAttempts(
    reader,
    rows.map((row) => row.id),
  );
  return rows.flatMap((row) => {
    const mine = choices.get(row.id);
    return mine ? [toRow(row, mine, last.get(row.id) ?? null)] : [];
  });
}

export async function readWebhook(reader: Reader, publicId: string): Promise<WebhookRow> {
  const row = await mustFind(reader, publicId);
  const mine = (await showChoices(reader, [row])).get(row.id);
  if (!mine) throw notFound('webhook');
  return toRow(row, mine, (await lastAttempts(reader, [row.id])).get(row.id) ?? null);
}

/** What it was told lately, newest first, with each try. */
export async function deliveryLog(reader: Reader, publicId: string): Promise<LoggedDelivery[]> {
  const { id } = await mustFind(reader, publicId);
  return deliveriesOf(reader, id, 50);
}

type Choices = Pick<WebhookRow, 'choices' | 'incidentTitle'>;

const toRow = (row: StoredWebhook, mine: Choices, last: WebhookRow['last']): WebhookRow => ({
  ...mine,
  publicId: row.publicId,
  format: row.format,
  host: hostOf(row.url),
  email: row.email,
  state: row.state,
  failures: row.failures,
  failingSince: row.failingSince,
  createdAt: row.createdAt,
  version: row.version,
  last,
});

const shown = (kernel: Kernel, row: StoredWebhook): Shown => ({
  publicId: row.publicId,
  secret: isSigned(row.format) ? signingSecret(kernel.secretKey, row) : undefined,
});

async function mustFind(reader: Reader, publicId: string): Promise<StoredWebhook> {
  const webhook = await findByPublicId(reader, publicId);
  if (!webhook) throw notFound('webhook');
  return webhook;
}

function readEmail(text: string): string | null {
  if (text.trim() === '') return null;
  const address = parseAddress(text);
  if (address) return address.email;
  throw invalid('email', 'Please enter one email address, like name@example.com.');
}
