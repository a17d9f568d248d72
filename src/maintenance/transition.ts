// The heart of it: one step of a maintenance and all that follows, inside the caller's transaction.
import { applyImpacts } from '../components/service.ts';
import type { Kernel } from '../db/kernel.ts';
import type { Tx } from '../db/tx.ts';
import { append } from '../events/service.ts';
import type { Actor } from '../events/types.ts';
import { releaseToSubscribers } from '../notifications/service.ts';
import type { ComponentStatus, MaintenanceState } from '../shared/words.ts';
import type { CompiledMail } from '../templates/types.ts';
import { conflict, accountOf } from './find.ts';
import { nextOccurrence, readSeries, writeSeries } from './recurrence.ts';
import { recordReminder } from './reminder-store.ts';
import { datesAfter, isRunning, remindersUpTo } from './rules.ts';
import {
  concernedBy,
  type ConcernedRow,
  insertMaintenance,
  insertUpdate,
  replaceComponents,
  saveMaintenance,
  updatesOf,
} from './store.ts';
import type { MailKind, MaintenanceRow, MaintenanceUpdateRow } from './types.ts';

export type Changes = Partial<
  Pick<
    MaintenanceRow,
    | 'title'
    | 'scheduledFor'
    | 'scheduledUntil'
    | 'autoStart'
    | 'autoComplete'
    | 'reminders'
    | 'notifies'
    | 'rrule'
    | 'seriesId'
  >
>;

/** What one update does to its maintenance. */
export interface Step {
  kind: MailKind;
  state: MaintenanceState;
  body: string;
  changes?: Changes;
  /** When it truly began and was over, where that is not now. */
  dates?: Pick<MaintenanceRow, 'startedAt' | 'completedAt'>;
  /** What each component shows while it runs, by row id; left out, as before. */
  statuses?: ReadonlyMap<number, ComponentStatus>;
  /** Reminders of its start time whose moment has passed are not given any more. */
  settlesReminders?: boolean;
  /** A mail was wanted and could not be composed. */
  mailFailed?: boolean;
  /** Nobody pressed: time alone, or a series, brought it. */
  automatic?: boolean;
}

/** Writes the update, its event and its mail, and lets components, reminders and the series follow. */
export async function take(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  before: MaintenanceRow,
  step: Step,
  mail?: CompiledMail,
): Promise<MaintenanceUpdateRow> {
  const now = kernel.clock.now();
  const decided = { ...before, ...step.changes };
  const goesOn = before.state === 'scheduled' && step.state !== 'scheduled' && decided.rrule;
  const after = await saveMaintenance(tx, before, {
    ...step.changes,
    ...(step.dates ?? datesAfter(decided, step.state, now)),
    ...(goesOn && { rrule: null }),
    state: step.state,
    updatedAt: now,
  });
  if (!after) throw conflict();
  if (step.statuses) await replaceComponents(tx, after.id, step.statuses);
  const concerned = (await concernedBy(tx, after.id)).filter((row) => !row.archivedAt);
  const update = await insertUpdate(tx, {
    publicId: kernel.ids.publicId(),
    maintenanceId: after.id,
    state: step.state,
    body: step.body,
    affected: affectedOf(before.state, step.state, concerned),
    // Without its mail it is told all the same to whoever does not need one: webhooks.
    deliverNotifications: mail !== undefined || step.mailFailed === true,
    displayAt: now,
    createdAt: now,
    updatedAt: now,
    authorId: accountOf(actor),
  });
  await showOnComponents(tx, kernel, actor, after, concerned);
  if (step.settlesReminders) await settleReminders(tx, kernel, after);
  await tell(tx, kernel, actor, after, update, { step, from: before });
  if (mail) await releaseMail(tx, kernel, actor, after, concerned, mail);
  if (goesOn) await continueSeries(tx, kernel, actor, { ...after, rrule: goesOn }, concerned);
  return update;
}

