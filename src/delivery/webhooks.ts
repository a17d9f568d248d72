// One claimed message on its way to a webhook: body and signature made, posted, and what came of it as a
// settlement with all that follows from it. Logs name rows, never addresses (S-45).
import { Webhook } from 'standardwebhooks';
import type { Config } from '../config.ts';
import type { Kernel } from '../db/kernel.ts';
import type { Tx } from '../db/tx.ts';
import type {
  Claimed,
  MailContent,
  Settlement,
  WebhookMessage,
  WebhookRecipient,
} from '../notifications/types.ts';
import { readMessage } from '../notifications/webhooks.ts';
import { readSettings } from '../settings/service.ts';
import { hmac } from '../shared/ids.ts';
import { never } from '../shared/never.ts';
import { webhookTroubleMail } from '../templates/mails.ts';
import { noteFailure, noteGone, noteSuccess, wouldEnd } from '../webhooks/health.ts';
import { unsubscribeUrl } from '../webhooks/links.ts';
import { formatLabels, hostOf, isSigned } from '../webhooks/rules.ts';
import { signingSecret } from '../webhooks/tokens.ts';
import { type Answer, post, type PostOptions, type Posting } from './post.ts';
import { type Health, healthAfter, webhookSettlement } from './webhook-rules.ts';

/** How posts leave this house; a test may bring its own resolver and certificates. */
export type Outside = Partial<Pick<PostOptions, 'resolve' | 'ca' | 'timeout'>>;

interface Parts {
  kernel: Kernel;
  config: Pick<Config, 'webhookAllow'>;
  random: () => number;
  outside?: Outside;
}

/** A settlement, and what else is written with it. */
interface Settled {
  settlement: Settlement;
  also?: (tx: Tx) => Promise<void>;
}

export type WebhookDispatch = (claimed: Claimed) => Promise<Settled>;

export function createWebhookDispatch({ kernel, config, random, outside }: Parts): WebhookDispatch {
  const options = postOptions(kernel, config, outside);
  return async (claimed) => {
    const { notification, recipient } = claimed;
    if (recipient.kind !== 'webhook') throw new Error('The webhook lane holds a mail.');
    const message = await readMessage(kernel.db.read, notification.contentSha256);
    const posting = toPosting(kernel, recipient, message, messageIdOf(kernel, claimed));
    if (!posting) return { settlement: nothingToSay };
    const answer = await post(posting, options);
    const now = kernel.clock.now();
    const settlement = webhookSettlement(answer, claimed, now, random());
    logIt(kernel, claimed, answer, settlement);
    return { settlement, also: await whatFollows(kernel, recipient, healthAfter(answer)) };
  };
}

export const postOptions = (
  kernel: Kernel,
  { webhookAllow }: Pick<Config, 'webhookAllow'>,
  outside: Outside = {},
): PostOptions => ({
  ...outside,
  allow: webhookAllow,
  monotonic: () => kernel.clock.monotonic(),
});

/** The format was changed since to one that this message does not speak. */
const nothingToSay: Settlement = {
  state: 'failed',
  charge: true,
  code: null,
  note: { outcome: 'failed', reply: 'There is no such message in this format.' },
};

/** The same at every try, and for nobody else. */
const messageIdOf = (kernel: Kernel, { notification, recipient }: Claimed) =>
  `msg_${hmac(kernel.secretKey, 'webhook message', `${notification.id}|${recipient.id}`).slice(0, 27)}`;

/** The request for one recipient; the body is the same at every try, only the signature's time moves. */
export function toPosting(
  kernel: Kernel,
  recipient: WebhookRecipient,
  { bodies }: WebhookMessage,
  messageId: string,
): Posting | undefined {
  const frozen = bodies[recipient.format];
  if (!frozen) return undefined;
  const body = JSON.stringify(personal(kernel, recipient, frozen));
  return {
    url: recipient.url,
    body,
    headers: {
      'Content-Type': 'application/json',
      'User-Agent': `Forthright (+${kernel.publicUrl})`,
      ...(isSigned(recipient.format) && signature(kernel, recipient, messageId, body)),
    },
  };
}

/** Puts in the one thing that differs from one recipient to the next. Chats have no place for it. */
function personal({ publicUrl, secretKey }: Kernel, recipient: WebhookRecipient, body: object) {
  const link = () => unsubscribeUrl(publicUrl, secretKey, recipient);
  switch (recipient.format) {
    case 'standard':
      return { ...body, unsubscribe_url: link() };
    case 'statuspage':
      return 'meta' in body && typeof body.meta === 'object'
        ? { ...body, meta: { ...body.meta, unsubscribe: link() } }
        : body;
    case 'slack':
    case 'discord':
    case 'teams':
      return body;
    default:
      return never(recipient.format);
  }
}

/** As standard-webhooks writes it: HMAC-SHA256 over id, time and body (S-54). */
function signature(kernel: Kernel, recipient: WebhookRecipient, messageId: string, body: string) {
  const at = kernel.clock.now();
  const signer = new Webhook(signingSecret(kernel.secretKey, recipient));
  return {
    'webhook-id': messageId,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': signer.sign(messageId, at, body),
  };
}

async function whatFollows(
  kernel: Kernel,
  recipient: WebhookRecipient,
  health: Health,
): Promise<(tx: Tx) => Promise<void>> {
  const { id } = recipient;
  switch (health) {
    case 'ok':
      return (tx) => noteSuccess(tx, id);
    case 'gone':
      return (tx) => noteGone(tx, kernel, id);
    case 'busy':
      return async () => {};
    case 'failing': {
      const mail = await troubleMail(kernel, recipient);
      return (tx) => noteFailure(tx, kernel, id, mail);
    }
    default:
      return never(health);
  }
}

/** Compiled before the transaction that needs it, and only at what may be the last straw. */
async function troubleMail(
  kernel: Kernel,
  recipient: WebhookRecipient,
): Promise<MailContent | undefined> {
  if (recipient.email === null || !wouldEnd(recipient, kernel.clock.now())) return undefined;
  try {
    const { name, timeZone } = await readSettings(kernel.db.read);
    const page = { name, url: kernel.publicUrl, timeZone };
    return await webhookTroubleMail(page, {
      host: hostOf(recipient.url),
      formatLabel: formatLabels[recipient.format],
      since: recipient.failingSince ?? kernel.clock.now(),
    });
  } catch (error) {
    kernel.log.error({ err: error }, 'The mail about a failing webhook could not be composed.');
    return undefined;
  }
}

function logIt(kernel: Kernel, claimed: Claimed, answer: Answer, settlement: Settlement): void {
  const facts = {
    notification: claimed.notification.id,
    webhook: claimed.recipient.id,
    status: answer.kind === 'answer' ? answer.status : null,
    ms: answer.ms,
  };
  if (settlement.state === 'sent') kernel.log.debug(facts, 'A webhook was told.');
  else if (settlement.state === 'failed') kernel.log.warn(facts, 'A webhook was not told.');
  else kernel.log.info(facts, 'A webhook will be tried again.');
}
