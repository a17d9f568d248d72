// A back-filled incident in Statuspage's v1: one word of the past, already resolved, told to nobody. Pure.
import type { PastIncident } from '../incidents/past-types.ts';
import { impactOf } from '../incidents/rules.ts';
import { invalid } from '../shared/errors.ts';
import { settleLocalTime } from '../shared/local-time.ts';
import type { ComponentStatus } from '../shared/words.ts';
import type { PublicComponent } from '../status/types.ts';
import type { NewIncidentInput } from './input.ts';
import { severityFor, wordsFor } from './rules.ts';

interface Place {
  timeZone: string;
  now: Date;
  components: readonly PublicComponent[];
}

/** Components given with it were affected and work again: how long is not said, so no uptime changes. */
export function pastOf(
  input: NewIncidentInput,
  { timeZone, now, components }: Place,
): PastIncident {
  if (input.status !== undefined && input.status !== 'resolved') {
    throw invalid('incident.status', 'A backfilled incident is over: its status is resolved.');
  }
  const at = dateOf(input.backfill_date, timeZone, now);
  const named = new Map<string, ComponentStatus>(
    [...(input.component_ids ?? []), ...Object.keys(input.components ?? {})].map((id) => [
      id,
      input.components?.[id] || 'operational',
    ]),
  );
  const statuses = [...named.values()];
  const affected = components
    .filter(({ id }) => named.has(id))
    .map(({ id, name }) => ({
      code: id,
      name,
      oldStatus: named.get(id) ?? 'operational',
      newStatus: 'operational' as const,
    }));
  return {
    title: input.name,
    severity: severityFor(input.impact_override, statuses),
    impactOverride: input.impact_override ?? (statuses.length > 0 ? impactOf(statuses) : null),
    counts: false,
    updates: [
      {
        state: 'resolved',
        body: input.body ?? wordsFor('resolved', undefined),
        at,
        components: {},
        affected,
      },
    ],
  };
}

/** A day alone is its noon in the page's zone, or now when that is still to come; a time without zone is in it. */
function dateOf(text: string | undefined, zone: string, now: Date): Date {
  if (text === undefined) {
    throw invalid('incident.backfill_date', 'Please say when it was, such as 2026-11-22.');
  }
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const hasZone = /(Z|[+-]\d{2}:?\d{2}| UTC)$/.test(text);
  const read = hasZone
    ? new Date(text)
    : settleLocalTime(zone, isDay ? `${text}T12:00` : text.replace(' ', 'T'));
  if (!read || Number.isNaN(read.getTime())) {
    throw invalid('incident.backfill_date', 'Please send a date such as 2026-11-22.');
  }
  const today = settleLocalTime(zone, `${text}T00:00`);
  const at = isDay && read > now && today && today <= now ? now : read;
  if (at > now) throw invalid('incident.backfill_date', 'This date lies in the future.');
  return at;
}
