// The words of the clock: a warning, how a promise stands, and who writes a warning's mail.
import type { IncidentState, Severity } from '../shared/words.ts';
import type { ClockWarning, MailPage } from '../templates/mails.ts';
import type { CompiledMail } from '../templates/types.ts';

/** Whose promise a warning is about. Other audiences have clocks of their own later. */
export const customers = 'customers';

export interface Warning {
  /** Minutes from the promise at which it is to be given: -10, -5, 0, 10, 25, 40 … */
  offset: number;
  /** When that is. */
  at: Date;
  /** Milliseconds since then, never negative. */
  lateness: number;
}

export interface ClockState {
  phase: 'calm' | 'soon' | 'due' | 'overdue';
  /** Milliseconds until the promise; negative once it has passed. */
  remaining: number;
}

/** Writes a warning's mail, outside any transaction. */
export type ComposeClockMail = (page: MailPage, warning: ClockWarning) => Promise<CompiledMail>;

/** An open public incident's clock, as the desk shows it. */
export interface OpenClock {
  incidentId: string;
  title: string;
  severity: Severity;
  state: IncidentState;
  due: Date;
  clock: ClockState;
  /** The newest warning given about this promise. */
  lastWarning: { offset: number; at: Date } | undefined;
}