/** What an update says of components: nothing before the start, what they show while it runs, and its end. */
const affectedOf = (from: MaintenanceState, to: MaintenanceState, concerned: ConcernedRow[]) =>
  concerned.map(({ publicId, name, effective, status }) => ({
    code: publicId,
    name,
    oldStatus: isRunning(from) ? status : effective,
    newStatus: newStatus(from, to, { effective, status }),
  }));

function newStatus(
  from: MaintenanceState,
  to: MaintenanceState,
  { effective, status }: Pick<ConcernedRow, 'effective' | 'status'>,
): ComponentStatus {
  if (isRunning(to)) return status;
  return isRunning(from) ? 'operational' : effective;
}

/** While it runs its components show what it gives them, the worst of all sources winning; then it lets go. */
export const showOnComponents = (
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  { id, state }: MaintenanceRow,
  concerned: readonly ConcernedRow[],
): Promise<void> =>
  applyImpacts(
    tx,
    kernel,
    actor,
    { source: 'maintenance', sourceId: id },
    new Map(isRunning(state) ? concerned.map((row) => [row.id, row.status]) : []),
  );

/** Whoever hears of a time now need not be reminded of what has passed by then. */
export async function settleReminders(
  tx: Tx,
  kernel: Kernel,
  maintenance: MaintenanceRow,
): Promise<void> {
  if (maintenance.state !== 'scheduled') return;
  const at = kernel.clock.now();
  const { id: maintenanceId, scheduledFor } = maintenance;
  for (const before of remindersUpTo(maintenance, at)) {
    await recordReminder(tx, { maintenanceId, scheduledFor, before, at, sent: false });
  }
}

const tell = (
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  after: MaintenanceRow,
  update: MaintenanceUpdateRow,
  { step, from }: { step: Step; from: MaintenanceRow },
) =>
  append(tx, kernel.clock, actor, {
    kind: step.kind === 'announced' ? 'maintenance.scheduled' : 'maintenance.updated',
    subject: 'maintenance',
    subjectId: after.id,
    isPublic: true,
    data: {
      maintenance: after.publicId,
      update: update.publicId,
      what: step.kind,
      state: update.state,
      scheduledFor: after.scheduledFor,
      scheduledUntil: after.scheduledUntil,
      affected: update.affected,
      ...(step.changes?.scheduledFor && {
        movedFrom: { scheduledFor: from.scheduledFor, scheduledUntil: from.scheduledUntil },
      }),
      ...(step.automatic && { automatic: true }),
      ...(step.mailFailed && { mailFailed: true }),
    },
  });

const releaseMail = (
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  maintenance: MaintenanceRow,
  concerned: ConcernedRow[],
  mail: CompiledMail,
) =>
  releaseToSubscribers(tx, kernel, actor, {
    kind: 'maintenance',
    maintenanceId: maintenance.id,
    mail,
    componentIds: concerned.map((row) => row.id),
  });

/**
 * The series' next occurrence, announced on the page as soon as this one leaves the plan, so that one is
 * always in sight. It is not mailed: its reminders are. What is over by now is left out.
 */
async function continueSeries(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  from: MaintenanceRow & { rrule: string },
  concerned: readonly ConcernedRow[],
): Promise<void> {
  const series = readSeries(from.rrule);
  const now = kernel.clock.now();
  const next = nextOccurrence(series, now);
  if (!next) return;
  const announced = (await updatesOf(tx, from.id)).at(-1);
  const { scheduledFor, scheduledUntil, at } = next;
  const { title, autoStart, autoComplete, reminders, notifies, seriesId } = from;
  const row = await insertMaintenance(tx, {
    title,
    autoStart,
    autoComplete,
    reminders,
    notifies,
    seriesId,
    scheduledFor,
    scheduledUntil,
    publicId: kernel.ids.publicId(),
    state: 'scheduled',
    rrule: writeSeries({ ...series, at }),
    backfilled: false,
    createdAt: now,
    updatedAt: now,
    version: 0,
  });
  await take(tx, kernel, actor, row, {
    kind: 'announced',
    state: 'scheduled',
    body: announced?.body ?? title,
    statuses: new Map(concerned.map((one) => [one.id, one.status])),
    settlesReminders: true,
    automatic: true,
  });
}
