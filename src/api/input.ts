// What the management API accepts, in Statuspage's v1 names. Unknown fields are ignored (S-23).
import { z } from 'zod';
import { line, optionalLine, words } from '../shared/form.ts';
import { markdownLimit } from '../shared/markdown.ts';
import { componentStatuses, impacts, incidentStates } from '../shared/words.ts';

// Clients fill what they leave alone with null, forms with an empty string: both mean "not given".
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === null || value === '' ? undefined : value), schema.optional());

const oneWord = <const T extends readonly [string, ...string[]]>(tuple: T) =>
  z.enum(tuple, { error: `Please use one of ${tuple.filter(Boolean).join(', ')}.` });

const flag = z
  .union([z.boolean(), z.enum(['true', 'false', '1', '0'])], {
    error: 'Please use true or false.',
  })
  .transform((value) => value === true || value === 'true' || value === '1');

const text = z
  .string({ error: 'Please send text.' })
  .refine((value) => value.length <= 25_000, 'Please use at most 25,000 characters.')
  .pipe(words(markdownLimit));

const never = (message: string) => optional(z.undefined({ error: message }));
const notMaintenance = 'An incident has no scheduled time: create a maintenance with it instead.';

/** A component's id here may be any text; whether it exists is looked up. */
const componentId = z.string({ error: 'Please send component ids as text.' }).max(64);
const atMost = 'Please name at most 500 components.';

const incidentFields = {
  status: optional(oneWord(incidentStates)),
  body: optional(text),
  impact_override: optional(oneWord(impacts)),
  components: optional(
    z
      .record(componentId, oneWord([...componentStatuses, '']), {
        error: (issue) =>
          issue.code === 'invalid_type' ? 'Please send statuses by component id.' : undefined,
      })
      .refine((map) => Object.keys(map).length <= 500, atMost),
  ),
  component_ids: optional(
    z.array(componentId, { error: 'Please send a list of component ids.' }).max(500, atMost),
  ),
  deliver_notifications: optional(flag),
  // Silently making a live incident of these would mail everybody about something else.
  scheduled_for: never(notMaintenance),
  scheduled_until: never(notMaintenance),
  backfilled: optional(
    flag.refine((value) => !value, 'An incident can be backfilled only when it is made.'),
  ),
};

const wrapped = (name: string) => `Please send the fields inside "${name}".`;

export const newIncident = z.object({
  incident: z.object(
    {
      ...incidentFields,
      name: line(255, 'Please name the incident.'),
      backfilled: optional(flag),
      /** A day, or a time. */
      backfill_date: optional(z.string({ error: 'Please send a date as text.' }).max(40)),
    },
    { error: wrapped('incident') },
  ),
});

export type NewIncidentInput = z.output<typeof newIncident>['incident'];

export const changedIncident = z.object({
  incident: z.object(
    { ...incidentFields, name: optional(line(255)) },
    { error: wrapped('incident') },
  ),
});

export type IncidentInput = z.output<typeof changedIncident>['incident'];

const componentFields = {
  description: z.preprocess((value) => value ?? undefined, optionalLine(500).optional()),
  status: optional(oneWord(componentStatuses)),
  group_id: z.preprocess(
    (value) => (value === '' ? null : value),
    z.string({ error: 'Please send a group id.' }).nullable().optional(),
  ),
  showcase: optional(flag),
  only_show_if_degraded: optional(flag),
  start_date: optional(z.iso.date({ error: 'Please send a date such as 2026-11-22.' })),
};

export const newComponent = z.object({
  component: z.object(
    { ...componentFields, name: line(100, 'Please name the component.') },
    { error: wrapped('component') },
  ),
});

export const changedComponent = z.object({
  component: z.object(
    { ...componentFields, name: optional(line(100)) },
    { error: wrapped('component') },
  ),
});

export type ComponentInput = z.output<typeof changedComponent>['component'];
