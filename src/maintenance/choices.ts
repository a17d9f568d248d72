// What people choose about a maintenance, checked against what there is: its time, components, habits, series.
import type { Kernel } from '../db/kernel.ts';
import type { Reader } from '../db/tx.ts';
import { readSettings } from '../settings/service.ts';
import { days, plus } from '../shared/clock.ts';
import { invalid } from '../shared/errors.ts';
import type { ComponentStatus } from '../shared/words.ts';
import type { Seen } from './perform.ts';
import { seriesFrom, writeSeries } from './recurrence.ts';
import { isRunning, longestReminder, mostReminders, tidyReminders } from './rules.ts';
import { componentsNamed } from './store.ts';
import type { Changes } from './transition.ts';
import type { MaintenanceDetails, RunningStatuses, Window } from './types.ts';

const longestWindow = days(30);
const farthest = days(5 * 366);

/** Throws `invalid` for a window that is none, or lies behind. */
export function checkWindow({ scheduledFor, scheduledUntil }: Window, now: Date): void {
  if (scheduledUntil <= scheduledFor) {
    throw invalid('scheduledUntil', 'The end has to come after the start.');
  }
  if (scheduledUntil <= now) {
    throw invalid('scheduledUntil', 'Please choose an end that still lies ahead.');
  }
  if (scheduledUntil.getTime() - scheduledFor.getTime() > longestWindow) {
    throw invalid('scheduledUntil', 'A maintenance lasts 30 days at most.');
  }
  if (scheduledFor > plus(now, farthest)) {
    throw invalid('scheduledFor', 'Please choose a start within the next five years.');
  }
}

export interface ChosenComponents {
  byId: Map<number, ComponentStatus>;
  told: { name: string; status: ComponentStatus }[];
}

/** The components chosen, by row id. `current` ones may stay though they left the page. */
export async function chosenComponents(
  reader: Reader,
  chosen: RunningStatuses,
  current: readonly { publicId: string }[] = [],
): Promise<ChosenComponents> {
  const rows = (await componentsNamed(reader, Object.keys(chosen))).filter(
    (row) => !row.archivedAt || current.some((one) => one.publicId === row.publicId),
  );
  if (rows.length < Object.keys(chosen).length) {
    throw invalid('components', 'One of these components is no longer on the page.');
  }
  const statusOf = (publicId: string) => chosen[publicId] ?? 'under_maintenance';
  return {
    byId: new Map(rows.map((row) => [row.id, statusOf(row.publicId)])),
    told: rows
      .filter((row) => !row.archivedAt)
      .map(({ name, publicId }) => ({ name, status: statusOf(publicId) })),
  };
}

/** Reminders as they are kept, or `invalid` at `reminders`. */
export function checkedReminders(reminders: readonly number[]): number[] {
  const tidy = tidyReminders(reminders);
  if (tidy.length > mostReminders) {
    throw invalid('reminders', `Please choose at most ${mostReminders} reminders.`);
  }
  if (tidy.some((before) => !Number.isInteger(before) || before < 1 || before > longestReminder)) {
    throw invalid('reminders', 'A reminder comes between 1 minute and 30 days before the start.');
  }
  return tidy;
}

/** The lines of a new series that begins with `window`, in the page's zone. */
export async function newSeries(kernel: Kernel, window: Window, rule: string): Promise<string> {
  const { timeZone } = await readSettings(kernel.db.read);
  return writeSeries(seriesFrom(window, rule, timeZone));
}

/** What `details` and a new `window` change of a maintenance as it is. */
export async function changesOf(
  kernel: Kernel,
  { maintenance, concerned }: Seen,
  details: MaintenanceDetails,
  window: Window | undefined,
): Promise<{ changes: Changes; components: ChosenComponents | undefined }> {
  const { title, autoStart, autoComplete, notifies, reminders, rule } = details;
  const changes: Changes = {
    ...(title !== undefined && { title }),
    ...(autoStart !== undefined && { autoStart }),
    ...(autoComplete !== undefined && { autoComplete }),
    ...(notifies !== undefined && { notifies }),
    ...(reminders !== undefined && { reminders: checkedReminders(reminders) }),
    ...(window && movedTo(maintenance, window, kernel.clock.now())),
  };
  if (rule !== undefined) {
    if (maintenance.state !== 'scheduled') {
      throw invalid('rule', 'Only a maintenance that is still to come can repeat.');
    }
    const at = window ?? maintenance;
    changes.rrule = rule === null ? null : await newSeries(kernel, at, rule);
    if (rule !== null) changes.seriesId = maintenance.seriesId ?? maintenance.publicId;
  }
  const components =
    details.components && (await chosenComponents(kernel.db.read, details.components, concerned));
  return { changes, components };
}

function movedTo(
  before: Seen['maintenance'],
  window: Window,
  now: Date,
): Pick<Changes, 'scheduledFor' | 'scheduledUntil'> {
  const startMoves = window.scheduledFor.getTime() !== before.scheduledFor.getTime();
  if (isRunning(before.state) && startMoves) {
    throw invalid('scheduledFor', 'It has begun: only its end can be moved.');
  }
  if (before.state === 'scheduled' && startMoves && window.scheduledFor <= now) {
    throw invalid('scheduledFor', 'Please choose a start that still lies ahead.');
  }
  if (before.state === 'completed' || before.state === 'cancelled') {
    throw invalid('scheduledFor', 'It is over. Please schedule another one.');
  }
  checkWindow(window, now);
  return window;
}
