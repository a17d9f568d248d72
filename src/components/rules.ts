// Which status wins, and what many statuses come to together.
import { type ComponentStatus, componentStatuses, type Indicator, worse } from '../shared/words.ts';

export const worstStatus = (statuses: Iterable<ComponentStatus>): ComponentStatus =>
  [...statuses].reduce((worst, status) => worse(componentStatuses, worst, status), 'operational');

/** What visitors see: the worst of what a person set and what open incidents say. */
export const effectiveStatus = (
  baseline: ComponentStatus,
  impacts: Iterable<ComponentStatus>,
): ComponentStatus => worstStatus([baseline, ...impacts]);

export interface Rollup {
  indicator: Indicator;
  description: string;
}

/** Statuspage's own words for each state of a page. */
const allOperational: Rollup = {
  indicator: 'none',
  description: 'All Systems Operational',
};

/** Statuspage's function over leaf components (groups left out): the first row that matches. */
export function rollup(statuses: readonly ComponentStatus[]): Rollup {
  const any = (status: ComponentStatus) => statuses.includes(status);
  const all = (status: ComponentStatus) => statuses.every((one) => one === status);
  const several = statuses.length > 1;

  if (statuses.length === 0) return allOperational;
  if (all('major_outage')) return { indicator: 'critical', description: 'Major System Outage' };
  if (any('major_outage')) return { indicator: 'major', description: 'Partial System Outage' };
  if (all('partial_outage') && several) {
    return { indicator: 'major', description: 'Partial System Outage' };
  }
  if (any('partial_outage')) return { indicator: 'minor', description: 'Minor Service Outage' };
  if (all('degraded_performance') && several) {
    return { indicator: 'minor', description: 'Degraded System Service' };
  }
  if (any('degraded_performance')) {
    return { indicator: 'minor', description: 'Partially Degraded Service' };
  }
  if (any('under_maintenance')) {
    return { indicator: 'maintenance', description: 'Service Under Maintenance' };
  }
  return allOperational;
}
