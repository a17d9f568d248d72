import { describe, expect, it } from 'vitest';
import type { ComponentStatus, Impact } from '../../src/shared/words.ts';
import { headline } from '../../src/status/rules.ts';

type Row = [ComponentStatus[], Impact[], string, string];

describe('the headline', () => {
  it.each<Row>([
    [[], [], 'none', 'All Systems Operational'],
    [['operational', 'operational'], [], 'none', 'All Systems Operational'],
    [['operational'], ['none'], 'none', 'All Systems Operational'],
    [['operational'], ['minor'], 'minor', 'Minor Service Outage'],
    [['operational'], ['major'], 'major', 'Partial System Outage'],
    [['operational'], ['minor', 'critical', 'none'], 'critical', 'Major System Outage'],
    [['operational', 'under_maintenance'], [], 'maintenance', 'Service Under Maintenance'],
    [['operational', 'under_maintenance'], ['minor'], 'minor', 'Minor Service Outage'],
    [['operational', 'degraded_performance'], [], 'minor', 'Partially Degraded Service'],
    // At the same height the components' own words stay.
    [['operational', 'degraded_performance'], ['minor'], 'minor', 'Partially Degraded Service'],
    [['degraded_performance', 'degraded_performance'], [], 'minor', 'Degraded System Service'],
    [['operational', 'partial_outage'], [], 'minor', 'Minor Service Outage'],
    [['partial_outage', 'partial_outage'], [], 'major', 'Partial System Outage'],
    [['operational', 'major_outage'], ['minor'], 'major', 'Partial System Outage'],
    [['operational', 'major_outage'], ['critical'], 'critical', 'Major System Outage'],
    [['major_outage', 'major_outage'], ['minor'], 'critical', 'Major System Outage'],
  ])('%j with open impacts %j is %s', (statuses, impacts, indicator, description) => {
    expect(headline(statuses, impacts)).toEqual({ indicator, description });
  });
});
