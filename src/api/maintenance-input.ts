// What the management API accepts about scheduled maintenance, in Statuspage's v1 names. Unknown fields are ignored (S-23).
import { z } from 'zod';
import { line, words } from '../shared/form.ts';
import { markdownLimit } from '../shared/markdown.ts';
import { componentStatuses } from '../shared/words.ts';

// Clients fill what they leave alone with null, forms with an empty string: both mean "not given".
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === null || value === '' ? undefined : value), schema.optional());

const flag = z
  .union([z.boolean(), z.enum(['true', 'false', '1', '0'])], {
    error: 'Please use true or false.',
  })
  .transform((value) => value === true || value === 'true' || value === '1');

const text = z
  .string({ error: 'Please send text.' })
  .refine((value) => value.length <= 25_000, 'Please use at most 25,000 characters.')
  .pipe(words(markdownLimit));

/** The states that Statuspage has; a maintenance is called off by deleting it. */
const states = ['scheduled', 'in_progress', 'verifying', 'completed'] as const;

const noInstant = { error: 'Please send a time such as 2026-11-22T15:00:00Z.' };
const instant = z.iso
  .datetime({ offset: true, local: true, ...noInstant })
  // Without a zone it is UTC, as every time of ours.
  .transform((value) => new Date(/(Z|[+-]\d\d:?\d\d)$/.test(value) ? value : `${value}Z`));

const componentId = z.string({ error: 'Please send component ids as text.' }).max(64);
const atMost = 'Please name at most 500 components.';

const fields = {
  status: optional(z.enum(states, { error: `Please use one of ${states.join(', ')}.` })),
  body: optional(text),
  scheduled_for: optional(instant),
  scheduled_until: optional(instant),
  scheduled_remind_prior: optional(flag),
  scheduled_auto_in_progress: optional(flag),
  scheduled_auto_transition: optional(flag),
  scheduled_auto_completed: optional(flag),
  auto_transition_to_maintenance_state: optional(flag),
  auto_transition_to_operational_state: optional(flag),
  auto_transition_deliver_notifications_at_start: optional(flag),
  auto_transition_deliver_notifications_at_end: optional(flag),
  components: optional(
    z
      .record(componentId, z.enum([...componentStatuses, '']), {
        error: 'Please send statuses by component id.',
      })
      .refine((map) => Object.keys(map).length <= 500, atMost),
  ),
  component_ids: optional(
    z.array(componentId, { error: 'Please send a list of component ids.' }).max(500, atMost),
  ),
  deliver_notifications: optional(flag),
};

const wrapped = { error: 'Please send the fields inside "incident".' };

export const newMaintenance = z.object({
  incident: z.object(
    {
      ...fields,
      name: line(255, 'Please name the maintenance.'),
      scheduled_for: z.preprocess((value) => value ?? undefined, instant),
      scheduled_until: z.preprocess((value) => value ?? undefined, instant),
    },
    wrapped,
  ),
});

export const changedMaintenance = z.object({
  incident: z.object({ ...fields, name: optional(line(255)) }, wrapped),
});

export type MaintenanceInput = z.output<typeof changedMaintenance>['incident'];

const isFilled = (value: unknown) => value !== undefined && value !== null && value !== '';

/** Whether a body that makes an incident means a maintenance: it has a time. */
export function asksForMaintenance(body: unknown): boolean {
  const incident: unknown = (body as { incident?: unknown }).incident;
  if (typeof incident !== 'object' || incident === null) return false;
  const { scheduled_for: start, scheduled_until: end } = incident as Record<string, unknown>;
  return isFilled(start) || isFilled(end);
}
