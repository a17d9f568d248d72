// How every verb runs: look, compose the mail, then one transaction in which nothing may have changed since.
import type { Kernel } from '../db/kernel.ts';
import type { Reader, Tx } from '../db/tx.ts';
import { earlierResult, type KeyedRequest, rememberResult } from '../events/idempotency.ts';
import type { Actor } from '../events/types.ts';
import type { ComponentStatus } from '../shared/words.ts';
import type { CompiledMail } from '../templates/types.ts';
import { conflict, findMaintenance, Overtaken } from './find.ts';
import { type ComposeMaintenanceMail, composeMail } from './mail.ts';
import { datesAfter } from './rules.ts';
import { concernedBy, type ConcernedRow, maintenanceById, updateById } from './store.ts';
import { type Step, take } from './transition.ts';
import type { MaintenanceRow, Told } from './types.ts';

/** A maintenance as it was found. */
export interface Seen {
  maintenance: MaintenanceRow;
  concerned: ConcernedRow[];
}

/** What a verb decided to do. */
export interface Decision {
  step: Step;
  mails: boolean;
  /** Minutes to the start, of a reminder. */
  before?: number | undefined;
  /** Components as they will be, where they change. */
  components?: readonly { name: string; status: ComponentStatus }[] | undefined;
  /** In the same transaction, ahead of the step; false when there is nothing to do any more. */
  first?: ((tx: Tx) => Promise<boolean>) | undefined;
  /** In the same transaction, after the step. */
  afterwards?: ((tx: Tx) => Promise<void>) | undefined;
}

export interface Terms {
  /** The version that the author saw; left out, the newest is taken. */
  version?: number | undefined;
  request?: KeyedRequest | undefined;
  compose?: ComposeMaintenanceMail | undefined;
}

/**
 * Carries out what `decide` makes of the maintenance as it is, once for a request however often it is
 * made. Undefined when `decide`, or the decision's `first`, finds nothing to do.
 */
export async function perform(
  kernel: Kernel,
  actor: Actor,
  publicId: string,
  decide: (seen: Seen) => Promise<Decision | undefined> | Decision | undefined,
  { version, request, compose = composeMail }: Terms = {},
): Promise<Told | undefined> {
  return whileOvertaken(async () => {
    const earlier = await earlierTold(kernel, request);
    if (earlier) return earlier;
    const maintenance = await findMaintenance(kernel.db.read, publicId);
    const concerned = await concernedBy(kernel.db.read, maintenance.id);
    if (version !== undefined && version !== maintenance.version) throw conflict();
    const decision = await decide({ maintenance, concerned });
    if (!decision) return undefined;
    const mail = await planMail(kernel, { maintenance, concerned }, decision, compose);
    const step = { ...decision.step, mailFailed: decision.mails && mail === undefined };
    return once(kernel, request, async (tx) => {
      const now = await findMaintenance(tx, publicId);
      if (now.version !== maintenance.version) throw new Overtaken();
      if (decision.first && !(await decision.first(tx))) return undefined;
      const update = await take(tx, kernel, actor, now, step, mail);
      await decision.afterwards?.(tx);
      return update.id;
    });
  });
}

/** The mail of a decision; undefined when none is wanted, or it cannot be composed. */
export async function planMail(
  kernel: Kernel,
  { maintenance, concerned }: Seen,
  { step, mails, before, components }: Decision,
  compose: ComposeMaintenanceMail = composeMail,
): Promise<CompiledMail | undefined> {
  if (!mails) return undefined;
  const decided = { ...maintenance, ...step.changes };
  const dates = step.dates ?? datesAfter(decided, step.state, kernel.clock.now());
  try {
    return await compose(kernel, {
      kind: step.kind,
      maintenance: { ...decided, ...dates, state: step.state },
      words: step.body,
      components: components ?? concerned.filter((row) => !row.archivedAt),
      before,
      movedFrom: step.changes?.scheduledFor && maintenance,
    });
  } catch (error) {
    kernel.log.error({ err: error, kind: step.kind }, 'The mail about a maintenance failed.');
    return undefined;
  }
}

/** What the same request came to before: time may have passed since that would have it refused now. */
export async function earlierTold(
  { db, clock }: Kernel,
  request: KeyedRequest | undefined,
): Promise<Told | undefined> {
  const earlier = await earlierResult(db.read, request, clock.now());
  return earlier === undefined ? undefined : toldOf(db.read, earlier);
}

/** Runs `work` unless the same request was made before; either way the answer is the same (F-20). */
export const once = (
  kernel: Kernel,
  request: KeyedRequest | undefined,
  work: (tx: Tx) => Promise<number | undefined>,
): Promise<Told | undefined> =>
  kernel.db.write(async (tx) => {
    const now = kernel.clock.now();
    const earlier = await earlierResult(tx, request, now);
    if (earlier !== undefined) return toldOf(tx, earlier);
    const updateId = await work(tx);
    if (updateId === undefined) return undefined;
    await rememberResult(tx, request, updateId, now);
    return toldOf(tx, updateId);
  });

async function toldOf(reader: Reader, updateId: number): Promise<Told> {
  const update = await updateById(reader, updateId);
  const { id, publicId } = await maintenanceById(reader, update.maintenanceId);
  return {
    maintenanceId: id,
    maintenancePublicId: publicId,
    updateId,
    updatePublicId: update.publicId,
  };
}

/** Looks and composes anew while others change the maintenance in between. */
async function whileOvertaken<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Overtaken) || attempt === 5) throw error;
    }
  }
}
