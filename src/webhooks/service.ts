// Asking for a webhook: double opt-in by email, so that nobody points us at somebody else's machine.
// Nothing is posted before that. The answer to a visitor never tells what is known.
import type { Kernel } from '../db/kernel.ts';
import type { Tx } from '../db/tx.ts';
import { suppressionHash } from '../notifications/rules.ts';
import { releaseToOne } from '../notifications/service.ts';
import { isSuppressed } from '../notifications/suppression-store.ts';
import type { MailContent } from '../notifications/types.ts';
import { readSettings } from '../settings/service.ts';
import { type Address, parseAddress } from '../shared/address.ts';
import { invalid } from '../shared/errors.ts';
import type { WebhookFormat } from '../shared/words.ts';
import { readChoices, readFormat, type StoredChoices } from './choices.ts';
import { admit, mayMail } from './limits.ts';
import { assertMayReach, readReachable } from './reach.ts';
import { record, visitor } from './record.ts';
import { formatLabels } from './rules.ts';
import { findPending, insertWebhook, saveWebhook } from './store.ts';
import type { Reach, WebhookMails, WebhookRequest } from './types.ts';

export {
  changeByLink,
  confirmWebhook,
  reactivateByLink,
  readConfirmWebhook,
  readManageWebhook,
  readUnsubscribeWebhook,
  rotateByLink,
  unsubscribeWebhook,
} from './by-link.ts';
export {
  addWebhook,
  changeWebhook,
  countQuarantined,
  deliveryLog,
  listWebhooks,
  purgePendingWebhooks,
  reactivateWebhook,
  readWebhook,
  removeWebhook,
  rotateSecret,
} from './keeping.ts';

/**
 * Asks `request.email` to confirm that `request.endpoint` may be told what happens. Answers nothing,
 * whatever is known of either. Throws `invalid` (at `format`, `endpoint`, `email`, `component`,
 * `incident` or `wants`), or `too_many` for a network that asks too often.
 */
export async function requestWebhook(
  kernel: Kernel,
  request: WebhookRequest,
  means: WebhookMails & Reach,
): Promise<void> {
  if (request.website) return;
  const format = readFormat(request.format);
  const address = readAddress(request.email);
  const choices = await readChoices(kernel.db.read, request);
  // A slip of the pen uses up nobody's requests: only a look-up or a mail does.
  assertMayReach(request.endpoint, means);
  await admit(kernel, request.ip);
  const url = await readReachable(request.endpoint, means);
  const { name, timeZone } = await readSettings(kernel.db.read);
  const page = { name, url: kernel.publicUrl, timeZone };
  const mail = await means.webhookConfirmationMail(page, formatLabels[format]);
  await kernel.db.write(async (tx) => {
    if (await isSuppressed(tx, suppressionHash(kernel.secretKey, address.key))) return;
    if (!(await mayMail(tx, kernel, address.key, url))) return;
    await askToConfirm(tx, kernel, request, { format, url, email: address.email, choices }, mail);
  });
}

function readAddress(email: string): Address {
  const address = parseAddress(email);
  if (address) return address;
  throw invalid('email', 'Please enter one email address, like name@example.com.');
}

interface Wish {
  format: WebhookFormat;
  url: string;
  email: string;
  choices: StoredChoices;
}

async function askToConfirm(
  tx: Tx,
  kernel: Kernel,
  request: WebhookRequest,
  { choices, ...endpoint }: Wish,
  mail: MailContent,
): Promise<void> {
  const now = kernel.clock.now();
  const actor = visitor(request);
  const asked = { ...choices, confirmSentAt: now, updatedAt: now };
  const waiting = await findPending(tx, endpoint);
  const webhook = waiting
    ? await saveWebhook(tx, waiting, asked)
    : await insertWebhook(tx, {
        ...endpoint,
        ...asked,
        publicId: kernel.ids.publicId(),
        nonce: kernel.ids.secret(),
        state: 'pending',
        failures: 0,
        createdAt: now,
        version: 1,
      });
  if (!waiting) {
    await record(tx, kernel, actor, 'webhook.requested', webhook.id, { format: webhook.format });
  }
  await releaseToOne(tx, kernel, actor, {
    kind: 'webhook_confirmation',
    recipientKind: 'webhook',
    recipientId: webhook.id,
    mail,
  });
}
