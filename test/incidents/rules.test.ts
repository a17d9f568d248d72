import { describe, expect, it } from 'vitest';
import type { AffectedComponent } from '../../src/db/schema.ts';
import {
  canMove,
  choicesOf,
  type Decided,
  defaultVisibility,
  derive,
  deriveImpact,
  handOver,
  impactOf,
  nextState,
  type Said,
  severityFromImpact,
} from '../../src/incidents/rules.ts';
import { type ComponentStatus, incidentStates } from '../../src/shared/words.ts';

describe('moving from state to state', () => {
  it.each(incidentStates.flatMap((from) => incidentStates.map((to) => [from, to] as const)))(
    '%s → %s is allowed',
    (from, to) => {
      expect(canMove(from, to).allowed).toBe(true);
    },
  );

  it.each([
    ['investigating', 'identified', null],
    ['investigating', 'investigating', null],
    ['investigating', 'monitoring', 'This skips Identified.'],
    ['investigating', 'resolved', 'This skips Identified and Monitoring.'],
    ['identified', 'resolved', 'This skips Monitoring.'],
    ['monitoring', 'resolved', null],
    ['monitoring', 'investigating', null],
    ['resolved', 'monitoring', null],
  ] as const)('%s → %s warns: %s', (from, to, warning) => {
    expect(canMove(from, to).warning).toBe(warning);
  });

  it.each([
    ['resolved', 'investigating', true],
    ['resolved', 'monitoring', true],
    ['resolved', 'resolved', false],
    ['monitoring', 'identified', false],
  ] as const)('%s → %s reopens: %s', (from, to, reopens) => {
    expect(canMove(from, to).reopens).toBe(reopens);
  });

  it.each([
    ['investigating', 'identified'],
    ['monitoring', 'resolved'],
    ['resolved', 'resolved'],
  ] as const)('after %s a composer offers %s', (state, next) => {
    expect(nextState(state)).toBe(next);
  });
});

describe('impact and severity', () => {
  it.each<[string, Parameters<typeof deriveImpact>, string]>([
    ['no component: the severity says it', ['none', [], null, 1], 'critical'],
    ['no component: a lowered severity lowers it', ['critical', [], null, 3], 'minor'],
    ['one component in major outage', ['none', ['major_outage'], null, 3], 'critical'],
    ['a single partial outage', ['none', ['partial_outage'], null, 1], 'minor'],
    ['two partial outages', ['none', ['partial_outage', 'partial_outage'], null, 1], 'major'],
    ['one of two in major outage', ['none', ['major_outage', 'operational'], null, 1], 'major'],
    ['degraded', ['none', ['degraded_performance'], null, 1], 'minor'],
    ['maintenance is none', ['none', ['under_maintenance'], null, 1], 'none'],
    ['the highest is kept', ['critical', ['operational'], null, 4], 'critical'],
    ['it may grow', ['minor', ['major_outage'], null, 4], 'critical'],
    ['the override wins upwards', ['minor', ['degraded_performance'], 'critical', 4], 'critical'],
    ['the override wins downwards', ['critical', ['major_outage'], 'none', 1], 'none'],
  ])('%s', (_, [previous, affected, override, severity], impact) => {
    expect(deriveImpact(previous, affected, override, severity)).toBe(impact);
  });

  it.each([
    ['critical', 1],
    ['major', 2],
    ['minor', 3],
    ['none', 4],
  ] as const)('impact %s comes in as SEV%d', (impact, severity) => {
    expect(severityFromImpact(impact)).toBe(severity);
  });

  it.each([
    [1, 'public'],
    [2, 'public'],
    [3, 'private'],
    [4, 'private'],
  ] as const)('a form preselects for SEV%d: %s', (severity, visibility) => {
    expect(defaultVisibility(severity)).toBe(visibility);
  });

  it('counts no component as no impact', () => {
    expect(impactOf([])).toBe('none');
  });
});

const at = (minute: number) => new Date(Date.UTC(2026, 10, 22, 14, minute));
const changed = (code: string, newStatus: ComponentStatus): AffectedComponent => ({
  code,
  name: code,
  oldStatus: 'operational',
  newStatus,
});
const said = (minute: number, state: Said['state'], more: Partial<Said> = {}): Said => ({
  state,
  affected: [],
  nextUpdateBy: state === 'resolved' ? null : at(minute + 30),
  displayAt: at(minute),
  isPublic: true,
  ...more,
});
const open: Decided = { visibility: 'public', severity: 2, impactOverride: null };

