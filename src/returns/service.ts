// What follows from a return: quarantine, suppression, a pause. One transaction with the row that records it.
import type { Kernel } from '../db/kernel.ts';
import type { Tx } from '../db/tx.ts';
import type { DeliveryKey } from '../notifications/delivery-mark.ts';
import { pauseFor } from '../notifications/lifecycle.ts';
import { days, plus } from '../shared/clock.ts';
import { sha256 } from '../shared/ids.ts';
import { complained, quarantineFor } from '../subscribers/quarantine.ts';
import { verdictOf } from './assemble.ts';
import {
  type Accusation,
  countingSofts,
  decidesToPause,
  isOurFault,
  softLimit,
  softWindow,
} from './rules.ts';
import {
  anyUnattributed,
  audienceUpTo,
  deleteUnattributed,
  hasDelivery,
  insertReturn,
  newestKept,
  policyReturns,
  softReturns,
} from './store.ts';
import type { Outcome, Report, ReturnFacts } from './types.ts';

export { countReturns, returnsOf } from './store.ts';

/** Records a report, and does what follows from it unless the same was noted before. */
export async function noteReturn(tx: Tx, kernel: Kernel, report: Report): Promise<Outcome> {
  const { source, kind, code, detail, digest } = report;
  const isOurs = report.delivery !== undefined && (await hasDelivery(tx, report.delivery));
  const delivery = isOurs ? report.delivery : undefined;
  const about = delivery ?? { notificationId: null, recipientKind: null, recipientId: null };
  const at = kernel.clock.now();
  // Before the row is there: whether this is the one that decides.
  const pauses = delivery && (await mustPause(tx, report, delivery));
  const isNew = await insertReturn(tx, { ...about, at, source, kind, code, detail, digest });
  if (!isNew) return 'known';
  if (!delivery) return 'unattributed';
  if (pauses) {
    const because = { reason: 'policy', code, source, detail };
    await pauseFor(tx, kernel, delivery.notificationId, because);
  }
  await blame(tx, kernel, report, delivery);
  return 'noted';
}

async function mustPause(
  tx: Tx,
  { isOurFault: accuses, source }: Report,
  { notificationId, recipientId }: DeliveryKey,
): Promise<boolean> {
  if (!accuses) return false;
  const earlier = (await policyReturns(tx, notificationId)).flatMap((row): Accusation[] =>
    row.recipientId !== null && isOurFault(row.code, row.detail)
      ? [{ source: row.source, recipientId: row.recipientId }]
      : [],
  );
  return decidesToPause(earlier, { source, recipientId }, audienceUpTo(tx, notificationId, 1000));
}

async function blame(tx: Tx, kernel: Kernel, report: Report, delivery: DeliveryKey): Promise<void> {
  const { kind, code, source, detail } = report;
  if (kind !== 'hard' && kind !== 'soft' && kind !== 'complaint') return;
  const { recipientKind, recipientId } = delivery;
  if (recipientKind !== 'subscriber') {
    // Their mail is their sign-in and their warnings: a person decides.
    const who = { [recipientKind]: recipientId };
    kernel.log.warn({ ...who, kind, code, source }, `Mail to a ${recipientKind} came back.`);
    return;
  }
  if (kind === 'complaint') {
    await complained(tx, kernel, recipientId, { kind, code, source, detail });
  } else if (kind === 'hard' || (await tooManySofts(tx, kernel, delivery))) {
    await quarantineFor(tx, kernel, recipientId, { kind, code, source });
  }
}

async function tooManySofts(tx: Tx, kernel: Kernel, delivery: DeliveryKey): Promise<boolean> {
  const since = plus(kernel.clock.now(), -softWindow);
  const softs = await softReturns(tx, delivery, since);
  const [newest, oldest] = [softs[0], softs.at(-1)];
  if (newest === undefined || oldest === undefined || softs.length < softLimit) return false;
  const kept = await newestKept(tx, delivery, { from: oldest, to: newest });
  return countingSofts(softs, kept) >= softLimit;
}

/** How a relay refused a message while it was sent, for good. */
export interface SmtpRefusal {
  smtpCode: number | null;
  /** Enhanced status code, where the caller knows it; otherwise it is looked for in the reply. */
  code?: string | null;
  /** As the relay wrote it: it is redacted here. */
  reply: string;
}

/** The report to note about a delivery that failed at the relay; undefined where no server said a word. */
export function returnFromSmtp(key: DeliveryKey, refusal: SmtpRefusal): Report | undefined {
  const { smtpCode, code, reply } = refusal;
  if (smtpCode === null || smtpCode < 400) return undefined;
  const facts: ReturnFacts = {
    action: 'failed',
    smtpCode,
    code: code ?? undefined,
    diagnostic: reply,
  };
  const { notificationId, recipientKind, recipientId } = key;
  const identity = ['smtp', notificationId, recipientKind, recipientId, smtpCode, code ?? ''];
  return {
    source: 'smtp',
    ...verdictOf(facts),
    delivery: key,
    digest: sha256(identity.join('\n')),
  };
}

/** How long a return that is nobody's is kept to be looked at. */
const unattributedLifetime = days(30);

/** Forgets old returns that could not be attributed: anybody can send them. Answers how many. */
export async function purgeReturns(kernel: Kernel): Promise<number> {
  const before = plus(kernel.clock.now(), -unattributedLifetime);
  if (!(await anyUnattributed(kernel.db.read, before))) return 0;
  return kernel.db.write((tx) => deleteUnattributed(tx, before));
}
