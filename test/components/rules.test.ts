import { describe, expect, it } from 'vitest';
import { effectiveStatus, rollup } from '../../src/components/rules.ts';
import type { ComponentStatus } from '../../src/shared/words.ts';

const [ok, maintained, degraded, partial, major] = [
  'operational',
  'under_maintenance',
  'degraded_performance',
  'partial_outage',
  'major_outage',
] as const;

describe('the status that wins', () => {
  it.each<[ComponentStatus, ComponentStatus[], ComponentStatus]>([
    [ok, [], ok],
    [ok, [degraded, major, partial], major],
    [degraded, [ok], degraded],
    [partial, [degraded], partial],
    [maintained, [degraded], degraded],
    [maintained, [ok], maintained],
  ])('baseline %s with %j shows %s', (baseline, impacts, shown) => {
    expect(effectiveStatus(baseline, impacts)).toBe(shown);
  });
});

describe('the rollup', () => {
  it.each<[ComponentStatus[], string, string]>([
    [[], 'none', 'All Systems Operational'],
    [[ok, ok], 'none', 'All Systems Operational'],
    [[major], 'critical', 'Major System Outage'],
    [[major, major], 'critical', 'Major System Outage'],
    [[major, ok], 'major', 'Partial System Outage'],
    [[major, partial], 'major', 'Partial System Outage'],
    [[partial, partial], 'major', 'Partial System Outage'],
    [[partial], 'minor', 'Minor Service Outage'],
    [[partial, degraded], 'minor', 'Minor Service Outage'],
    [[degraded, degraded], 'minor', 'Degraded System Service'],
    [[degraded], 'minor', 'Partially Degraded Service'],
    [[degraded, ok], 'minor', 'Partially Degraded Service'],
    [[degraded, maintained], 'minor', 'Partially Degraded Service'],
    [[maintained], 'maintenance', 'Service Under Maintenance'],
    [[maintained, ok], 'maintenance', 'Service Under Maintenance'],
  ])('%j is %s, %s', (statuses, indicator, description) => {
    expect(rollup(statuses)).toEqual({ indicator, description });
  });
});
