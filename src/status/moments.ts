// Of which moment a snapshot is true, and when the same database would give another one. Pure.
import { minutes } from '../shared/clock.ts';
import type { PublicIncident, PublicMaintenance } from './types.ts';

export interface Surroundings {
  now: Date;
  /** When the page's calendar day ends. */
  midnight: Date;
  /** When anything public last changed. */
  changedAt: Date;
  /** Some component is not operational: its span of today grows in everybody's sight. */
  isTroubled: boolean;
  /** The page says it when a promise is overdue. */
  tellsOverdue: boolean;
  openIncidents: Pick<PublicIncident, 'nextUpdateBy'>[];
  /** Those that are not over. */
  maintenances: Pick<PublicMaintenance, 'state' | 'scheduledFor' | 'scheduledUntil'>[];
}

const troubledStep = minutes(5);
const quietStep = minutes(60);

/**
 * `at` depends on what is public and on the last turning point before `now`, not on `now` itself: the
 * same public state gives the same documents whenever within a span it is built (S-40).
 */
export function momentsOf(around: Surroundings): { at: Date; staleAt: Date } {
  const now = around.now.getTime();
  const step = around.isTroubled ? troubledStep : quietStep;
  const tick = Math.floor(now / step) * step;
  const turns = turningPoints(around);
  const past = [tick, around.changedAt.getTime(), ...turns].filter((turn) => turn <= now);
  const ahead = [tick + step, around.midnight.getTime(), ...turns].filter((turn) => turn > now);
  return { at: new Date(Math.max(...past)), staleAt: new Date(Math.min(...ahead)) };
}

/** Times of promises and plans, behind and ahead. */
function turningPoints({ tellsOverdue, openIncidents, maintenances }: Surroundings): number[] {
  const promises = tellsOverdue ? openIncidents.map((incident) => incident.nextUpdateBy) : [];
  const plans = maintenances.map((one) =>
    one.state === 'scheduled' ? one.scheduledFor : one.scheduledUntil,
  );
  return [...promises, ...plans].flatMap((time) => (time ? [time.getTime()] : []));
}
