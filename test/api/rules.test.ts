import { describe, expect, it } from 'vitest';
import { createRequestLimit } from '../../src/api/limit.ts';
import { chosenStatuses, severityFor, wordsFor } from '../../src/api/rules.ts';
import { seconds } from '../../src/shared/clock.ts';
import type { ComponentStatus } from '../../src/shared/words.ts';
import { testClock } from '../support/kernel.ts';

describe('severity from impact', () => {
  it.each([
    ['nothing named', undefined, [], 4],
    ['all in major outage', undefined, ['major_outage'], 1],
    ['some in major outage', undefined, ['major_outage', 'operational'], 2],
    ['a partial outage', undefined, ['partial_outage'], 3],
    ['degraded', undefined, ['degraded_performance'], 3],
    ['under maintenance', undefined, ['under_maintenance'], 4],
    ['the override above it', 'critical', ['operational'], 1],
    ['the override below it', 'none', ['major_outage'], 4],
  ] as const)('%s', (_, override, statuses, severity) => {
    expect(severityFor(override, [...statuses])).toBe(severity);
  });
});

describe('words where none came', () => {
  it.each([
    ['investigating', undefined, 'We are investigating this issue.'],
    ['investigating', 'investigating', 'We are still investigating this issue.'],
    ['identified', 'investigating', 'The issue has been identified and we are working on a fix.'],
    ['monitoring', 'identified', 'A fix is in place and we are monitoring the results.'],
    ['resolved', 'monitoring', 'This incident has been resolved.'],
    ['investigating', 'resolved', 'We are investigating this issue.'],
  ] as const)('%s after %s', (state, before, words) => {
    expect(wordsFor(state, before)).toBe(words);
  });
});

describe('statuses a request sets', () => {
  const current = new Map<string, ComponentStatus>([
    ['api', 'operational'],
    ['web', 'degraded_performance'],
    ['pay', 'operational'],
  ]);
  const given = new Map<string, ComponentStatus>([['api', 'partial_outage']]);

  it.each([
    ['nothing', 'identified', {}, {}],
    ['a map', 'identified', { components: { web: 'major_outage' } }, { web: 'major_outage' }],
    ['an id that is affected already', 'identified', { component_ids: ['api'] }, {}],
    ['a new id', 'identified', { component_ids: ['web'] }, { web: 'degraded_performance' }],
    ['an empty status', 'identified', { components: { web: '' } }, { web: 'degraded_performance' }],
    [
      'ids and a map: the map wins',
      'identified',
      { component_ids: ['api', 'web'], components: { web: 'major_outage' } },
      { web: 'major_outage' },
    ],
    ['affected ids at the end', 'resolved', { component_ids: ['api', 'web'] }, {}],
    ['a healthy id at the end', 'resolved', { component_ids: ['pay'] }, { pay: 'operational' }],
    [
      'a map at the end',
      'resolved',
      { components: { api: 'operational' } },
      { api: 'operational' },
    ],
  ] as const)('%s (%s)', (_, state, input, expected) => {
    const copy = {
      components: 'components' in input ? input.components : undefined,
      component_ids: 'component_ids' in input ? [...input.component_ids] : undefined,
    };
    expect(chosenStatuses(copy, state, current, given)).toEqual(expected);
  });
});

describe('the request limit of a token', () => {
  it('lets a burst through, refuses the next and says when to come back', () => {
    const clock = testClock();
    const count = createRequestLimit(clock);
    const spend = (times: number) => {
      for (let i = 0; i < times; i += 1) count('token 1');
    };
    spend(1200);
    expect(() => count('token 1')).toThrow(
      expect.objectContaining({ code: 'too_many', retryAfter: 1 }),
    );
    count('token 2');
    clock.advance(seconds(1));
    spend(20);
    expect(() => count('token 1')).toThrow('Too many requests');
    clock.advance(seconds(600));
    spend(1200);
    expect(() => count('token 1')).toThrow('Too many requests');
  });
});
