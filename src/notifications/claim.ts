// Claiming, and the last look before sending: the moments at which a pause, a recall, an expiry or an
// unsubscription is heard.
import type { Kernel } from '../db/kernel.ts';
import type { Reader, Tx } from '../db/tx.ts';
import { plus } from '../shared/clock.ts';
import { never } from '../shared/never.ts';
import type { Lane } from '../shared/words.ts';
import { changeCounts } from './counts-store.ts';
import { dueNotifications } from './due-store.ts';
import { finishIfDone } from './lifecycle.ts';
import {
  accountsByIds,
  type ClaimedRow,
  claimRows,
  insertAttempt,
  lastLookRow,
  settleRow,
  subscribersByIds,
} from './outbox-store.ts';
import { kindOf, leaseLength, reasonAgainst, suppressionHash } from './rules.ts';
import {
  changeNotification,
  incidentOf,
  maintenancePublicIdOf,
  type NotificationRow,
} from './store.ts';
import { anySuppressed, suppressedAmong } from './suppression-store.ts';
import type { Claimed, Settlement, Verdicts } from './types.ts';
import { judgeWebhooks } from './webhook-claim.ts';

/** True when a lane would find something to send now. Costs no write. */
export async function hasDue(reader: Reader, lane: Lane, now: Date): Promise<boolean> {
  return (await dueNotifications(reader, lane, now, 1)).length > 0;
}

/**
 * Takes up to `limit` deliveries of a lane under a lease in the name of `boot`. Rows that must not
 * be sent any more are settled here, with their reason, and not handed out.
 */
export async function claim(
  kernel: Kernel,
  boot: string,
  lane: Lane,
  limit: number,
): Promise<Claimed[]> {
  const now = kernel.clock.now();
  return kernel.db.write(async (tx) => {
    const claimed: Claimed[] = [];
    for (const notification of await dueNotifications(tx, lane, now, limit)) {
      const wanted = limit - claimed.length;
      if (wanted === 0) break;
      claimed.push(...(await claimFrom(tx, kernel, notification, boot, wanted)));
    }
    return claimed;
  });
}

/** Dropped rows make room for others, but not for ever within one transaction. */
const mostRounds = 100;

async function claimFrom(
  tx: Tx,
  kernel: Kernel,
  notification: NotificationRow,
  boot: string,
  wanted: number,
): Promise<Claimed[]> {
  const now = kernel.clock.now();
  const lease = { boot, now, until: plus(now, leaseLength) };
  const claimed: Claimed[] = [];
  for (let round = 0; round < mostRounds && claimed.length < wanted; round += 1) {
    const rows = await claimRows(tx, notification.id, lease, wanted - claimed.length);
    if (rows.length === 0) break;
    claimed.push(...(await keepSendable(tx, kernel, notification, boot, rows)));
  }
  if (claimed.length === 0) {
    await finishIfDone(tx, kernel, notification.id);
  } else if (notification.state === 'queued') {
    await changeNotification(tx, notification.id, ['queued'], { state: 'sending' });
  }
  return claimed;
}

async function keepSendable(
  tx: Tx,
  kernel: Kernel,
  notification: NotificationRow,
  boot: string,
  rows: ClaimedRow[],
): Promise<Claimed[]> {
  const ids = rows.map((row) => row.recipientId);
  const verdicts = await judge(tx, kernel.secretKey, notification, ids);
  const { incidentId } = notification;
  const incident = incidentId === null ? undefined : await incidentOf(tx, incidentId);
  const { id, lane, stage, contentSha256, createdAt, expiresAt } = notification;
  const about = {
    id,
    kind: kindOf(notification.kind),
    lane,
    stage,
    contentSha256,
    createdAt,
    expiresAt,
    incidentPublicId: incident?.publicId ?? null,
    maintenancePublicId: await maintenancePublicIdOf(tx, notification.maintenanceId),
  };
  const claimed: Claimed[] = [];
  for (const { recipientId, attempts, code } of rows) {
    const verdict = verdicts.get(recipientId) ?? 'erased';
    if (typeof verdict === 'string') {
      await suppress(tx, kernel, { notification, boot, recipientId }, verdict);
    } else {
      claimed.push({ notification: about, recipient: verdict, attempts, code });
    }
  }
  await changeCounts(tx, id, { suppressed: rows.length - claimed.length });
  return claimed;
}

