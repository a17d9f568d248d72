// The heart of publishing: one update and all that follows from it, inside the caller's transaction.
import type { Kernel } from '../db/kernel.ts';
import type { Tx } from '../db/tx.ts';
import { append } from '../events/service.ts';
import type { Actor } from '../events/types.ts';
import { invalid } from '../shared/errors.ts';
import { detailChanges, recordDetails } from './changes.ts';
import { accountOf } from './find.ts';
import { attachMail, isDelivered, type MailPlan } from './mail.ts';
import { recompute } from './recompute.ts';
import { canMove, choicesOf, handOver } from './rules.ts';
import { affectedBy, componentsNamed, insertUpdate } from './store.ts';
import type { AffectedComponent, IncidentRow, UpdateInput, UpdateRow } from './types.ts';

/** What an author says; the first words of an incident are an update too. */
export type UpdatePart = Omit<UpdateInput, 'version' | 'email' | 'idempotencyKey' | 'sent'>;

/** Adds an update, its event and its email, and lets everything derived follow. Answers the update's id. */
export async function addUpdate(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  before: IncidentRow,
  input: UpdatePart,
  plan: MailPlan,
): Promise<number> {
  const now = kernel.clock.now();
  const becomesPublic = input.makePublic === true && before.visibility === 'private';
  const isPublic = becomesPublic || before.visibility === 'public';
  const move = canMove(before.state, input.state);
  if (!move.allowed) throw invalid('state', 'The incident cannot go to this state from here.');
  const details = detailChanges(before, input.details ?? {});

  const update = await insertUpdate(tx, {
    publicId: kernel.ids.publicId(),
    incidentId: before.id,
    state: input.state,
    body: input.body,
    affected: await affectedNow(tx, before, input, becomesPublic),
    isPublic,
    nextUpdateBy: isPublic ? promiseOf(input, now) : null,
    deliverNotifications: isDelivered(plan, isPublic),
    displayAt: now,
    createdAt: now,
    updatedAt: now,
    authorId: accountOf(actor),
  });
  const handedOver = isPublic ? await baselinesAfter(tx, before, update) : undefined;
  const changes = { ...details, ...(becomesPublic && shownFrom(now)) };
  const after = await recompute(tx, kernel, actor, before, changes, handedOver);

  await recordDetails(tx, kernel, actor, before, after);
  await recordUpdate(tx, kernel, actor, update, { becomesPublic, ...move });
  if (isPublic) await attachMail(tx, kernel, actor, after, update, plan);
  return update.id;
}

const shownFrom = (now: Date) => ({ visibility: 'public' as const, publishedAt: now });

/** When the next word is due. Whoever can see an open incident is always told. */
function promiseOf({ state, nextUpdateBy }: UpdatePart, now: Date): Date | null {
  if (state === 'resolved') return null;
  if (!nextUpdateBy) throw invalid('nextUpdateBy', 'Please say when the next update is due.');
  if (nextUpdateBy <= now) {
    throw invalid('nextUpdateBy', 'Please choose a time that still lies ahead.');
  }
  return nextUpdateBy;
}

/** What the update changes of components, with their names as they are now. */
async function affectedNow(
  tx: Tx,
  before: IncidentRow,
  input: UpdatePart,
  becomesPublic: boolean,
): Promise<AffectedComponent[]> {
  const current = new Map(
    (await affectedBy(tx, before.id)).map((row) => [row.publicId, row.status]),
  );
  const resolves = input.state === 'resolved' && before.state !== 'resolved';
  const choices = choicesOf(input.components, current, { resolves, becomesPublic });
  const rows = await componentsNamed(tx, [...choices.keys()]);
  const gone = (code: string) =>
    !rows.some((row) => row.publicId === code && (!row.archivedAt || current.has(code)));
  if (Object.keys(input.components).some(gone)) {
    throw invalid('components', 'One of these components is no longer on the page.');
  }
  // Before it was on the page, or once it was resolved, visitors saw what the component itself showed.
  const spoke = before.visibility === 'public' && before.state !== 'resolved';
  return rows.map((row) => ({
    code: row.publicId,
    name: row.name,
    oldStatus: (spoke && current.get(row.publicId)) || row.status,
    newStatus: choices.get(row.publicId) ?? row.status,
  }));
}

async function baselinesAfter(tx: Tx, before: IncidentRow, update: UpdateRow) {
  const affected = before.visibility === 'public' ? await affectedBy(tx, before.id) : [];
  const leftovers = affected
    .filter((row) => row.status !== 'operational')
    .map(({ publicId, status, baseline }) => ({ code: publicId, status, baseline }));
  return handOver({ state: before.state, leftovers }, update);
}

const recordUpdate = (
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  update: UpdateRow,
  how: { becomesPublic: boolean; reopens: boolean; warning: string | null },
) =>
  append(tx, kernel.clock, actor, {
    kind: 'incident.updated',
    subject: 'incident_update',
    subjectId: update.id,
    incidentId: update.incidentId,
    isPublic: update.isPublic,
    data: {
      update: update.publicId,
      state: update.state,
      affected: update.affected,
      nextUpdateBy: update.nextUpdateBy,
      ...(how.becomesPublic && { madePublic: true }),
      ...(how.reopens && { reopened: true }),
      ...(how.warning !== null && { warning: how.warning }),
    },
  });
