// Deciding to tell webhooks something: content frozen, one delivery row for each that is owed it.
import type { Kernel } from '../db/kernel.ts';
import type { Reader, Tx } from '../db/tx.ts';
import { append } from '../events/service.ts';
import type { Actor } from '../events/types.ts';
import { plus } from '../shared/clock.ts';
import { isSingleLine } from '../shared/text.ts';
import { lifetimes } from './rules.ts';
import { cancelFor } from './lifecycle.ts';
import { changeNotification, freezeContent, insertNotification, readContent } from './store.ts';
import type { MailContent, ReleaseToWebhooks, WebhookMessage } from './types.ts';
import { countOwedWebhooks, heldIds, insertWebhookDeliveries } from './webhook-store.ts';

export {
  componentPublicId,
  firstConfirmed,
  incidentPublicId,
  moveCursor,
  readCursor,
} from './webhook-store.ts';

/**
 * Owes a message to every webhook that had confirmed by its event and wants it. Answers the
 * notification's id, or undefined when nobody is owed it. Part of the caller's transaction.
 */
export async function releaseToWebhooks(
  tx: Tx,
  kernel: Kernel,
  release: ReleaseToWebhooks,
): Promise<number | undefined> {
  if ((await countOwedWebhooks(tx, release)) === 0) return undefined;
  const now = kernel.clock.now();
  const id = await insertNotification(tx, {
    ...notificationOf(now),
    kind: 'webhook',
    state: 'queued',
    incidentId: release.incidentId,
    maintenanceId: release.maintenanceId,
    cutSeq: release.cutSeq,
    contentSha256: await freezeContent(tx, toContent(release.message)),
  });
  await insertWebhookDeliveries(tx, id, release, now);
  return id;
}

/** What all rows of the lane have in common: their deliveries are made with them. */
const notificationOf = (now: Date) => ({
  lane: 'webhook' as const,
  recipientKind: 'webhook' as const,
  audience: [],
  highId: 0,
  expandedTo: 0,
  createdAt: now,
  notBefore: now,
  expiresAt: plus(now, lifetimes.webhook),
});

/** Keeps a message that was sent outside the queue, as a test is, for the delivery log. Answers its id. */
export async function noteSent(tx: Tx, kernel: Kernel, message: WebhookMessage): Promise<number> {
  const now = kernel.clock.now();
  return insertNotification(tx, {
    ...notificationOf(now),
    kind: 'test',
    state: 'sent',
    finishedAt: now,
    cutSeq: 0,
    contentSha256: await freezeContent(tx, toContent(message)),
  });
}

const toContent = ({ subject, bodies }: WebhookMessage): MailContent => {
  const line = isSingleLine(subject) ? subject : subject.replaceAll(/\s+/g, ' ');
  return { subject: line, html: '', plain: JSON.stringify(bodies) };
};

/** A frozen message by its hash. */
export async function readMessage(reader: Reader, hash: string): Promise<WebhookMessage> {
  const { subject, plain } = await readContent(reader, hash);
  return { subject, bodies: JSON.parse(plain) as WebhookMessage['bodies'] };
}

/** How many messages to webhooks wait for that decision. */
export const countHeld = async (reader: Reader) => (await heldIds(reader)).length;

/** Decides about the messages held since a restore: they go out, or they never do. Answers how many. */
export async function decideHeld(
  kernel: Kernel,
  actor: Actor,
  decision: 'send' | 'drop',
): Promise<number> {
  return kernel.db.write(async (tx) => {
    const held = await heldIds(tx);
    for (const id of held) {
      if (decision === 'drop') await cancelFor(tx, kernel, id, { reason: 'recalled' }, actor);
      else await changeNotification(tx, id, ['paused'], { state: 'queued' });
    }
    const kind = decision === 'send' ? 'webhooks.resumed' : 'webhooks.dropped';
    const data = { count: held.length };
    if (held.length > 0) await append(tx, kernel.clock, actor, { kind, subject: 'webhook', data });
    return held.length;
  });
}
