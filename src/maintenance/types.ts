// Scheduled maintenance, its updates, and what people say about them. Forms and API read the same input.
import type { maintenances, maintenanceUpdates } from '../db/schema.ts';
import type { ComponentStatus, MaintenanceState } from '../shared/words.ts';

export type MaintenanceRow = typeof maintenances.$inferSelect;
export type MaintenanceUpdateRow = typeof maintenanceUpdates.$inferSelect;

/** What each component shows while the maintenance runs, by public id. */
export type RunningStatuses = Record<string, ComponentStatus>;

export interface Window {
  scheduledFor: Date;
  scheduledUntil: Date;
}

/** Repeating a request with the same key and body within 24 hours changes nothing (F-20). */
export interface Repeatable {
  idempotencyKey?: string | undefined;
  /** What the client sent, where the input holds values made from the clock. */
  sent?: unknown;
}

/** How a maintenance runs by itself, and whom it tells. */
export interface Habits {
  /** Begins at its time without anybody pressing. */
  autoStart: boolean;
  /** Is over at its time without anybody pressing. */
  autoComplete: boolean;
  /** Minutes before the start at which it is announced again. */
  reminders: number[];
  /** Whether email goes out at reminders, start, end and moves. */
  notifies: boolean;
}

export interface ScheduleInput extends Habits, Window, Repeatable {
  title: string;
  /** Markdown. */
  body: string;
  components: RunningStatuses;
  /** Whether the announcement itself is mailed; as `notifies`, unless given. */
  announces?: boolean | undefined;
  /** RRULE without the name, such as `FREQ=WEEKLY;BYDAY=TU`; null for a single one. */
  rule: string | null;
  /** `in_progress` when it begins with its announcement. */
  state?: 'scheduled' | 'in_progress' | undefined;
}

/** Only what is given changes. */
export interface MaintenanceDetails extends Partial<Habits> {
  title?: string | undefined;
  components?: RunningStatuses | undefined;
  /** A new rule, counted from this occurrence on; null ends the series with it. */
  rule?: string | null | undefined;
}

export interface MaintenanceUpdateInput extends Repeatable {
  /** The version that the author saw; left out, the newest is taken. */
  version?: number | undefined;
  state: MaintenanceState;
  /** Left out: the plain words for this state or move. */
  body?: string | undefined;
  /** Whether the update is mailed. */
  notify: boolean;
  /** A new time, told with this update. */
  window?: Window | undefined;
  /** Changed together with the update, in the same transaction. */
  details?: MaintenanceDetails | undefined;
}

/** `series` takes back every occurrence still to come, too. */
export type CancelScope = 'one' | 'series';

/** What a verb came to. */
export interface Told {
  maintenanceId: number;
  maintenancePublicId: string;
  updateId: number;
  updatePublicId: string;
}

/** What a mail about a maintenance tells. */
export const mailKinds = [
  'announced',
  'reminder',
  'started',
  'updated',
  'verifying',
  'completed',
  'rescheduled',
  'cancelled',
] as const;
export type MailKind = (typeof mailKinds)[number];
