// How the public page says the words of the product.
import type { ComponentStatus, Impact, IncidentState } from '../shared/words.ts';

export const stateLabels: Record<IncidentState, string> = {
  investigating: 'Investigating',
  identified: 'Identified',
  monitoring: 'Monitoring',
  resolved: 'Resolved',
};

export const impactLabels: Record<Impact, string> = {
  none: 'No impact',
  minor: 'Minor impact',
  major: 'Major impact',
  critical: 'Critical impact',
};

export const statusLabels: Record<ComponentStatus, string> = {
  operational: 'Operational',
  under_maintenance: 'Under maintenance',
  degraded_performance: 'Degraded performance',
  partial_outage: 'Partial outage',
  major_outage: 'Major outage',
};

/** Where an update stands on its incident's page; also the end of its address in feeds. */
export const updateAnchor = (updateId: string) => `update-${updateId}`;
