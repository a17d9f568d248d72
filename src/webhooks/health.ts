// How a webhook fares: a success forgets its failures, many over long switch it off, "gone" ends it.
import type { Kernel } from '../db/kernel.ts';
import type { Tx } from '../db/tx.ts';
import { systemActor } from '../events/types.ts';
import { releaseToOne } from '../notifications/service.ts';
import type { MailContent, WebhookRecipient } from '../notifications/types.ts';
import { record } from './record.ts';
import { isHopeless } from './rules.ts';
import { findById, saveHealth, saveWebhook } from './store.ts';

/** Whether one more failure now would switch it off, as far as the claim knew. */
export const wouldEnd = (
  { failures, failingSince }: Pick<WebhookRecipient, 'failures' | 'failingSince'>,
  now: Date,
): boolean => isHopeless(failures + 1, failingSince ?? now, now);

export async function noteSuccess(tx: Tx, id: number): Promise<void> {
  const webhook = await findById(tx, id);
  if (!webhook || (webhook.failures === 0 && webhook.failingSince === null)) return;
  await saveHealth(tx, id, { failures: 0, failingSince: null });
}

/** Counts a failure. At the last straw it is switched off, and its holder told once with `mail`. */
export async function noteFailure(
  tx: Tx,
  kernel: Kernel,
  id: number,
  mail: MailContent | undefined,
): Promise<void> {
  const webhook = await findById(tx, id);
  if (webhook?.state !== 'confirmed') return;
  const now = kernel.clock.now();
  const failures = webhook.failures + 1;
  const failingSince = webhook.failingSince ?? now;
  await saveHealth(tx, id, { failures, failingSince });
  if (!isHopeless(failures, failingSince, now)) return;
  const data = { failures, since: failingSince };
  const leftSeq = await record(tx, kernel, systemActor, 'webhook.quarantined', id, data);
  await saveWebhook(tx, webhook, { state: 'quarantined', leftSeq, updatedAt: now });
  if (!mail || webhook.email === null) return;
  await releaseToOne(tx, kernel, systemActor, {
    kind: 'webhook_trouble',
    recipientKind: 'webhook',
    recipientId: id,
    mail,
  });
}

/** The endpoint answered that it is there no more, for good. */
export async function noteGone(tx: Tx, kernel: Kernel, id: number): Promise<void> {
  const webhook = await findById(tx, id);
  if (webhook?.state !== 'confirmed') return;
  const leftSeq = await record(tx, kernel, systemActor, 'webhook.gone', id);
  const left = { state: 'unsubscribed' as const, leftSeq };
  await saveWebhook(tx, webhook, { ...left, updatedAt: kernel.clock.now() });
}
