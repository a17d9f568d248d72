// How the page sums itself up: one headline from components and open incidents, worst wins. Pure.
import { rollup } from '../components/rules.ts';
import { type ComponentStatus, type Impact, impacts, indicators, worse } from '../shared/words.ts';
import type { PublicHeadline } from './types.ts';

/** What an unresolved incident's impact says of the page when its components say less. */
const raisedBy: Record<Impact, PublicHeadline | undefined> = {
  none: undefined,
  minor: { indicator: 'minor', description: 'Minor Service Outage' },
  major: { indicator: 'major', description: 'Partial System Outage' },
  critical: { indicator: 'critical', description: 'Major System Outage' },
};

/** Statuspage's top level: the rollup of all leaf components, raised by the worst open impact. */
export function headline(statuses: ComponentStatus[], openImpacts: Impact[]): PublicHeadline {
  const ofComponents = rollup(statuses);
  const worst = openImpacts.reduce<Impact>((a, b) => worse(impacts, a, b), 'none');
  const raised = raisedBy[worst];
  if (!raised) return ofComponents;
  const isWorse = indicators.indexOf(raised.indicator) > indicators.indexOf(ofComponents.indicator);
  return isWorse ? raised : ofComponents;
}
