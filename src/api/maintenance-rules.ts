// What a v1 request about maintenance means in our own terms. Pure.
import { usualHabits } from '../maintenance/rules.ts';
import type { Habits, RunningStatuses } from '../maintenance/types.ts';
import type { ComponentStatus } from '../shared/words.ts';
import type { MaintenanceInput } from './maintenance-input.ts';

/** How it runs by itself, as far as the request says so. */
export function givenHabits(input: MaintenanceInput): Partial<Habits> {
  const autoStart = input.scheduled_auto_in_progress ?? input.scheduled_auto_transition;
  // Statuspage has a switch for each end; here one covers both, on when either is.
  const { auto_transition_deliver_notifications_at_start: start } = input;
  const { auto_transition_deliver_notifications_at_end: end } = input;
  const notifies =
    start === undefined && end === undefined ? undefined : start === true || end === true;
  return {
    ...(autoStart !== undefined && { autoStart }),
    ...(input.scheduled_auto_completed !== undefined && {
      autoComplete: input.scheduled_auto_completed,
    }),
    ...(input.scheduled_remind_prior !== undefined && {
      reminders: input.scheduled_remind_prior ? usualHabits.reminders : [],
    }),
    ...(notifies !== undefined && { notifies }),
  };
}

/** Habits of a new maintenance. */
export const newHabits = (input: MaintenanceInput): Habits => ({
  ...usualHabits,
  notifies: input.deliver_notifications ?? usualHabits.notifies,
  ...givenHabits(input),
});

/**
 * What each component named shows while it runs. One that is named without a status, or as operational
 * together with the wish to change it, is under maintenance; without that wish it stays as it is.
 */
export function runningStatuses(input: MaintenanceInput): RunningStatuses | undefined {
  if (input.components === undefined && input.component_ids === undefined) return undefined;
  const changes = input.auto_transition_to_maintenance_state;
  const usual: ComponentStatus = changes === false ? 'operational' : 'under_maintenance';
  const chosen: RunningStatuses = {};
  for (const id of input.component_ids ?? []) chosen[id] = usual;
  for (const [id, status] of Object.entries(input.components ?? {})) {
    const isLeft = status === '' || (status === 'operational' && changes === true);
    chosen[id] = isLeft ? usual : status;
  }
  return chosen;
}