describe('deriving an incident from its updates', () => {
  it('takes state and promise from the newest, dates from the ones that set them', () => {
    const updates = [said(0, 'investigating'), said(5, 'monitoring'), said(9, 'monitoring')];
    expect(derive(open, updates)).toMatchObject({
      state: 'monitoring',
      nextDueAt: at(39),
      monitoringAt: at(5),
      resolvedAt: null,
    });
  });

  it('stops the clock at Resolved and starts it again at a reopening', () => {
    const updates = [said(0, 'investigating'), said(5, 'resolved')];
    expect(derive(open, updates)).toMatchObject({ resolvedAt: at(5), nextDueAt: null });
    const reopened = [...updates, said(9, 'identified')];
    expect(derive(open, reopened)).toMatchObject({ resolvedAt: null, nextDueAt: at(39) });
    const again = [...reopened, said(12, 'resolved'), said(14, 'resolved')];
    expect(derive(open, again)).toMatchObject({ resolvedAt: at(14) });
  });

  it('keeps the highest impact on the way, and every component as last told', () => {
    const updates = [
      said(0, 'investigating', { affected: [changed('a', 'major_outage')] }),
      said(5, 'identified', { affected: [changed('b', 'degraded_performance')] }),
      said(9, 'monitoring', { affected: [changed('a', 'operational')] }),
    ];
    const { impact, statuses } = derive(open, updates);
    expect(impact).toBe('critical');
    expect([...statuses]).toEqual([
      ['a', 'operational'],
      ['b', 'degraded_performance'],
    ]);
  });

  it('forgets an override that was taken back', () => {
    const updates = [
      said(0, 'investigating', { affected: [changed('a', 'degraded_performance')] }),
    ];
    expect(derive({ ...open, impactOverride: 'critical' }, updates).impact).toBe('critical');
    expect(derive(open, updates).impact).toBe('minor');
  });

  it('of a public incident counts public updates alone', () => {
    const inside = {
      isPublic: false,
      nextUpdateBy: null,
      affected: [changed('a', 'major_outage')],
    };
    const updates = [
      said(0, 'investigating', inside),
      said(5, 'monitoring', inside),
      said(9, 'monitoring', { affected: [changed('a', 'degraded_performance')] }),
    ];
    expect(derive(open, updates)).toMatchObject({ impact: 'minor', monitoringAt: at(9) });
    expect(derive({ ...open, visibility: 'private' }, updates)).toMatchObject({
      impact: 'critical',
      monitoringAt: at(5),
      nextDueAt: null,
    });
  });

  it('refuses an incident without words', () => {
    expect(() => derive(open, [])).toThrow('at least one update');
  });
});

describe('what an update sets', () => {
  const current = new Map<string, ComponentStatus>([
    ['a', 'major_outage'],
    ['b', 'operational'],
  ]);

  it.each<[string, Record<string, ComponentStatus>, boolean, boolean, [string, string][]]>([
    ['nothing named', {}, false, false, []],
    ['a new one', { c: 'partial_outage' }, false, false, [['c', 'partial_outage']]],
    ['resolving', {}, true, false, [['a', 'operational']]],
    [
      'resolving with one left degraded',
      { a: 'degraded_performance' },
      true,
      false,
      [['a', 'degraded_performance']],
    ],
    [
      'becoming public',
      {},
      false,
      true,
      [
        ['a', 'major_outage'],
        ['b', 'operational'],
      ],
    ],
  ])('%s', (_, named, resolves, becomesPublic, expected) => {
    expect([...choicesOf(named, current, { resolves, becomesPublic })]).toEqual(expected);
  });
});

describe('statuses handed to the baseline and back', () => {
  const degraded = 'degraded_performance';
  const left = [{ code: 'a', status: degraded, baseline: degraded } as const];
  const mended = [{ code: 'a', status: degraded, baseline: 'operational' } as const];

  it.each([
    ['Resolved leaves it degraded', 'monitoring', [], 'resolved', [['a', degraded]]],
    ['an open incident hands over nothing', 'identified', [], 'monitoring', []],
  ] as const)('%s', (_, from, leftovers, state, expected) => {
    const update = { state, affected: [changed('a', degraded)] };
    expect([...handOver({ state: from, leftovers }, update)]).toEqual(expected);
  });

  it.each([
    ['reopening takes it back', left, 'identified', [], [['a', 'operational']]],
    ['a further note leaves it', left, 'resolved', [], []],
    [
      'a note that it works now takes it back',
      left,
      'resolved',
      [changed('a', 'operational')],
      [['a', 'operational']],
    ],
    ['what a person mended since stays', mended, 'identified', [], []],
  ] as const)('%s', (_, leftovers, state, affected, expected) => {
    expect([...handOver({ state: 'resolved', leftovers }, { state, affected })]).toEqual(expected);
  });
});
