// What a v1 request means in our own terms: severity, words where none came, statuses by component. Pure.
import { impactOf, severityFromImpact } from '../incidents/rules.ts';
import type { ComponentStatus, Impact, IncidentState, Severity } from '../shared/words.ts';
import type { IncidentInput } from './input.ts';

/** Severity of an incident made here: by the impact given, or the one its components come to. */
export const severityFor = (override: Impact | undefined, statuses: ComponentStatus[]): Severity =>
  severityFromImpact(override ?? impactOf(statuses));

const firstWords: Record<IncidentState, string> = {
  investigating: 'We are investigating this issue.',
  identified: 'The issue has been identified and we are working on a fix.',
  monitoring: 'A fix is in place and we are monitoring the results.',
  resolved: 'This incident has been resolved.',
};

const sameStateWords: Record<IncidentState, string> = {
  investigating: 'We are still investigating this issue.',
  identified: 'We are still working on a fix.',
  monitoring: 'We are still monitoring the results of the fix.',
  resolved: 'This incident remains resolved.',
};

/** A plain sentence for an update that came without words. */
export const wordsFor = (state: IncidentState, before: IncidentState | undefined) =>
  (state === before ? sameStateWords : firstWords)[state];

type Statuses = ReadonlyMap<string, ComponentStatus>;

/**
 * The statuses a request sets, by component. One that is named without a status (`component_ids`, or an
 * empty one in `components`) is affected as it is: what the incident gives it stays, else it joins with
 * what it shows now. Resolving never takes over an outage that way: it would outlast the incident.
 */
export function chosenStatuses(
  input: Pick<IncidentInput, 'components' | 'component_ids'>,
  state: IncidentState,
  current: Statuses,
  given: Statuses,
): Record<string, ComponentStatus> {
  const chosen: Record<string, ComponentStatus> = {};
  const asTheyAre = new Set(input.component_ids);
  for (const [id, status] of Object.entries(input.components ?? {})) {
    if (status === '') asTheyAre.add(id);
    else chosen[id] = status;
  }
  for (const id of asTheyAre) {
    const shown = current.get(id);
    if (id in chosen || given.has(id) || shown === undefined) continue;
    if (state !== 'resolved' || shown === 'operational') chosen[id] = shown;
  }
  return chosen;
}
