// What can be told of the past, and what follows from it. Pure.
import { spansTold, type Span } from '../components/intervals.ts';
import type { FieldErrors } from '../shared/errors.ts';
import type { ComponentStatus } from '../shared/words.ts';
import type { PastIncident } from './past-types.ts';
import { derive, type Derived, type Said } from './rules.ts';

/** What is wrong about a back-filled incident's times and states, by field (`updates.1.at`). */
export function pastFaults({ updates, startedAt }: PastIncident, now: Date): FieldErrors {
  const faults: FieldErrors = {};
  for (const [i, update] of updates.entries()) {
    const before = updates[i - 1];
    if (update.at > now) {
      faults[`updates.${i}.at`] = 'This lies in the future. Only the past can be told here.';
    } else if (before && update.at < before.at) {
      faults[`updates.${i}.at`] = 'This is earlier than the update before it.';
    }
  }
  const last = updates.length - 1;
  if (updates[last]?.state !== 'resolved') {
    faults[`updates.${last}.state`] = 'A past incident ends resolved.';
  }
  const first = updates[0];
  if (startedAt && first && startedAt > first.at) {
    faults['startedAt'] = 'It cannot begin after its first update.';
  }
  return faults;
}

/** A past incident as its updates leave it. No word is owed of it, not even of one that is still open. */
export function derivePast(
  past: Pick<PastIncident, 'severity' | 'impactOverride' | 'resolvedAt'>,
  said: readonly Pick<Said, 'state' | 'affected' | 'displayAt'>[],
): Derived {
  const { severity, impactOverride = null } = past;
  const derived = derive(
    { visibility: 'public', severity, impactOverride },
    said.map((update) => ({ ...update, isPublic: true, nextUpdateBy: null })),
  );
  const resolvedAt = derived.resolvedAt && (past.resolvedAt ?? derived.resolvedAt);
  return { ...derived, resolvedAt };
}

/** When each component was worse than operational because of it, by public id, up to `now`. */
export function spansOf(
  startedAt: Date,
  said: readonly Pick<Said, 'affected' | 'displayAt'>[],
  end: Date,
): Map<string, Span[]> {
  const told = said.map(({ affected, displayAt }, i) => ({
    at: i === 0 && startedAt < displayAt ? startedAt : displayAt,
    statuses: new Map<string, ComponentStatus>(
      affected.map(({ code, newStatus }) => [code, newStatus]),
    ),
  }));
  return spansTold(told, end);
}
