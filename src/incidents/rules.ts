// What follows from what was said: which moves there are, and an incident's state, impact, dates and
// statuses as its updates leave them. Pure; every change of an incident ends in `derive`.
import { stateLabels } from '../shared/labels.ts';
import { rollup } from '../components/rules.ts';
import {
  type ComponentStatus,
  type Impact,
  impacts,
  type IncidentState,
  incidentStates,
  type Severity,
  type Visibility,
  worse,
} from '../shared/words.ts';
import type { AffectedComponent } from './types.ts';

// Moving

export interface Move {
  allowed: boolean;
  /** The incident was resolved and is open again. */
  reopens: boolean;
  /** Worth a second look, in words for the author; null when the move is the usual one. */
  warning: string | null;
}

// A fix may turn out not to hold, and a resolved incident may deserve a further note.
const moves: Record<IncidentState, readonly IncidentState[]> = {
  investigating: incidentStates,
  identified: incidentStates,
  monitoring: incidentStates,
  resolved: incidentStates,
};

export function canMove(from: IncidentState, to: IncidentState): Move {
  const reopens = from === 'resolved' && to !== 'resolved';
  return { allowed: moves[from].includes(to), reopens, warning: skipWarning(from, to) };
}

function skipWarning(from: IncidentState, to: IncidentState): string | null {
  const skipped = incidentStates.slice(
    incidentStates.indexOf(from) + 1,
    incidentStates.indexOf(to),
  );
  if (skipped.length === 0) return null;
  return `This skips ${skipped.map((state) => stateLabels[state]).join(' and ')}.`;
}

/** The state a composer offers first: the next one. */
export const nextState = (state: IncidentState): IncidentState =>
  incidentStates[incidentStates.indexOf(state) + 1] ?? 'resolved';

// Severity, impact, visibility

const impactBySeverity: Record<Severity, Impact> = {
  1: 'critical',
  2: 'major',
  3: 'minor',
  4: 'none',
};
const severityByImpact: Record<Impact, Severity> = { critical: 1, major: 2, minor: 3, none: 4 };

/** For incidents that come without a severity. */
export const severityFromImpact = (impact: Impact): Severity => severityByImpact[impact];

/** What a form preselects: less than SEV2 concerns the inside only, unless the lead says otherwise. */
export const defaultVisibility = (severity: Severity): Visibility =>
  severity <= 2 ? 'public' : 'private';

/** Statuspage's R over the affected components alone; maintenance is no impact of an incident. */
export function impactOf(statuses: readonly ComponentStatus[]): Impact {
  const { indicator } = rollup(statuses);
  return indicator === 'maintenance' ? 'none' : indicator;
}

/**
 * An incident's impact after an update: never lower than before, since it tells how bad it was.
 * A person's override wins; an incident that names no component goes by its severity.
 */
export function deriveImpact(
  previous: Impact,
  affected: readonly ComponentStatus[],
  override: Impact | null,
  severity: Severity,
): Impact {
  if (override) return override;
  if (affected.length === 0) return impactBySeverity[severity];
  return worse(impacts, previous, impactOf(affected));
}

// Deriving

/** What an update contributes to its incident. */
export interface Said {
  state: IncidentState;
  affected: readonly AffectedComponent[];
  nextUpdateBy: Date | null;
  displayAt: Date;
  isPublic: boolean;
}

/** What a person decides about an incident, besides its updates. */
export interface Decided {
  visibility: Visibility;
  severity: Severity;
  impactOverride: Impact | null;
}

export interface Derived {
  state: IncidentState;
  impact: Impact;
  nextDueAt: Date | null;
  monitoringAt: Date | null;
  resolvedAt: Date | null;
  /** By the component's public id. */
  statuses: Map<string, ComponentStatus>;
}

/**
 * An incident as its updates, oldest first, leave it. Of a public incident only the public ones count,
 * so that words from before it was public, and what they said of components, stay inside.
 */
export function derive(decided: Decided, updates: readonly Said[]): Derived {
  const isPublic = decided.visibility === 'public';
  const told = isPublic ? updates.filter((update) => update.isPublic) : updates;
  const newest = told.at(-1);
  if (!newest) throw new Error('An incident has at least one update.');
  const { state, displayAt, nextUpdateBy } = newest;
  return {
    state,
    ...fold(decided, told),
    nextDueAt: isPublic && state !== 'resolved' ? nextUpdateBy : null,
    monitoringAt: told.find((update) => update.state === 'monitoring')?.displayAt ?? null,
    resolvedAt: state === 'resolved' ? displayAt : null,
  };
}

/** The statuses given so far and the highest impact they came to on the way. */
function fold({ impactOverride, severity }: Decided, told: readonly Said[]) {
  const statuses = new Map<string, ComponentStatus>();
  let impact: Impact = 'none';
  for (const { affected } of told) {
    for (const { code, newStatus } of affected) statuses.set(code, newStatus);
    if (statuses.size > 0) impact = worse(impacts, impact, impactOf([...statuses.values()]));
  }
  return {
    statuses,
    impact: deriveImpact(impact, [...statuses.values()], impactOverride, severity),
  };
}

// What an update says of components

/**
 * The statuses an update sets: those it names; at Resolved all others become operational; and the
 * update that makes an incident public tells all there is to tell.
 */
export function choicesOf(
  named: Readonly<Record<string, ComponentStatus>>,
  current: ReadonlyMap<string, ComponentStatus>,
  how: { resolves: boolean; becomesPublic: boolean },
): Map<string, ComponentStatus> {
  const choices = new Map<string, ComponentStatus>(how.becomesPublic ? current : []);
  if (how.resolves) {
    for (const [code, status] of current) {
      if (status !== 'operational') choices.set(code, 'operational');
    }
  }
  for (const [code, status] of Object.entries(named)) choices.set(code, status);
  return choices;
}

/** A component that an incident has left worse than operational. */
export interface Leftover {
  code: string;
  status: ComponentStatus;
  baseline: ComponentStatus;
}

/**
 * Baselines that change hands, so that the page stays honest: what Resolved explicitly leaves broken
 * becomes the component's baseline; reopening, or saying at last that it works, takes it back.
 * A baseline that a person has changed since is left alone.
 */
export function handOver(
  before: { state: IncidentState; leftovers: readonly Leftover[] },
  update: Pick<Said, 'state' | 'affected'>,
): Map<string, ComponentStatus> {
  const baselines = new Map<string, ComponentStatus>();
  const said = new Map(update.affected.map(({ code, newStatus }) => [code, newStatus]));
  const { reopens } = canMove(before.state, update.state);
  for (const { code, status, baseline } of before.leftovers) {
    const takenBack = reopens || said.get(code) === 'operational';
    if (before.state === 'resolved' && takenBack && baseline === status) {
      baselines.set(code, 'operational');
    }
  }
  if (update.state !== 'resolved') return baselines;
  for (const [code, status] of said) {
    if (status !== 'operational') baselines.set(code, status);
  }
  return baselines;
}
