// What people do with scheduled maintenance. Each verb is one transaction: update, components, event, mail.
import type { Kernel } from '../db/kernel.ts';
import { keyedRequest } from '../events/idempotency.ts';
import type { Actor } from '../events/types.ts';
import { invalid } from '../shared/errors.ts';
import {
  changesOf,
  checkedReminders,
  checkWindow,
  chosenComponents,
  newSeries,
} from './choices.ts';
import { findMaintenance } from './find.ts';
import { type ComposeMaintenanceMail, composeMail } from './mail.ts';
import { type Decision, earlierTold, once, perform, planMail } from './perform.ts';
import { canMove, longerWords, mailKindOf, movedWords, wordsFor } from './rules.ts';
import { insertMaintenance, scheduledOfSeries } from './store.ts';
import { take } from './transition.ts';
import type {
  CancelScope,
  MaintenanceRow,
  MaintenanceUpdateInput,
  Repeatable,
  ScheduleInput,
  Told,
  Window,
} from './types.ts';

export { changeMaintenance, correctMaintenanceUpdate, endSeries } from './changes.ts';

/** Announces a maintenance. `compose` writes its mail; failing, it is left out. */
export async function schedule(
  kernel: Kernel,
  actor: Actor,
  input: ScheduleInput,
  compose: ComposeMaintenanceMail = composeMail,
): Promise<Told> {
  const request = requestOf(actor, 'schedule maintenance', input);
  const earlier = await earlierTold(kernel, request);
  if (earlier) return earlier;
  const now = kernel.clock.now();
  const { state = 'scheduled', announces = input.notifies } = input;
  checkWindow(input, now);
  if (state === 'scheduled' && input.scheduledFor <= now) {
    throw invalid('scheduledFor', 'Please choose a start that still lies ahead.');
  }
  const { byId, told } = await chosenComponents(kernel.db.read, input.components);
  const publicId = kernel.ids.publicId();
  const row = {
    publicId,
    title: input.title,
    state: 'scheduled' as const,
    scheduledFor: input.scheduledFor,
    scheduledUntil: input.scheduledUntil,
    autoStart: input.autoStart,
    autoComplete: input.autoComplete,
    reminders: checkedReminders(input.reminders),
    notifies: input.notifies,
    startedAt: null,
    completedAt: null,
    rrule: input.rule === null ? null : await newSeries(kernel, input, input.rule),
    seriesId: input.rule === null ? null : publicId,
    backfilled: false,
    createdAt: now,
    updatedAt: now,
    version: 0,
  };
  const kind = mailKindOf('completed', state, false);
  const step = { kind, state, body: input.body, statuses: byId, settlesReminders: true };
  const decision = { step, mails: announces, components: told };
  const seen = { maintenance: { ...row, id: 0 }, concerned: [] };
  const mail = await planMail(kernel, seen, decision, compose);
  const made = await once(kernel, request, async (tx) => {
    const maintenance = await insertMaintenance(tx, row);
    const mailFailed = announces && mail === undefined;
    return (await take(tx, kernel, actor, maintenance, { ...step, mailFailed }, mail)).id;
  });
  return must(made);
}

/** Says something: a note, the next state, another time, or all of it together. */
export async function publishMaintenanceUpdate(
  kernel: Kernel,
  actor: Actor,
  publicId: string,
  input: MaintenanceUpdateInput,
  compose?: ComposeMaintenanceMail,
): Promise<Told> {
  const { version } = input;
  const request = requestOf(actor, `update maintenance ${publicId}`, input);
  const told = await perform(
    kernel,
    actor,
    publicId,
    async (seen): Promise<Decision> => {
      const { maintenance } = seen;
      if (!canMove(maintenance.state, input.state)) {
        throw invalid('state', 'The maintenance cannot go to this state from here.');
      }
      const { details = {}, window } = input;
      const { changes, components } = await changesOf(kernel, seen, details, window);
      const isMoved = window !== undefined && differs(window, maintenance);
      const settlesReminders = isMoved || details.reminders !== undefined;
      return {
        step: {
          kind: mailKindOf(maintenance.state, input.state, isMoved),
          state: input.state,
          body: input.body ?? plainWords(maintenance, input, isMoved),
          changes,
          settlesReminders,
          ...(components && { statuses: components.byId }),
        },
        mails: input.notify,
        components: components?.told,
      };
    },
    { version, request, compose },
  );
  return must(told);
}

const differs = (a: Window, b: Window) =>
  a.scheduledFor.getTime() !== b.scheduledFor.getTime() ||
  a.scheduledUntil.getTime() !== b.scheduledUntil.getTime();

function plainWords(
  before: MaintenanceRow,
  { state, window }: MaintenanceUpdateInput,
  isMoved: boolean,
): string {
  if (!window || !isMoved || state !== before.state) return wordsFor(state);
  return state === 'scheduled' ? movedWords(window) : longerWords(window);
}

/** Moves it to another time, told in `body` or plain words; reminders are given anew for the new start. */
export async function reschedule(
  kernel: Kernel,
  actor: Actor,
  publicId: string,
  input: Window & { version?: number; body?: string | undefined; notify: boolean } & Repeatable,
): Promise<Told> {
  const { scheduledFor, scheduledUntil, body, ...rest } = input;
  const { state } = await findMaintenance(kernel.db.read, publicId);
  return publishMaintenanceUpdate(kernel, actor, publicId, {
    ...rest,
    state,
    window: { scheduledFor, scheduledUntil },
    ...(body !== undefined && { body }),
  });
}

/** Calls it off; with `series` also every occurrence still to come, and none follows. */
export async function cancel(
  kernel: Kernel,
  actor: Actor,
  publicId: string,
  input: {
    version?: number | undefined;
    body?: string | undefined;
    notify: boolean;
    scope: CancelScope;
  } & Repeatable,
): Promise<Told> {
  const { scope, version } = input;
  const body = input.body ?? wordsFor('cancelled');
  const request = requestOf(actor, `cancel maintenance ${publicId}`, input);
  const told = await perform(
    kernel,
    actor,
    publicId,
    ({ maintenance }): Decision => {
      if (!canMove(maintenance.state, 'cancelled') || maintenance.state === 'cancelled') {
        throw invalid('state', 'Only a maintenance that is not over can be cancelled.');
      }
      const { id, seriesId } = maintenance;
      const endsSeries = scope === 'series' && seriesId !== null;
      return {
        step: {
          kind: 'cancelled',
          state: 'cancelled',
          body,
          ...(endsSeries && { changes: { rrule: null } }),
        },
        mails: input.notify,
        ...(endsSeries && {
          afterwards: async (tx) => {
            for (const other of await scheduledOfSeries(tx, seriesId)) {
              if (other.id === id) continue;
              const step = { kind: 'cancelled', state: 'cancelled', body } as const;
              await take(tx, kernel, actor, other, { ...step, changes: { rrule: null } });
            }
          },
        }),
      };
    },
    { version, request },
  );
  return must(told);
}

function requestOf(actor: Actor, verb: string, { idempotencyKey, sent, ...rest }: Repeatable) {
  return keyedRequest(actor, idempotencyKey, { verb, body: sent ?? rest });
}

function must(told: Told | undefined): Told {
  if (!told) throw new Error('A maintenance verb did nothing.');
  return told;
}