function judge(
  reader: Reader,
  secretKey: string,
  notification: NotificationRow,
  ids: number[],
): Promise<Verdicts> {
  switch (notification.recipientKind) {
    case 'account':
      return judgeAccounts(reader, ids);
    case 'webhook':
      return judgeWebhooks(reader, secretKey, notification, ids);
    case 'subscriber':
      return judgeSubscribers(reader, secretKey, notification, ids);
    default:
      return never(notification.recipientKind);
  }
}

async function judgeAccounts(reader: Reader, ids: number[]): Promise<Verdicts> {
  const rows = await accountsByIds(reader, ids);
  return new Map(
    rows.map(({ id, email, disabledAt }) => [
      id,
      disabledAt === null ? { kind: 'account', id, email } : 'account disabled',
    ]),
  );
}

async function judgeSubscribers(
  reader: Reader,
  secretKey: string,
  { kind, cutSeq }: NotificationRow,
  ids: number[],
): Promise<Verdicts> {
  const rows = subscribersByIds(reader, ids);
  const hashOf = (row: { emailKey: string }) => suppressionHash(secretKey, row.emailKey);
  const anybody = anySuppressed(reader);
  const suppressed = anybody ? await suppressedAmong(reader, rows.map(hashOf)) : undefined;
  return new Map(
    rows.map((row) => {
      const { id, email, publicId, confirmNonce, state, confirmedSeq } = row;
      const hasWish = row.hasWish === 1;
      const now = {
        state,
        confirmedSeq,
        hasWish,
        suppressed: suppressed?.has(hashOf(row)) ?? false,
      };
      return [
        id,
        reasonAgainst(kindOf(kind), cutSeq, now) ?? {
          kind: 'subscriber',
          id,
          email,
          publicId,
          confirmNonce,
        },
      ];
    }),
  );
}

async function suppress(
  tx: Tx,
  kernel: Kernel,
  held: { notification: NotificationRow; boot: string; recipientId: number },
  reason: string,
): Promise<void> {
  const key = { notificationId: held.notification.id, recipientId: held.recipientId };
  settleRow(tx, { ...key, boot: held.boot }, { state: 'suppressed', charge: false, code: null });
  const at = kernel.clock.now();
  await insertAttempt(tx, { ...key, at, outcome: 'suppressed', code: null, reply: reason });
}

// The very last look

/**
 * What becomes of a claimed delivery instead of being sent, or undefined where it may go. Claiming is done
 * ahead: since then it may have been paused or taken back, or its reader may have left. One look-up by keys.
 */
export function lastLook(kernel: Kernel, claimed: Claimed): Settlement | undefined {
  const { notification, recipient } = claimed;
  const subscriberId = recipient.kind === 'subscriber' ? recipient.id : 0;
  const now = lastLookRow(kernel.db.read, notification.id, subscriberId);
  if (!now || now.notificationState === 'cancelled') return unsent('cancelled', claimed.code);
  const isHeld =
    now.notificationState === 'paused' || now.expiresAt <= kernel.clock.now().getTime();
  if (isHeld) return { ...unsent('queued', claimed.code), nextAt: kernel.clock.now() };
  if (recipient.kind !== 'subscriber') return undefined;
  const { state, confirmedSeq, cutSeq } = now;
  const hasWish = now.hasWish === 1;
  const subscriber =
    state === null ? undefined : { state, confirmedSeq, hasWish, suppressed: false };
  const reason = reasonAgainst(notification.kind, cutSeq, subscriber);
  if (reason === undefined) return undefined;
  return { ...unsent('suppressed', null), note: { outcome: 'suppressed', reply: reason } };
}

const unsent = (state: Settlement['state'], code: number | null): Settlement => ({
  state,
  charge: false,
  code,
  note: null,
});
